"""The whole of it in one process: the service with a sandbox behind it, both on one clock that stands still."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from app.cache.floors import Key
from app.main import create_app
from app.orb.path import CustomerRef
from app.reading import Reading
from app.sandbox.server import create_sandbox
from app.secret import Secret
from app.settings import Settings
from app.web.tokens import Tokens
from tests.canary import ORB_KEY, VIEWER_SECRET

NOON = datetime(2026, 11, 20, 20, 15, 30, 250000, tzinfo=UTC)
CUSTOMERS = (
    "northwind", "halcyon", "lumen", "quiet", "sunset", "fresh", "meridian", "nobody", "yamato", "atelier",
    "sparkworks", "faro", "trollheim", "zeroth", "springboard", "lattice", "babel", "mote", "chorus", "orchard",
    "orchard-east", "orchard-west", "gulf", "himal", "calder", "quill",
)  # fmt: skip


class Whole:
    """The service; `client(customer)` is a browser of that customer's."""

    def __init__(self, app: Any, now: Callable[[], datetime], wire: httpx.AsyncBaseTransport) -> None:
        self.app = app
        self.sandbox = wire
        self._now = now

    @asynccontextmanager
    async def client(self, customer: str, **token: Any) -> AsyncIterator[httpx.AsyncClient]:
        tokens = Tokens([Secret(VIEWER_SECRET)], now=lambda: self._now().timestamp())
        signed = tokens.sign(CustomerRef("external_customer_id", customer), **token)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://orrery.test",
            headers={"Authorization": f"Bearer {signed}"},
        ) as client:
            yield client


@asynccontextmanager
async def whole(
    now: datetime | Callable[[], datetime] = NOON, wire: httpx.AsyncBaseTransport | None = None, **settings: Any
) -> AsyncIterator[Whole]:
    """The service at that moment, or on that clock; behind it a sandbox or `wire`; nobody's answers are kept yet."""
    clock = now if callable(now) else lambda: now
    wire = wire or httpx.ASGITransport(create_sandbox(now=clock, latency=0, rate_plan="off"))
    usual: dict[str, Any] = {
        "orb_api_key": Secret(ORB_KEY),
        "orb_base_url": "http://127.0.0.1/v1",
        "viewer_secrets": (Secret(VIEWER_SECRET),),
        "grouping_keys": {"workspace_id": "Workspace"},
        "orb_credit_currency": ("credits", "sparks", "USD"),
        "hosts": ("orrery.test",),
        "patience": 30,
    }
    app = create_app(Settings(**usual | settings), wire, now=clock)
    async with app.router.lifespan_context(app):
        yield Whole(app, clock, wire)


def at_hand(app: Any) -> dict[Key, Reading[Any]]:
    """What the service keeps ready of its customers, by its keys."""
    shelf = app.state.desk.cache._store._ready
    return {key: found for own in shelf._customers.values() for key, found in own.values.items()}
