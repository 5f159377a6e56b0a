"""What the sandbox's tests share: sandboxes at chosen instants."""

from collections.abc import AsyncIterator

import pytest

from .sandbox_client import Orb, OrbAt, sandbox_at


@pytest.fixture
def orb_at() -> OrbAt:
    """Open a sandbox at an instant."""
    return sandbox_at


@pytest.fixture
async def orb() -> AsyncIterator[Orb]:
    """Give a sandbox in the afternoon of the 20th of November 2026."""
    async with sandbox_at("2026-11-20T20:15:30.250000+00:00") as orb:
        yield orb
