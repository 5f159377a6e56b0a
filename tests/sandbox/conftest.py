"""What the sandbox's tests share: sandboxes at chosen instants."""

from collections.abc import AsyncIterator, Iterator

import pytest

from app.sandbox.rating.events import Events

from .sandbox_client import Invented, Orb, OrbAt, sandbox_at


@pytest.fixture
def orb_at() -> OrbAt:
    """Open a sandbox at an instant."""
    return sandbox_at


@pytest.fixture(scope="module")
def invented() -> Iterator[Invented]:
    """The events of the invented customers alone, made once for all tests of a module."""
    events = Invented()
    yield events
    events.close()


@pytest.fixture
def events() -> Iterator[Events]:
    """A test's own. A module whose tests send none puts `invented` in their place."""
    events = Events()
    yield events
    events.close()


@pytest.fixture
async def orb(events: Events) -> AsyncIterator[Orb]:
    """Give a sandbox in the afternoon of the 20th of November 2026."""
    async with sandbox_at("2026-11-20T20:15:30.250000+00:00", events=events) as orb:
        yield orb
