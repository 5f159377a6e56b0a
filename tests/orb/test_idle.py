"""How long a connection is kept that nobody uses, on a clock that runs while everybody waits."""

from typing import Any

import anyio
import httpx
import pytest

from app.orb.transport import Wire
from tests.orb.origin import Server, origin
from tests.virtual import BACKEND


@pytest.fixture
def anyio_backend() -> Any:
    return BACKEND


async def ask(sockets: Wire, server: Server, method: str = "GET") -> None:
    response = await sockets.handle_async_request(httpx.Request(method, server.url))
    await response.aread()


async def test_a_connection_rests_for_two_minutes() -> None:
    async with origin() as server, Wire() as sockets:
        await ask(sockets, server)
        await anyio.sleep(119.9)
        await ask(sockets, server)
        assert server.count == 1
        await anyio.sleep(119.9)
        assert len(server.open) == 1
        await anyio.sleep(0.2)
        assert server.open == []
        await ask(sockets, server)
        await ask(sockets, server)

    assert server.count == 2


async def test_what_cannot_be_sent_again_takes_no_connection_that_orb_may_be_closing() -> None:
    async with origin() as server, Wire() as sockets:
        await ask(sockets, server)
        await anyio.sleep(54.9)
        await ask(sockets, server, "POST")
        assert server.count == 1
        await anyio.sleep(55)
        await ask(sockets, server, "POST")
        assert server.count == 2


async def test_after_a_minute_of_quiet_a_dashboard_needs_no_new_connection() -> None:
    async with origin() as server, Wire() as sockets:
        await sockets.warm(server.url, 6)
        await anyio.sleep(60)
        await ask(sockets, server)  # whose connection is sure by now
        async with anyio.create_task_group() as group:
            for method in ("GET", "GET", "POST", "GET", "GET"):
                group.start_soon(ask, sockets, server, method)

    assert server.count == 6


async def test_each_connection_has_its_own_rest() -> None:
    async with origin() as server, Wire(idle=10) as sockets:
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(ask, sockets, server)
        for _ in range(5):
            await anyio.sleep(4)
            await ask(sockets, server)

        assert len(server.open) == 1
        await anyio.sleep(10.1)
        assert server.open == []

    assert server.count == 3
