"""Several processes as one: one answer, one question, one floor, one cool-down, and each alone when Redis is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from app.cache.cache import Cache
from app.cache.freshness import Freshness
from app.cache.store import Memory
from app.fleet.sealed import micros
from app.listing import Nothing
from app.reading import Reading
from tests.conftest import Clock
from tests.fleet.processes import ACCOUNT, KEY, Orb, Process, processes, until
from tests.fleet.real_redis import RealRedis


@pytest.fixture
def orb(clock: Clock) -> Orb:
    return Orb(clock)


async def test_what_one_process_keeps_all_show(server: RealRedis, clock: Clock, orb: Orb) -> None:
    async with processes(server, clock, 3) as all_three:
        assert [await orb.shown(each) for each in all_three] == ["1", "1", "1"]
        clock.pass_seconds(301)
        assert [await orb.shown(each) for each in reversed(all_three)] == ["2", "2", "2"]
        assert [each.cache.kept(KEY, Freshness(clock(), 300)) is not None for each in all_three] == [True] * 3


async def test_no_process_shows_an_older_answer_than_another_has(server: RealRedis, clock: Clock, orb: Orb) -> None:
    async with processes(server, clock) as (one, other):
        assert [await orb.shown(each) for each in (one, other)] == ["1", "1"]
        clock.pass_seconds(60)
        assert await orb.shown(one, max_age=30) == "2"
        assert await orb.shown(other) == "2"


async def test_askers_of_all_processes_share_one_question(server: RealRedis, clock: Clock, orb: Orb) -> None:
    orb.gate = anyio.Event()
    shown: list[str] = []

    async def ask(process: Any) -> None:
        shown.append(await orb.shown(process))

    async with processes(server, clock, 3) as all_three, anyio.create_task_group() as group:
        for each in all_three * 20:
            group.start_soon(ask, each)
        await until(lambda: orb.calls > 0)
        await anyio.sleep(0.3)  # time for a second question, were there one
        orb.gate.set()

    assert (shown, orb.calls) == (["1"] * 60, 1)


async def test_a_question_whose_process_died_is_taken_over(server: RealRedis, clock: Clock, orb: Orb) -> None:
    orb.gate = anyio.Event()
    async with processes(server, clock) as (one, other), anyio.create_task_group() as group:
        group.start_soon(_give_up, orb, one)
        await until(lambda: orb.calls == 1)
        group.start_soon(orb.get, other)
        one.die()
        await until(lambda: orb.calls == 2)
        orb.gate.set()
        assert await orb.shown(other) == "2"


async def test_a_process_that_leaves_in_order_gives_its_question_back_at_once(
    server: RealRedis, clock: Clock, orb: Orb
) -> None:
    orb.gate = anyio.Event()
    async with processes(server, clock, 1) as (one,), anyio.create_task_group() as group:
        group.start_soon(_give_up, orb, one)
        await until(lambda: orb.calls == 1)
        assert server.ask("KEYS", "orrery:lease:*")
        one.die()
        await until(lambda: not server.ask("KEYS", "orrery:lease:*"), 1)  # by itself it would end after two seconds


async def test_who_waits_is_not_told_again_and_again_what_it_knows(server: RealRedis, clock: Clock, orb: Orb) -> None:
    async with processes(server, clock) as (one, other), anyio.create_task_group() as group:
        assert [await orb.shown(each) for each in (one, other)] == ["1", "1"]
        clock.pass_seconds(301)
        orb.gate = anyio.Event()
        group.start_soon(orb.get, one)
        await until(lambda: orb.calls == 2)
        told = fetched(server)
        group.start_soon(orb.get, other)
        await anyio.sleep(0.5)
        assert fetched(server) == told
        orb.gate.set()
        assert await orb.shown(other) == "2"


def fetched(server: RealRedis) -> int:
    """How many values were read from hashes."""
    return int(server.ask("INFO", "commandstats").get("cmdstat_hget", {"calls": 0})["calls"])


async def _give_up(orb: Orb, process: Any) -> None:
    with pytest.raises(TimeoutError):
        await orb.get(process)


async def test_a_question_that_fails_in_one_process_is_asked_by_another(
    server: RealRedis, clock: Clock, orb: Orb
) -> None:
    orb.error = ConnectionError()
    async with processes(server, clock) as (one, other):
        with pytest.raises(ConnectionError):
            await orb.get(one)
        orb.error = None
        assert await orb.shown(other) == "2"


async def test_a_refresh_in_one_process_makes_all_ask_anew(server: RealRedis, clock: Clock, orb: Orb) -> None:
    usage = (*KEY[:2], "usage")
    async with processes(server, clock) as (one, other):
        assert await orb.shown(other, key=usage) == "1"
        clock.pass_seconds(60)
        assert await orb.shown(one, live=True, max_age=10) == "2"
        await until(lambda: other.cache.last_live(KEY[:2]) is not None)
        clock.pass_seconds(1)
        assert await orb.shown(other, key=usage) == "3"
        assert await orb.shown(other, live=True, max_age=10) == "2"  # the cool-down holds for all


async def test_what_changed_is_asked_for_anew_by_all_and_past_orbs_cache(
    server: RealRedis, clock: Clock, orb: Orb
) -> None:
    async with processes(server, clock) as (one, other):
        assert [await orb.shown(one), await orb.shown(other)] == ["1", "1"]
        clock.pass_seconds(5)
        await one.cache.change(KEY[:2], ("upcoming_invoice",))
        await until(lambda: other.cache.is_changed(KEY, Freshness(clock(), 300)))
        clock.pass_seconds(1)
        assert [await orb.shown(other), await orb.shown(one)] == ["2", "2"]


async def test_a_process_that_comes_later_knows_the_floors(server: RealRedis, clock: Clock, orb: Orb) -> None:
    async with processes(server, clock, 1) as (first,):
        await orb.get(first)
        clock.pass_seconds(5)
        await first.cache.change(KEY[:2])
        clock.pass_seconds(1)
    async with processes(server, clock, 1) as (later,):
        assert await orb.shown(later) == "2"


@pytest.mark.parametrize(
    ("since", "asked", "replaces"), [(0, 0, True), (-1, 5, False), (1, 1, True), (0, -1, False), (0, 1, True)]
)
async def test_an_older_answer_never_replaces_a_younger_one(
    server: RealRedis, clock: Clock, orb: Orb, since: int, asked: int, replaces: bool
) -> None:
    async with processes(server, clock, 1) as (process,):
        await orb.get(process)
        then = [clock() + timedelta(seconds=each) for each in (since, asked)]
        found = await landed(process, Reading(Nothing("other"), then[0], then[1]))

    assert found is not None
    assert found.value.code == ("other" if replaces else "1")


async def landed(process: Process, reading: Reading[Any]) -> Reading[Any] | None:
    """What is kept after that answer landed."""
    claim = await process.fleet.answers.claim(KEY, None, live=False)
    assert claim.lease is not None
    await claim.lease.land(reading)
    again = await process.fleet.answers.claim(KEY, reading.since, live=False)
    if again.lease is not None:
        await again.lease.land(None)
    return again.reading


async def test_what_was_asked_before_a_change_never_replaces_what_was_asked_after_it(
    server: RealRedis, clock: Clock, orb: Orb
) -> None:
    async with processes(server, clock, 1) as (process,):
        await process.cache.change(KEY[:2], ("upcoming_invoice",))
        clock.pass_seconds(1)
        orb.age = 30
        await orb.get(process)
        before = clock() - timedelta(seconds=2)
        found = await landed(process, Reading(Nothing("stamped later"), clock(), before))

    assert found is not None
    assert found.value.code == "1"


async def test_without_redis_each_goes_on_alone_and_with_it_again_together(
    own_server: RealRedis, clock: Clock, orb: Orb
) -> None:
    async with processes(own_server, clock) as (one, other):
        assert [await orb.shown(each) for each in (one, other)] == ["1", "1"]
        own_server.stop()
        assert [await orb.shown(each) for each in (one, other)] == ["1", "1"]  # what is kept here is still young
        clock.pass_seconds(301)
        assert [await orb.shown(each) for each in (one, other)] == ["2", "3"]
        own_server.start()
        await until(lambda: all(each.fleet.link.up and each.fleet._news.listening for each in (one, other)))
        await orb.get(one)
        await orb.get(other)
        assert orb.calls == 3
        clock.pass_seconds(301)
        assert [await orb.shown(each) for each in (one, other)] == ["4", "4"]


async def test_a_redis_that_was_emptied_costs_no_call(server: RealRedis, clock: Clock, orb: Orb) -> None:
    async with processes(server, clock) as (one, other):
        await orb.get(one)
        server.ask("FLUSHALL")
        assert await orb.shown(one) == "1"
        clock.pass_seconds(301)
        await orb.get(one)
        assert await orb.shown(other) == "2"


@pytest.mark.parametrize("junk", ["random", "cut", "another", "large", "wrong type"])
async def test_anything_odd_in_redis_is_a_miss_and_is_mended(
    server: RealRedis, clock: Clock, orb: Orb, junk: str
) -> None:
    async with processes(server, clock) as (one, other):
        await orb.get(one)
        await orb.get(one, ("customer_id", "meridian", "upcoming_invoice", "one"))
        (name,) = [
            each for each in server.ask("KEYS", "orrery:answer:*") if one.fleet.answers.seal.name(KEY) in str(each)
        ]
        (foreign,) = [each for each in server.ask("KEYS", "orrery:answer:*") if each != name]
        sealed = server.ask("HGET", name, "sealed")
        if junk == "wrong type":
            server.ask("DEL", name)
            server.ask("LPUSH", name, "x")
        else:
            others = server.ask("HGET", foreign, "sealed")
            what = {"random": b"\0\xff" * 50, "cut": sealed[:-3], "another": others, "large": bytes(50_000_000)}[junk]
            server.ask("HSET", name, "sealed", what)
        assert await orb.shown(other) == "3"
        assert other.fleet.link.up
        if junk != "wrong type":
            assert other.fleet.answers.odd == 1
            assert await orb.shown(one) in ("1", "3")
            assert server.ask("HGET", name, "sealed") not in (sealed, what)


async def test_news_that_make_no_sense_are_passed_over(server: RealRedis, clock: Clock, orb: Orb) -> None:
    async with processes(server, clock) as (one, other):
        for told in (b"", b"kept", b"kept a b c", b"kept \xff 1 2", b"floor", b'floor [["a"],1]', b"landed \xff", b"x"):
            server.ask("PUBLISH", f"orrery:news:{ACCOUNT}", told)
        server.ask(
            "PUBLISH", f"orrery:news:{ACCOUNT}", b'floor [["customer_id","borealis"],"refresh",99999999999999999]'
        )
        await until(lambda: other.cache.last_live(KEY[:2]) == clock())
        assert await orb.shown(one) == "1"
        assert other.fleet._news.listening


async def test_an_event_counts_once_whichever_process_it_comes_to(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock) as (one, other):
        assert [await each.fleet.once.knows("evt_1") for each in (one, other)] == [False, False]
        await one.fleet.once.remember("evt_1")
        assert [await each.fleet.once.knows("evt_1") for each in (one, other)] == [True, True]
        assert not await other.fleet.once.knows("evt_2")


async def test_what_was_raised_while_redis_was_away_is_told_when_it_is_back(
    own_server: RealRedis, clock: Clock, orb: Orb
) -> None:
    async with processes(own_server, clock) as (one, other):
        assert [await orb.shown(each) for each in (one, other)] == ["1", "1"]
        own_server.stop()
        await until(lambda: not (one.fleet.link.up or other.fleet.link.up or other.fleet._news.listening))
        clock.pass_seconds(1)
        await one.cache.change(KEY[:2])
        own_server.start()
        await until(lambda: other.cache.is_changed(KEY, Freshness(clock(), 300)))
        assert await orb.shown(other) == "2"
        assert len(one.fleet.answers._untold) == 0


async def test_a_floor_by_a_clock_ahead_of_redis_is_now(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 1) as (one,):
        now = datetime.now(UTC)
        await one.fleet.answers.refresh(KEY[:2], now + timedelta(hours=1))
        (floor,) = (int(server.ask("HGET", each, "refresh")) for each in server.ask("KEYS", "orrery:floors:*"))
        assert micros(now) < floor < micros(now + timedelta(seconds=30))


async def test_a_full_redis_still_learns_of_floors_and_takes_leases_back_but_no_more_answers(
    own_server: RealRedis, clock: Clock, orb: Orb
) -> None:
    async with processes(own_server, clock, 1) as (one,):
        claim = await one.fleet.answers.claim(KEY, None, live=False)
        assert claim.lease is not None
        own_server.ask("CONFIG", "SET", "maxmemory", "1")
        await one.fleet.answers.refresh(KEY[:2], clock())
        await claim.lease.land(await orb.ask())
        assert one.fleet.link.refusals == 1
        assert {each.split(b":")[1] for each in own_server.ask("KEYS", "orrery:*")} >= {b"floors"}
        assert not own_server.ask("KEYS", "orrery:answer:*")
        assert not own_server.ask("KEYS", "orrery:lease:*")


@pytest.mark.parametrize("odd", ["9" * 25, "9" * 5000, "abc", "-1", "1e300"])
async def test_a_floor_that_makes_no_sense_is_passed_over(server: RealRedis, clock: Clock, orb: Orb, odd: str) -> None:
    async with processes(server, clock) as (one, other):
        floors = f"orrery:floors:{one.fleet.answers.seal.name(KEY[:2])}"
        server.ask("HSET", floors, "refresh", odd, "change:", odd)
        assert [await orb.shown(one), await orb.shown(other)][0] == "1"
        assert one.fleet.link.up


@pytest.mark.parametrize("odd", ["for ever", "another type"])
async def test_a_lease_that_nobody_gave_holds_nobody_up(server: RealRedis, clock: Clock, orb: Orb, odd: str) -> None:
    async with processes(server, clock, 1) as (one,):
        lease = f"orrery:lease:{one.fleet.answers.seal.name(KEY)}:cached"
        server.ask(*(("SET", lease, "x") if odd == "for ever" else ("LPUSH", lease, "x")))
        with anyio.fail_after(3):
            assert await orb.shown(one) == "1"


async def test_news_that_come_while_a_claim_is_under_way_are_not_forgotten(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 1) as (one,):
        news = one.fleet._news
        before = news.known("name")
        news.learn("name", (20, 20))
        news.replace("name", (10, 10), before)
        assert news.known("name") == (20, 20)
        news.replace("name", (5, 5), (20, 20))  # Redis was emptied, and what it keeps now is older
        assert news.known("name") == (5, 5)


async def test_waiting_for_what_never_lands_leaves_nothing_behind(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 1) as (one,):
        for n in range(5):
            await one.fleet._news.landed(f"name {n}", 0.01)
        assert one.fleet._news._waiting == {}


async def test_what_failed_is_let_go_when_it_counts_no_more(clock: Clock, orb: Orb) -> None:
    async with anyio.create_task_group() as flights:
        cache = Cache(Memory(100_000), flights, clock)
        orb.error = ConnectionError()
        for n in range(10):
            with pytest.raises(ConnectionError):
                await cache.get((*KEY[:3], str(n)), Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(6)
        assert len(cache._failed) == 0


async def test_while_its_stamp_is_the_same_no_other_process_is_known_to_have_a_younger_answer(
    own_server: RealRedis, clock: Clock, orb: Orb
) -> None:
    customer = KEY[:2]
    async with processes(own_server, clock) as (one, other):
        assert [await orb.shown(each) for each in (one, other)] == ["1", "1"]
        await until(lambda: one.cache.young(KEY, Freshness(clock(), 300)) is not None)
        stamp = one.cache.stamp(customer)
        assert one.cache.young(KEY, Freshness(clock(), 300)) is not None
        assert one.cache.stamp(customer) == stamp

        clock.pass_seconds(60)
        assert await orb.shown(other, max_age=30) == "2"
        await until(lambda: one.cache.young(KEY, Freshness(clock(), 300)) is None)
        assert one.cache.stamp(customer) != stamp

        stamp = one.cache.stamp(customer)
        own_server.stop()
        await until(lambda: one.cache.young(KEY, Freshness(clock(), 300)) is not None)
        assert one.cache.stamp(customer) != stamp
