"""A client of a sandbox at a chosen instant, for the sandbox's tests."""

import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

import httpx
import uvicorn

from app.sandbox.rating.events import Event, Events
from app.sandbox.server import create_sandbox

CACHED = {"Orb-Cache-Control": "cache"}


class Invented(Events):
    """What several sandboxes may share: events that only the invented customers make, and to which nobody adds."""

    def record(self, events: Iterable[Event]) -> NoReturn:
        raise AssertionError(f"these events are shared: {list(events)} would be everybody's")


class Orb:
    """A client of one sandbox whose clock stands still until it is told to go on."""

    def __init__(self, http: httpx.AsyncClient, now: datetime) -> None:
        self.http = http
        self.now = now

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask without the cache."""
        return await self.http.get(f"/v1{path}", params=query)

    async def cached(self, path: str, max_age: int | str | None = None, **query: Any) -> httpx.Response:
        """Ask with the cache headers."""
        age = {} if max_age is None else {"Orb-Cache-Max-Age-Seconds": str(max_age)}
        return await self.http.get(f"/v1{path}", params=query, headers=CACHED | age)

    async def read(self, path: str, **query: Any) -> Any:
        """Ask, expect 200, and read the body with exact numbers."""
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return exact(answer)

    async def subscriptions(self, *who: str) -> list[Any]:
        """List the subscriptions of customers by external id, or of everybody."""
        query = {"external_customer_id[]": list(who)} if who else {}
        found: list[Any] = (await self.read("/subscriptions", limit=100, **query))["data"]
        return found

    async def groups(self, subscription: str, **body: Any) -> httpx.Response:
        """Ask for costs by group."""
        return await self.http.post(f"/v1/subscriptions/{subscription}/grouped_costs", json=body)


def exact(answer: httpx.Response) -> Any:
    """Read a JSON body without floats."""
    return json.loads(answer.text, parse_float=Decimal)


def at(text: str) -> datetime:
    """Read an instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


OrbAt = Callable[..., AbstractAsyncContextManager[Orb]]


@asynccontextmanager
async def sandbox_at(now: datetime | str, **settings: Any) -> AsyncIterator[Orb]:
    """Open a sandbox that answers at once and as often as it is asked, but for what `settings` say."""
    start = at(now) if isinstance(now, str) else now
    orb: Orb | None = None
    usual: dict[str, Any] = {"now": lambda: orb.now if orb else start, "latency": 0, "rate_plan": "off"}
    transport = httpx.ASGITransport(create_sandbox(**usual | settings))
    headers = {"Authorization": "Bearer a-key-of-1234"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as http:
        orb = Orb(http, start)
        yield orb


@contextmanager
def served() -> Iterator[str]:
    """Serve a sandbox without latency and limits on a real socket, from a thread of its own; gives its address."""
    app = create_sandbox(latency=0, rate_plan="off")
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
