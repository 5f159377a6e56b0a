"""Which of several addresses a connection leads to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

import anyio
import httpx
import pytest

from app.orb.resolver import Resolver
from app.orb.transport import Wire
from tests.orb.origin import Server, origin
from tests.unhurried import BACKEND, UnhurriedLoop

LOCAL = socket.AF_INET
SIXTH = socket.AF_INET6


@pytest.fixture(params=["unhurried", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return ("asyncio", {"use_uvloop": True}) if request.param == "uvloop" else BACKEND


@asynccontextmanager
async def wired(server: Server, *before: tuple[int, tuple[Any, ...]]) -> AsyncIterator[Wire]:
    """A wire to a name whose addresses are those, and the server's as the last one."""
    port = int(server.url.rpartition(":")[2])
    known = [*before, (LOCAL, ("127.0.0.1", port))]
    names = Resolver(lambda *_: [(family, socket.SOCK_STREAM, 6, "", at) for family, at in known])
    async with Wire(resolver=names) as sockets:
        yield sockets


def at_most(seconds: float) -> float:
    """On uvloop the machine's pauses count too: that nobody waited an attempt's two seconds can be told."""
    return seconds if isinstance(asyncio.get_running_loop(), UnhurriedLoop) else 1.9


async def ask(sockets: Wire, server: Server) -> float:
    """How long it took."""
    began = anyio.current_time()
    response = await sockets.handle_async_request(httpx.Request("GET", server.url))
    assert await response.aread() == b"{}"
    return anyio.current_time() - began


def refused(held: ExitStack) -> tuple[int, tuple[Any, ...]]:
    """An address at which nobody listens."""
    nobody = held.enter_context(socket.socket())
    nobody.bind(("127.0.0.1", 0))
    return LOCAL, nobody.getsockname()


def full(held: ExitStack) -> tuple[int, tuple[Any, ...]]:
    """An address whose queue is full: what else comes is not even refused."""
    listener = held.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(3):
        waiting = held.enter_context(socket.socket())
        waiting.setblocking(False)
        with suppress(BlockingIOError):
            waiting.connect(listener.getsockname())
    return LOCAL, listener.getsockname()


async def test_an_address_that_refuses_costs_no_time() -> None:
    with ExitStack() as held:
        async with origin(host="orb.test") as server, wired(server, refused(held), refused(held)) as sockets:
            assert await ask(sockets, server) < at_most(0.2)

    assert server.count == 1


async def test_an_address_that_says_nothing_costs_a_quarter_of_a_second() -> None:
    with ExitStack() as held:
        async with origin(host="orb.test") as server, wired(server, full(held)) as sockets:
            assert 0.2 < await ask(sockets, server) < at_most(0.5)

    assert server.count == 1


async def test_a_family_that_leads_nowhere_costs_one_of_its_addresses() -> None:
    with ExitStack() as held:
        silent = full(held)
        nowhere = [silent, silent, silent]
        async with origin(host="orb.test") as server, wired(server) as sockets:
            port = int(server.url.rpartition(":")[2])
            known = [(LOCAL, at) for _, at in nowhere]
            names = Resolver(
                lambda *_: [
                    *((family, socket.SOCK_STREAM, 6, "", at) for family, at in known),
                    (SIXTH, socket.SOCK_STREAM, 6, "", ("::ffff:127.0.0.1", port, 0, 0)),
                ]
            )
            async with Wire(resolver=names) as other:
                assert await ask(other, server) < at_most(0.7)  # three would cost 0.75
            assert await ask(sockets, server) < at_most(0.2)


async def test_where_every_address_refuses_nobody_is_there() -> None:
    with ExitStack() as held:
        async with origin(host="orb.test") as server:
            names = Resolver(lambda *_: [(*each[:1], socket.SOCK_STREAM, 6, "", each[1]) for each in gone])
            gone = [refused(held), refused(held)]
            async with Wire(resolver=names) as sockets:
                with pytest.raises(httpx.ConnectError):
                    await ask(sockets, server)


async def test_an_address_is_not_looked_up() -> None:
    def look_up(*_: Any) -> list[tuple[Any, ...]]:
        raise AssertionError("no name")

    async with origin() as server, Wire(resolver=Resolver(look_up)) as sockets:
        await ask(sockets, server)

    assert server.count == 1


async def test_a_name_is_not_looked_up_again_for_ten_seconds() -> None:
    asked: list[str] = []
    now = 0.0

    def look_up(host: str, port: int, *_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(LOCAL, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    names = Resolver(look_up, clock=lambda: now)
    for moment in (0.0, 9.9, 10.1):
        now = moment
        await names.resolve("orb.test", 443)

    assert asked == ["orb.test"] * 2
