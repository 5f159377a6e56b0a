"""One limit of Orb's for several processes: with Redis, when it goes, when it comes back, and when it was emptied."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from math import inf

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import SocketAttribute, SocketStream

from app.account import kinds
from app.budget.budget import Asker, Budget
from app.cache.floors import Floors
from app.fleet.fleet import Fleet
from app.fleet.link import PATIENCE
from app.secret import Secret
from tests.budget.test_pace import busiest
from tests.conftest import Clock
from tests.fleet.processes import ACCOUNT, LIMITS, Process, processes, until
from tests.fleet.real_redis import RealRedis


class Left:
    """When calls left, whichever process they left."""

    def __init__(self, all_of_them: list[Process]) -> None:
        self.budgets = [Budget(each.fleet.turns, each.tasks) for each in all_of_them]
        self.times: list[float] = []

    async def flood(self, seconds: float, happens: Callable[[], Awaitable[None]] | None = None, *, then: int) -> None:
        """Every process asks all the time; `happens` does, half-way.

        It lasts for so long, and until as many calls as `then` says have left after that: what may be used is used.
        """
        async with anyio.create_task_group() as group:
            for budget in self.budgets:
                for _ in range(12):
                    group.start_soon(self._ask, budget)
            await anyio.sleep(seconds / 2)
            enough = len(self.times) + then
            if happens:
                await happens()
            await anyio.sleep(seconds / 2)
            await until(lambda: len(self.times) >= enough, seconds=60)
            group.cancel_scope.cancel()

    async def _ask(self, budget: Budget) -> None:
        while True:
            async with budget.leave("analytics", Asker(deadline=inf)) as granted:
                if granted:
                    self.times.append(anyio.current_time())


def long_lost(process: Process) -> None:
    """As it is a second after this process has lost Redis."""
    process.fleet.link.lost_at -= 1.1


async def test_three_processes_leave_no_more_calls_than_one_may(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 3) as all_three:
        left = Left(all_three)
        await left.flood(3.2, then=14)

    assert busiest(left.times, 1.0) <= 10


@pytest.mark.parametrize("what", ["stop", "hang", "empty"])
async def test_when_redis_goes_the_limit_holds_and_calls_still_leave(
    own_server: RealRedis, clock: Clock, what: str
) -> None:
    async def happens() -> None:
        getattr(own_server, what)()

    async with processes(own_server, clock, 3, PATIENCE) as all_three:
        await until(lambda: all(each.fleet.peers.count == 3 for each in all_three))
        left = Left(all_three)
        await left.flood(6, happens, then=9)
        own_server.go_on()

    assert busiest(left.times, 1.0) <= 10


async def test_a_redis_that_comes_back_empty_lets_nobody_through(own_server: RealRedis, clock: Clock) -> None:
    async def comes_back() -> None:
        own_server.start()
        await until(lambda: all(each.fleet.link.up for each in all_three))

    async with processes(own_server, clock, 3) as all_three:
        await until(lambda: all(each.fleet.peers.count == 3 for each in all_three))
        own_server.stop()
        left = Left(all_three)
        await left.flood(5, comes_back, then=9)

    assert busiest(left.times, 1.0) <= 10


async def test_a_redis_that_hung_for_a_while_lets_nobody_through_when_it_goes_on(
    own_server: RealRedis, clock: Clock
) -> None:
    async def hangs() -> None:
        own_server.hang()
        await until(lambda: not any(each.fleet.link.up or each.fleet.link.doubtful for each in all_three))
        await anyio.sleep(1.2)  # all are alone by now
        own_server.go_on()
        await until(lambda: all(each.fleet.link.up for each in all_three))

    async with processes(own_server, clock, 3, PATIENCE) as all_three:
        await until(lambda: all(each.fleet.peers.count == 3 for each in all_three))
        left = Left(all_three)
        await left.flood(6, hangs, then=9)

    assert busiest(left.times, 1.0) <= 10


async def test_a_redis_that_is_back_learns_what_left_and_each_keeps_to_its_part_for_a_second(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 2, PATIENCE) as both:
        await until(lambda: all(each.fleet.peers.count == 2 for each in both))
        one = both[0].fleet
        own_server.hang()
        await until(lambda: not (one.link.up or one.link.doubtful))
        long_lost(both[0])
        for _ in range(2):
            assert not isinstance(await one.turns["analytics"].take(), float)
        own_server.go_on()
        await until(lambda: one.link.up)
        await until(lambda: own_server.ask("ZCARD", f"orrery:slots:{ACCOUNT}:analytics") == 2)
        found = [isinstance(await one.turns["analytics"].take(), float) for _ in range(5)]
        assert found == [False, False, False, True, True]


async def test_while_redis_may_only_be_slow_nobody_uses_what_others_may_be_using(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 2, PATIENCE) as both:
        await until(lambda: all(each.fleet.peers.count == 2 for each in both))
        one, other = (each.fleet.turns["analytics"] for each in both)
        await one.take()
        own_server.hang()
        assert isinstance(await other.take(), float)
        assert both[1].fleet.link.doubtful
        await both[1].fleet.link.look()
        long_lost(both[1])
        assert not isinstance(await other.take(), float)
        own_server.go_on()


async def test_a_refusal_in_one_process_pauses_all(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 2) as (one, other):
        budgets = [Budget(each.fleet.turns, each.tasks) for each in (one, other)]
        budgets[0].refused("analytics", 30)
        await until(lambda: server.ask("HGET", f"orrery:pace:{ACCOUNT}:analytics", "refused") is not None)
        for budget in budgets:
            async with budget.leave("analytics", Asker(deadline=anyio.current_time() + 0.3)) as granted:
                assert not granted
            async with budget.leave("read", Asker(deadline=anyio.current_time() + 0.3)) as granted:
                assert granted
        assert other.fleet.turns["analytics"].paused > anyio.current_time() + 25


async def test_after_a_refusal_half_as_many_leave(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 2) as both:
        left = Left(both)
        left.budgets[0].refused("analytics", 0.2)
        await until(lambda: server.ask("HGET", f"orrery:pace:{ACCOUNT}:analytics", "refused") is not None)
        await left.flood(2, then=5)

    assert busiest(left.times, 1.0) == LIMITS["analytics"] // 2


async def test_calls_that_come_back_late_keep_their_place(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 2) as both:
        turns = [each.fleet.turns["analytics"] for each in both]
        slots = [await turns[n % 2].take() for n in range(10)]
        for each in slots:
            assert not isinstance(each, float)
            turns[0].answered(each)
        assert [isinstance(await turn.take(), float) for turn in turns] == [True, True]


async def test_a_second_after_redis_is_gone_the_calls_of_others_count_as_they_were(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 2) as both:
        await until(lambda: all(each.fleet.peers.count == 2 for each in both))
        one, other = (each.fleet.turns["analytics"] for each in both)
        for turn in (*[one] * 8, other):
            await turn.take()
        own_server.stop()
        await until(lambda: not both[1].fleet.link.up)
        long_lost(both[1])
        assert [isinstance(await other.take(), float) for _ in range(3)] == [False, True, True]


async def test_in_the_first_second_without_redis_others_may_have_taken_all_meanwhile(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 2) as both:
        await until(lambda: all(each.fleet.peers.count == 2 for each in both))
        one, other = (each.fleet.turns["analytics"] for each in both)
        for turn in (other, *[one] * 9):
            assert not isinstance(await turn.take(), float)
        own_server.stop()
        assert [isinstance(await other.take(), float) for _ in range(3)] == [True, True, True]


async def test_in_the_first_second_without_redis_a_call_that_came_back_makes_room_for_one(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 2) as both:
        await until(lambda: all(each.fleet.peers.count == 2 for each in both))
        turn = both[0].fleet.turns["analytics"]
        slots = [await turn.take() for _ in range(2)]
        own_server.stop()
        assert isinstance(await turn.take(), float)
        for each in slots:
            assert not isinstance(each, float)
            each.until = 0
        assert [isinstance(await turn.take(), float) for _ in range(3)] == [False, False, True]


async def test_one_process_by_itself_does_without_redis_at_once(own_server: RealRedis, clock: Clock) -> None:
    async with processes(own_server, clock, 1) as (one,):
        turn = one.fleet.turns["analytics"]
        await turn.take()
        own_server.stop()
        assert [isinstance(await turn.take(), float) for _ in range(10)] == [False] * 9 + [True]


async def test_calls_of_others_count_without_redis_for_as_long_as_they_may_be_on_their_way(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 2, PATIENCE) as (one, other):
        await until(lambda: all(each.fleet.peers.count == 2 for each in (one, other)))
        for _ in range(10):
            await one.fleet.turns["analytics"].take()
        assert isinstance(await other.fleet.turns["analytics"].take(), float)
        own_server.stop()
        ends = anyio.current_time() + 1.5
        while anyio.current_time() < ends:
            assert isinstance(await other.fleet.turns["analytics"].take(), float)
            await anyio.sleep(0.05)


async def test_a_redis_that_refuses_for_a_while_lets_nobody_through(own_server: RealRedis, clock: Clock) -> None:
    async with processes(own_server, clock, 2) as both:
        await until(lambda: all(each.fleet.peers.count == 2 for each in both))
        turns = [each.fleet.turns["analytics"] for each in both]
        own_server.ask("REPLICAOF", "127.0.0.1", "1")
        left = [await turn.take() for turn in turns * 10]
        assert sum(not isinstance(each, float) for each in left) == 10
        own_server.ask("REPLICAOF", "NO", "ONE")
        left = [await turn.take() for turn in turns * 10]
        assert sum(not isinstance(each, float) for each in left) == 0


async def test_a_full_redis_frees_places_and_pauses_all_as_ever(own_server: RealRedis, clock: Clock) -> None:
    async with processes(own_server, clock, 1) as (one,):
        slots = f"orrery:slots:{ACCOUNT}:analytics"
        turn = one.fleet.turns["analytics"]
        slot = await turn.take()
        assert not isinstance(slot, float)
        own_server.ask("CONFIG", "SET", "maxmemory", "1")
        ((name, held),) = own_server.ask("ZRANGE", slots, 0, -1, "WITHSCORES")
        turn.answered(slot)
        await until(lambda: own_server.ask("ZSCORE", slots, name) < held)
        turn.refused(30)
        await until(lambda: own_server.ask("HGET", f"orrery:pace:{ACCOUNT}:analytics", "refused") is not None)
        assert one.fleet.link.refusals == 0


async def test_a_pause_that_came_while_redis_was_away_is_told_when_it_is_back(
    own_server: RealRedis, clock: Clock
) -> None:
    async with processes(own_server, clock, 1) as (one,):
        turn = one.fleet.turns["analytics"]
        own_server.stop()
        await until(lambda: not one.fleet.link.up)
        turn.refused(30)
        own_server.start()
        pace = f"orrery:pace:{ACCOUNT}:analytics"
        await until(lambda: own_server.ask("HGET", pace, "after") == b"5")
        told = own_server.ask("HGETALL", pace)
        own_server.hang()
        await until(lambda: not one.fleet.link.up)
        own_server.go_on()
        await until(lambda: one.fleet.link.up)
        await anyio.sleep(0.1)
        assert own_server.ask("HGETALL", pace) == told  # once: each time would halve what is allowed


async def test_who_leaves_while_asking_takes_no_place(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 1) as (one,):
        turn = one.fleet.turns["analytics"]

        async def leave() -> None:
            with anyio.CancelScope() as scope:
                one.tasks.start_soon(cancel_when_asked, scope)
                await turn.take()

        async def cancel_when_asked(scope: anyio.CancelScope) -> None:
            for _ in range(3):
                await anyio.lowlevel.checkpoint()
            scope.cancel()

        for _ in range(10):
            await leave()
        left = [await turn.take() for _ in range(10)]
        assert not any(isinstance(each, float) for each in left)


@pytest.mark.parametrize("until_when", ["9999999999999999", "1e300", "abc"])
async def test_a_pause_that_makes_no_sense_is_not_believed_for_more_than_a_minute(
    server: RealRedis, clock: Clock, until_when: str
) -> None:
    async with processes(server, clock, 1) as (one,):
        turn = one.fleet.turns["analytics"]
        server.ask("HSET", f"orrery:pace:{ACCOUNT}:analytics", "until", until_when)
        server.ask("ZADD", f"orrery:slots:{ACCOUNT}:analytics", "9e15", "odd")
        taken = await turn.take()
        assert not isinstance(taken, float) or taken > 0
        assert turn.paused < anyio.current_time() + 61


async def test_a_redis_that_is_always_slow_stops_nobody(server: RealRedis, clock: Clock) -> None:
    async with slowed(server.port, 0.13) as port:
        slow = RealRedis()
        slow.url = f"redis://127.0.0.1:{port}/0"
        async with anyio.create_task_group() as tasks:
            fleet = Fleet(Secret(slow.url), Secret("orb_test_key"), kinds, Floors(), LIMITS, tasks, clock)
            await fleet.start()
            began = anyio.current_time()
            taken = [await fleet.turns["analytics"].take() for _ in range(40)]
            assert sum(not isinstance(each, float) for each in taken) >= 8
            assert anyio.current_time() - began < 3
            tasks.cancel_scope.cancel()
        await fleet.aclose()


@asynccontextmanager
async def slowed(port: int, seconds: float) -> AsyncIterator[int]:
    """A way to that port on which every piece takes so long."""

    async def pass_on(source: SocketStream, target: SocketStream) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                piece = await source.receive()
                await anyio.sleep(seconds)
                await target.send(piece)

    async def serve(client: SocketStream) -> None:
        async with client, await anyio.connect_tcp("127.0.0.1", port) as redis, anyio.create_task_group() as ways:
            ways.start_soon(pass_on, client, redis)
            await pass_on(redis, client)
            ways.cancel_scope.cancel()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)  # noqa: S610  no SQL here
        group.cancel_scope.cancel()
