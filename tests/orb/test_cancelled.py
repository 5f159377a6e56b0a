"""Calls that are cancelled, each one step of the event loop later than the one before: no connection gets lost."""

import asyncio
import gc
import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from app.orb.transport import Wire
from tests.faults import certificates
from tests.orb.origin import Server, origin

LOADS = 1500
PLACES = 3
STEPS = 50
PATHS = ("/", "/chunks", "/large", "/silence", "/until-closed")


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
def loud() -> Iterator[list[dict[str, Any]]]:
    """What the event loop complains of."""
    found: list[dict[str, Any]] = []
    yield found
    gc.collect()
    assert found == []


async def ask(sockets: Wire, server: Server, path: str, method: str = "GET") -> bytes:
    response = await sockets.handle_async_request(httpx.Request(method, server.url + path))
    try:
        return await response.aread()
    finally:
        await response.aclose()


async def load(sockets: Wire, server: Server, number: int) -> None:
    """Five calls at once, for which there are not enough places."""
    async with anyio.create_task_group() as calls:
        for each in range(5):
            method = "POST" if each == 4 else "GET"
            calls.start_soon(ask, sockets, server, PATHS[(number + each) % len(PATHS)], method)


async def cancelled(sockets: Wire, server: Server, number: int) -> None:
    task = asyncio.ensure_future(load(sockets, server, number))
    for _ in range(number % STEPS):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


def sockets_open() -> int:
    return sum(os.readlink(each).startswith("socket:") for each in Path("/proc/self/fd").iterdir() if each.is_symlink())


@pytest.mark.parametrize(("tls", "loads"), [(None, LOADS), (certificates.honest, LOADS // 5)], ids=["plain", "tls"])
async def test_after_hundreds_of_cancelled_loads_five_work_and_nothing_is_left(
    tls: Callable[[], ssl.SSLContext] | None, loads: int, loud: list[dict[str, Any]]
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda _, context: loud.append(context))
    before, held = asyncio.all_tasks(), sockets_open()
    async with origin(tls=tls and tls()) as server:
        async with Wire(certificates.trusting(), connections=PLACES, connecting=2) as sockets:
            for number in range(loads):
                await cancelled(sockets, server, number)
            assert asyncio.all_tasks() <= before
            async with anyio.create_task_group() as calls:
                for _ in range(5):
                    calls.start_soon(ask, sockets, server, "/")
            assert len(server.open) <= PLACES + 1  # one may be about to close
        await server.empty()
    await asyncio.sleep(0)

    assert sockets_open() <= held
    assert server.count > loads // 10
    assert asyncio.all_tasks() <= before


async def test_who_waits_for_a_place_and_leaves_takes_none_with_them() -> None:
    async with origin() as server, Wire(connections=1) as sockets:
        first = await sockets.handle_async_request(httpx.Request("GET", server.url + "/large"))
        for _ in range(20):
            task = asyncio.ensure_future(ask(sockets, server, "/"))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
        await first.aclose()
        assert await ask(sockets, server, "/") == b"{}"


async def test_a_place_that_comes_as_its_owner_leaves_goes_to_the_next() -> None:
    async with origin() as server, Wire(connections=1) as sockets:
        for _ in range(20):
            first = await sockets.handle_async_request(httpx.Request("GET", server.url + "/large"))
            second, third = (asyncio.ensure_future(ask(sockets, server, "/")) for _ in range(2))
            await asyncio.sleep(0)
            await first.aclose()
            second.cancel()
            assert await third == b"{}"
            await asyncio.wait([second])
