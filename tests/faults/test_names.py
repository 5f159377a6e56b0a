"""Orb's name and its address: a lookup that stalls or fails holds up nothing else, and what was good is used on."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest

from app.orb.resolver import Resolver
from app.orb.transport import Wire
from tests.faults.front import Front
from tests.faults.stage import FRESH, WORDS, codes, stage
from tests.faults.test_connecting import FIRST, Tries
from tests.whole import NOON


class Names:
    """The system's lookup: what it is asked for is `here` unless it is told to `stall` or to know nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known = True
        self.stalled: set[str] = set()
        self.release = threading.Event()
        self.threads: list[threading.Thread] = []

    def __call__(self, host: str, port: int, *_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        self.threads.append(threading.current_thread())
        if host in self.stalled:
            self.release.wait()
        if not self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def names() -> Iterator[Names]:
    found = Names()
    yield found
    found.release.set()
    for thread in found.threads:
        thread.join()


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def address(resolver: Resolver, host: str) -> str:
    with anyio.fail_after(2):
        return str((await resolver.resolve(host, 443))[0].at[0])


async def test_a_lookup_that_stalls_leaves_other_names_alone(names: Names) -> None:
    resolver = Resolver(names)
    names.stalled = {f"{number}.stalled.test" for number in range(50)}
    async with anyio.create_task_group() as group:
        for host in names.stalled:
            group.start_soon(resolver.resolve, host, 443)
        await anyio.wait_all_tasks_blocked()
        assert await address(resolver, "orb.test") == "127.0.0.1"
        group.cancel_scope.cancel()


async def test_a_lookup_does_not_wait_for_the_threads_of_others(names: Names) -> None:
    loop = asyncio.get_running_loop()
    others = [loop.run_in_executor(None, names.release.wait) for _ in range(100)]  # more than its pool has threads
    try:
        assert await address(Resolver(names), "orb.test") == "127.0.0.1"
    finally:
        names.release.set()
        await asyncio.gather(*others)


async def test_a_stalled_lookup_is_waited_for_and_not_begun_again(names: Names) -> None:
    resolver = Resolver(names)
    names.stalled = {"orb.test"}
    for _ in range(5):
        with anyio.move_on_after(0):
            await resolver.resolve("orb.test", 443)
    async with anyio.create_task_group() as group:
        group.start_soon(address, resolver, "orb.test")
        await anyio.wait_all_tasks_blocked()
        names.release.set()

    assert names.asked == ["orb.test"]


async def test_no_exit_waits_for_a_lookup(names: Names) -> None:
    await address(Resolver(names), "orb.test")

    assert all(thread.daemon for thread in names.threads)


@pytest.mark.parametrize("stalls", [False, True], ids=["fails", "stalls"])
async def test_the_last_good_address_stands_in_for_an_hour(names: Names, *, stalls: bool) -> None:
    clock = Time()
    resolver = Resolver(names, patience=0.05, clock=clock)
    await address(resolver, "orb.test")
    names.known, names.stalled = False, {"orb.test"} if stalls else set()

    clock.now = 3600
    assert await address(resolver, "orb.test") == "127.0.0.1"
    clock.now = 3601
    with pytest.raises((TimeoutError, socket.gaierror)), anyio.fail_after(0.1):
        await resolver.resolve("orb.test", 443)


async def test_a_name_that_can_be_none_is_an_unknown_one() -> None:
    with pytest.raises(socket.gaierror):
        await address(Resolver(), f"{'x' * 64}.test")


async def test_an_unknown_name_costs_every_card_and_one_lookup(names: Names) -> None:
    names.known = False
    wire = Tries(Wire(resolver=Resolver(names)))
    async with stage(Front(lambda: NOON, host="orb.test"), wire=wire) as orrery:
        struck = await orrery.document()
        tries, asked = wire.count, [*names.asked]
        names.known = True
        whole = await orrery.document()

    assert codes(struck) == dict.fromkeys(WORDS, "orb_unreachable")
    assert (tries, asked) == (FIRST, ["orb.test"])
    assert codes(whole) == FRESH


async def test_a_name_that_stalls_costs_no_more_than_connecting(names: Names) -> None:
    names.stalled = {"orb.test"}
    wire = Wire(resolver=Resolver(names), connecting=0.2)
    async with stage(Front(lambda: NOON, host="orb.test"), wire=wire) as orrery:
        struck = await orrery.document()
        names.release.set()
        whole = await orrery.document()

    assert codes(struck) == dict.fromkeys(WORDS, "orb_timeout")
    assert codes(whole) == FRESH


async def test_with_an_address_kept_a_lost_name_costs_nothing(names: Names) -> None:
    clock = Time()
    resolver = Resolver(names, clock=clock)
    front = Front(lambda: NOON, host="orb.test")
    async with stage(front, wire=Wire(resolver=resolver)) as orrery:
        await orrery.document()
    names.known, clock.now = False, 11
    await front.open()
    async with stage(front, wire=Wire(resolver=resolver)) as orrery:
        found = await orrery.document()

    assert codes(found) == FRESH
    assert len(names.asked) > 1


async def test_the_wire_looks_names_up_by_the_system_and_beside_the_threads_of_others(names: Names) -> None:
    front = Front(lambda: NOON, host="localhost")
    await front.open()
    loop = asyncio.get_running_loop()
    others = [loop.run_in_executor(None, names.release.wait) for _ in range(100)]
    try:
        async with Wire() as wire:
            answer = await wire.handle_async_request(httpx.Request("GET", f"{front.url}/ping"))
            await answer.aread()
    finally:
        names.release.set()
        await asyncio.gather(*others)
        await front.close()

    assert front.arrivals == ["/v1/ping"]
