"""The service with the front before it, on one clock: a dashboard that is real but for what a test breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

from app.main import create_app
from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import Settings
from app.web.tokens import Tokens
from tests.canary import ORB_KEY, VIEWER_SECRET
from tests.conftest import Clock
from tests.faults.front import Front
from tests.whole import NOON

WORDS = ("bill", "credits", "spend", "breakdown")
PATIENCE = 1.0
LATER = 400  # seconds after which every kept answer is too old
RESTED = 6  # seconds after which what could not be renewed is asked for again

Document = dict[str, Any]


@dataclass
class Stage:
    front: Front
    clock: Clock
    client: httpx.AsyncClient
    patience: float

    async def document(self) -> Document:
        """The dashboard, which is there in time whatever happens."""
        began = anyio.current_time()
        response = await self.client.get(f"/api/dashboard?cards={','.join(WORDS)}")
        assert anyio.current_time() - began <= self.patience + 0.2
        assert response.status_code == 200
        found: Document = response.json()
        return found

    async def at_rest(self) -> "Rest":
        """What is left when nobody asks: once the front has nothing to answer and all tasks wait."""
        await self.front.at_rest()
        await anyio.wait_all_tasks_blocked()
        ours = asyncio.all_tasks() - self.front.tasks
        return Rest(len(ours), len(self.front.tasks))


@dataclass(frozen=True)
class Rest:
    """The service's tasks, and its connections."""

    tasks: int
    connections: int


@asynccontextmanager
async def stage(
    front: Front | None = None,
    *,
    wire: httpx.AsyncBaseTransport | None = None,
    patience: float = PATIENCE,
    customer: str = "lumen",
    **settings: Any,
) -> AsyncIterator[Stage]:
    """A service of which nothing is kept. When it has gone, so have its tasks and its connections."""
    await _warm()
    clock = Clock(NOON)
    front = front or Front(clock)
    front.clock = clock
    if not front.port:
        await front.open()
    usual: dict[str, Any] = {
        "orb_api_key": Secret(ORB_KEY),
        "orb_base_url": front.url,
        "viewer_secrets": (Secret(VIEWER_SECRET),),
        "grouping_keys": {"workspace_id": "Workspace"},
        "hosts": ("orrery.test",),
        "patience": patience,
    }
    app = create_app(Settings(**usual | settings), wire, now=clock)
    signed = Tokens([Secret(VIEWER_SECRET)], now=NOON.timestamp).sign(
        CustomerRef("external_customer_id", customer), ttl=3600
    )
    alive = asyncio.all_tasks()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://orrery.test",
            headers={"Authorization": f"Bearer {signed}"},
        ) as client,
    ):
        yield Stage(front, clock, client, patience)
    await front.at_rest()
    await anyio.wait_all_tasks_blocked()
    assert asyncio.all_tasks() <= alive | front.tasks
    await front.close()


_warmed: list[bool] = []


async def _warm() -> None:
    """The sandbox takes its time over its first answers, which is not to be counted."""
    if not _warmed:
        _warmed.append(True)
        async with stage(patience=30) as first:
            await first.client.get("/api/dashboard")


def codes(found: Document) -> dict[str, str | None]:
    """By card what is wrong with it: None for one that is ready and fresh."""
    return {word: _wrong(card) for word, card in found["cards"].items()}


def _wrong(card: Document) -> str | None:
    if card["status"] == "ready":
        return "stale" if card["stale"] else None
    code: str | None = card["code"]
    return code


FRESH = dict.fromkeys(WORDS)
