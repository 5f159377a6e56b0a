"""The upstream as the load knows it: started beside the programs, told how slow to be, asked what reached it."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import Any
from urllib.parse import urlencode

from tests.bench.documents import customer, subscription_of
from tests.bench.process import cores, pinned
from tests.bench.raw import Connection, get
from tests.running import answers, bare, free_port


@contextmanager
def upstream() -> Iterator[int]:
    """Orb, from memory; gives its port."""
    port = free_port()
    process = pinned([sys.executable, "-m", "tests.bench.upstream", str(port)], bare(), cores()[1])
    try:
        answers(f"http://127.0.0.1:{port}/_counts", process)
        yield port
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


class Orb:
    """Asks and tells over a connection of its own."""

    def __init__(self, connection: Connection, port: int) -> None:
        self._connection = connection
        self._port = port

    async def slow(self, *, on: bool) -> None:
        await self._get(f"/_slow/{'on' if on else 'off'}")

    async def takes(self, seconds: float) -> None:
        """So long for each answer from now on; one that takes infinitely long never comes."""
        await self._get(f"/_slow/{'never' if seconds == inf else seconds}")

    async def size(self, **numbers: int) -> None:
        """How large all customers are from now on; what is not named is as it usually is."""
        await self._get(f"/_size/{urlencode(numbers)}")

    async def counts(self) -> tuple[int, int]:
        """How many calls there were, and how many connections."""
        told = await self._told()
        return sum(told["calls"].values()), told["connections"]

    async def open(self) -> int:
        """How many connections there are."""
        return int((await self._told())["open"])

    async def _told(self) -> Any:
        return json.loads(await self._get("/_counts"))

    async def floor(self) -> float:
        """The seconds that no dashboard can do without: the list, and then the slowest call of those that need it."""
        began = time.perf_counter()
        await self._get(f"/v1/subscriptions?external_customer_id={customer(0)}")
        await self._get(f"/v1/subscriptions/{subscription_of(customer(0))}/costs")
        return time.perf_counter() - began

    async def _get(self, path: str) -> bytes:
        _, body = await self._connection.get(get(path, self._port))
        return body
