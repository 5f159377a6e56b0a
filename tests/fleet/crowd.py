"""Several copies of the service as an operator starts them, before an Orb with any number of customers, and a crowd."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from tests.running import ROOT, answers, bare, free_port

SECRET = "a-secret-that-only-the-tests-know-of"


@dataclass(frozen=True)
class Crowd:
    """`urls` are the copies' addresses, `orb` that of the Orb behind them."""

    urls: Sequence[str]
    orb: str

    async def ask(self, customers: Sequence[str], path: str = "/api/dashboard") -> list[Any]:
        """A document for each, all at once, the copies in turn; what is no document is its status or its error."""
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as client:
            urls = (self.urls[n % len(self.urls)] + path for n in range(len(customers)))
            asked = [_one(client, url, customer) for url, customer in zip(urls, customers, strict=False)]
            return list(await asyncio.gather(*asked))

    def refused(self) -> dict[str, int]:
        """How many calls Orb has refused so far, by rate class."""
        found: dict[str, int] = httpx.get(f"{self.orb}/refused", trust_env=False).json()
        return found

    def arrivals(self) -> dict[str, list[tuple[float, str]]]:
        """When which calls reached Orb since the last time, by rate class."""
        found: dict[str, list[tuple[float, str]]] = {}
        for when, rate, what in httpx.get(f"{self.orb}/arrivals", trust_env=False).json():
            found.setdefault(rate, []).append((when, what))
        return found


async def _one(client: aiohttp.ClientSession, url: str, customer: str) -> Any:
    headers = {"Authorization": f"Bearer {token(customer)}"}
    try:
        async with client.get(url, headers=headers) as response:
            return await response.json() if response.status == 200 else response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        return error


def token(customer: str) -> str:
    return Tokens([Secret(SECRET)]).sign(CustomerRef("external_customer_id", customer))


def codes(documents: Sequence[Any]) -> Counter[str]:
    """How the first-paint cards of all documents are: `ready`, or the code of their failure."""
    return Counter(
        card["code"] if card["status"] == "failed" else card["status"]
        for each in documents
        for word, card in each["cards"].items()
        if word in ("bill", "credits", "spend", "breakdown")
    )


@contextmanager
def crowd(copies: int, plan: str = "off", **settings: str) -> Iterator[Crowd]:
    """That many copies of the service, until the block ends; their Orb keeps the limits of that plan."""
    orb, ports = free_port(), [free_port() for _ in range(copies)]
    usual = {"ORB_API_KEY": "orb_live_crowd", "ORB_BASE_URL": f"http://127.0.0.1:{orb}/v1"}
    with ExitStack() as started:
        started.enter_context(_process("-m", "tests.fleet.crowd_orb", str(orb), plan))
        for port in ports:
            environment = bare(PORT=str(port), ORRERY_VIEWER_SECRET=SECRET, **usual | settings)
            started.enter_context(_process("-m", "app", "serve", environment=environment))
        found = Crowd([f"http://127.0.0.1:{port}" for port in ports], f"http://127.0.0.1:{orb}")
        for url in (f"{found.orb}/arrivals", *(f"{each}/readyz" for each in found.urls)):
            answers(url)
        yield found


@contextmanager
def _process(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(30)
