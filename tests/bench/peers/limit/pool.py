"""The connections to Orb, and what waits for an answer on them."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.bench.peers.limit.wire import DECODERS
from tests.bench.raw import Connection, connect

Landed = Callable[[Any], None]


class Pool:
    """Connections to Orb that are free, the one that was used last first."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Connection] = []
        self._opening: set[asyncio.Task[Connection]] = set()

    def ask(self, kind: str, request: bytes, landed: Landed) -> None:
        while self._free:
            connection = self._free.pop()
            if not connection.closed:
                self._send(connection, kind, request, landed)
                return
        opening = asyncio.get_running_loop().create_task(connect(self._port))
        self._opening.add(opening)

        def opened(task: "asyncio.Task[Connection]") -> None:
            self._opening.discard(task)
            self._send(task.result(), kind, request, landed)

        opening.add_done_callback(opened)

    def _send(self, connection: Connection, kind: str, request: bytes, landed: Landed) -> None:
        def done(status: int, body: memoryview) -> None:
            value = DECODERS[kind].decode(body) if status == 200 else None
            self._free.append(connection)
            landed(value)

        connection.ask(request, done)
