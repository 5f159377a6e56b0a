"""The way to a real Redis: what it costs when that is gone, hangs, is full, or holds something odd."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel

from app.fleet.link import Link, connect
from tests.fleet.real_redis import RealRedis
from tests.logged import lines, showing


@asynccontextmanager
async def linked(server: RealRedis) -> AsyncIterator[Link]:
    async with anyio.create_task_group() as tasks:
        link = Link(connect(server.url), tasks)
        await link.look()
        yield link
    await link.aclose()


async def cost(link: Link) -> float:
    began = time.perf_counter()
    assert await link.ask(lambda redis: redis.get("x")) is None
    return time.perf_counter() - began


async def test_a_redis_that_hangs_costs_a_tenth_of_a_second_and_then_nothing(own_server: RealRedis) -> None:
    async with linked(own_server) as link:
        own_server.hang()
        first, second = await cost(link), await cost(link)
        assert (link.up, link.doubtful, link.losses) == (False, True, 0)
        await link.look()
        after = link.up, link.doubtful, link.losses
        own_server.go_on()

    assert after == (False, False, 1)
    assert 0.05 < first < 0.3
    assert second < 0.01


async def test_a_redis_that_was_only_slow_is_not_lost(own_server: RealRedis) -> None:
    async with linked(own_server) as link:
        own_server.hang()
        await cost(link)
        own_server.go_on()
        await link.look()
        assert (link.up, link.doubtful, link.losses) == (True, False, 0)


async def test_a_client_that_gave_up_waiting_knows_no_more_than_that_it_was_slow(own_server: RealRedis) -> None:
    async with anyio.create_task_group() as tasks:
        link = Link(connect(own_server.url, silence=0.05), tasks, patience=60)
        await link.look()
        own_server.hang()
        await cost(link)
        assert (link.up, link.doubtful, link.losses) == (False, True, 0)
        own_server.go_on()
        await link.look()
        assert (link.up, link.doubtful, link.losses) == (True, False, 0)
    await link.aclose()


async def test_a_redis_that_is_gone_costs_nothing(own_server: RealRedis) -> None:
    async with linked(own_server) as link:
        own_server.stop()
        assert await cost(link) < 0.1
        assert await cost(link) < 0.01
        assert (link.up, link.losses) == (False, 1)


async def test_a_redis_that_comes_back_is_found_by_itself(own_server: RealRedis) -> None:
    back = anyio.Event()
    async with anyio.create_task_group() as tasks:
        link = Link(connect(own_server.url), tasks, back.set)
        own_server.stop()
        tasks.start_soon(link.run)
        await anyio.wait_all_tasks_blocked()
        assert not link.up
        own_server.start()
        with anyio.fail_after(10):
            await back.wait()
        assert await link.ask(lambda redis: redis.set("x", "1")) is True
        tasks.cancel_scope.cancel()
    await link.aclose()


async def test_a_redis_that_is_full_or_holds_something_odd_is_still_there(own_server: RealRedis) -> None:
    async with linked(own_server) as link:
        own_server.ask("LPUSH", "list", "1")
        assert await link.ask(lambda redis: redis.get("list")) is None
        own_server.ask("CONFIG", "SET", "maxmemory", "1")
        assert await link.ask(lambda redis: redis.set("x", "1")) is None
        assert (link.up, link.refusals, link.losses) == (True, 2, 0)


async def test_a_redis_that_refuses_is_told_of_once_a_minute(own_server: RealRedis) -> None:
    async with linked(own_server) as link:
        own_server.ask("CONFIG", "SET", "maxmemory", "1")
        with showing() as shown:
            for _ in range(20):
                await link.ask(lambda redis: redis.set("x", "1"))

    assert [line["outcome"] for line in lines(shown, "redis")] == ["refused"]
    assert link.refusals == 20


async def test_a_redis_that_lets_nobody_write_from_the_start_is_told_of(own_server: RealRedis) -> None:
    own_server.ask("REPLICAOF", "127.0.0.1", "1")
    with showing() as shown:
        async with linked(own_server) as link:
            await link.look()

    assert [(line["outcome"], line["error"]) for line in lines(shown, "redis")] == [("refused", "ReadOnlyError")]
    assert not link.up


async def test_a_process_that_leaves_still_says_what_it_has_to(server: RealRedis) -> None:
    async with linked(server) as link:
        said: list[object] = []

        async def say() -> None:
            with anyio.CancelScope(shield=True):
                said.append(await link.ask(lambda redis: redis.set("x", "1")))
                said.append(await link.ask(lambda redis: redis.set("x", "2")))

        link._tasks.start_soon(say)
        link._tasks.cancel_scope.cancel()

    assert said == [True, True]


async def test_three_hundred_askers_who_leave_do_not_wear_it_out(server: RealRedis) -> None:
    async with linked(server) as link:
        async with anyio.create_task_group() as group:
            for _ in range(300):
                group.start_soon(link.ask, lambda redis: redis.get("x"))
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        async with anyio.create_task_group() as group:
            for _ in range(300):
                group.start_soon(link.ask, lambda redis: redis.get("x"))
        assert (link.up, link.losses) == (True, 0)
        assert await link.ask(lambda redis: redis.set("x", "1")) is True
