"""The cache's one predicate, its shared questions, and that no answer ever goes back in time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from math import inf
from typing import Any

import anyio
import pytest

from app.cache.cache import Cache
from app.cache.freshness import Answer, Freshness
from app.cache.store import Memory
from app.metrics import caused
from app.metrics.caused import Use
from app.orb.errors import Unreachable
from app.reading import Reading
from tests.conftest import Clock

KEY = ("customer_id", "borealis", "upcoming_invoice")


class Orb:
    """Answers with a figure that counts the calls; holds each answer back until the gate is open."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls = 0
        self.gate = anyio.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.age = 0.0
        self.size = 100
        self.lasts: float | None = None

    async def ask(self) -> Reading[int]:
        self.calls += 1
        figure, asked = self.calls, self.clock()
        as_of = asked - timedelta(seconds=self.age)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Reading(figure, as_of, asked, self.size, self.lasts)


Open = Callable[..., AbstractAsyncContextManager[Cache]]


@pytest.fixture
def opened(clock: Clock) -> Open:
    @asynccontextmanager
    async def start(size: int = 1_000_000) -> AsyncIterator[Cache]:
        async with anyio.create_task_group() as flights:
            yield Cache(Memory(size), flights, clock, spread=0)
            flights.cancel_scope.cancel()

    return start


@pytest.fixture
def orb(clock: Clock) -> Orb:
    return Orb(clock)


async def get(
    cache: Cache, orb: Orb, *, max_age: float = 300, live: bool = False, soon: float = inf, deadline: float = inf
) -> Answer[int]:
    return await cache.get(KEY, Freshness(orb.clock(), max_age, soon, deadline, live), orb.ask)


async def test_a_young_answer_serves_and_an_old_one_is_asked_for_again(opened: Open, orb: Orb, clock: Clock) -> None:
    async with opened() as cache:
        first = await get(cache, orb)
        clock.pass_seconds(300)
        same = await get(cache, orb)
        clock.pass_seconds(0.001)
        newer = await get(cache, orb)

    assert [each.reading.value for each in (first, same, newer)] == [1, 1, 2]


async def test_the_age_counts_from_the_moment_whose_figures_it_holds(opened: Open, orb: Orb, clock: Clock) -> None:
    orb.age = 200
    async with opened() as cache:
        await get(cache, orb)
        clock.pass_seconds(101)
        await get(cache, orb)

    assert orb.calls == 2


async def test_twenty_askers_share_one_question(opened: Open, orb: Orb) -> None:
    orb.gate = anyio.Event()
    answers: list[int] = []

    async def ask(cache: Cache) -> None:
        answers.append((await get(cache, orb)).reading.value)

    async with opened() as cache, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask, cache)
        await anyio.wait_all_tasks_blocked()
        orb.gate.set()

    assert answers == [1] * 20
    assert orb.calls == 1


async def test_when_the_first_asker_leaves_the_others_still_get_their_answer(opened: Open, orb: Orb) -> None:
    orb.gate = anyio.Event()
    answers: list[int] = []
    first = anyio.CancelScope()

    async def leave(cache: Cache) -> None:
        with first:
            await get(cache, orb)

    async def stay(cache: Cache) -> None:
        answers.append((await get(cache, orb)).reading.value)

    async with opened() as cache, anyio.create_task_group() as group:
        group.start_soon(leave, cache)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(stay, cache)
        await anyio.wait_all_tasks_blocked()
        first.cancel()
        await anyio.wait_all_tasks_blocked()
        orb.gate.set()

    assert answers == [1]


async def test_an_answer_that_nobody_waited_for_is_kept(opened: Open, orb: Orb) -> None:
    orb.gate = anyio.Event()
    async with opened() as cache:
        with pytest.raises(TimeoutError):
            await get(cache, orb, deadline=anyio.current_time())
        orb.gate.set()
        await anyio.wait_all_tasks_blocked()
        kept = await get(cache, orb)

    assert kept.reading.value == 1


async def test_a_live_asker_does_not_join_a_question_that_orb_may_answer_from_its_cache(opened: Open, orb: Orb) -> None:
    orb.gate = anyio.Event()
    async with opened() as cache, anyio.create_task_group() as group:
        group.start_soon(lambda: get(cache, orb))
        await anyio.wait_all_tasks_blocked()
        group.start_soon(lambda: get(cache, orb, live=True, max_age=10))
        await anyio.wait_all_tasks_blocked()
        group.start_soon(lambda: get(cache, orb, live=True, max_age=10))
        group.start_soon(lambda: get(cache, orb))
        await anyio.wait_all_tasks_blocked()
        orb.gate.set()

    assert orb.calls == 2


async def test_a_refresh_within_the_cool_down_asks_nobody(opened: Open, orb: Orb, clock: Clock) -> None:
    began = clock()
    async with opened() as cache:
        assert cache.last_live(KEY[:2]) is None
        await get(cache, orb, live=True, max_age=10)
        assert (cache.last_live(KEY[:2]), cache.last_live(("customer_id", "meridian"))) == (began, None)
        clock.pass_seconds(10)
        await get(cache, orb, live=True, max_age=10)
        clock.pass_seconds(0.5)
        await get(cache, orb, live=True, max_age=10)

    assert orb.calls == 2


async def test_the_refresh_of_one_question_does_not_end_the_cool_down_of_another(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    async with opened() as cache:
        await get(cache, orb, live=True, max_age=10)
        clock.pass_seconds(2)
        await cache.get((*KEY[:2], "usage"), Freshness(clock(), 10, live=True), orb.ask)
        clock.pass_seconds(2)
        assert (await get(cache, orb, live=True, max_age=10)).reading.value == 1


async def test_the_parts_of_one_request_share_a_question_however_young_it_must_be(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    async with opened() as cache:
        for live, later in ((False, 0), (False, 0.2), (True, 0.2)):
            asked, orb.calls = Freshness(clock(), max_age=0, live=live), 0
            clock.pass_seconds(later)
            orb.age = 0 if live else 1  # as Orb's clock may be behind ours
            for _ in range(2):
                await cache.get(KEY, asked, orb.ask)
                clock.pass_seconds(0.5)
            assert orb.calls == 1


async def test_a_live_asker_does_not_take_what_orb_had_in_its_cache(opened: Open, orb: Orb, clock: Clock) -> None:
    orb.age = 60
    refresh = Freshness(clock(), max_age=10, live=True)
    async with opened() as cache:
        await get(cache, orb)
        orb.age = 0
        answer = await cache.get(KEY, refresh, orb.ask)

    assert answer.reading.value == 2


async def test_after_a_refresh_what_was_asked_for_before_is_asked_for_again(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    other = (*KEY[:2], "usage")
    async with opened() as cache:
        await cache.get(other, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(60)
        await get(cache, orb, live=True, max_age=10)
        assert cache.kept(other, Freshness(clock(), 300)) is None
        orb.age = 5  # as Orb's clock may be behind ours
        newer = await cache.get(other, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(60)
        same = await cache.get(other, Freshness(clock(), 300), orb.ask)

    assert [newer.reading.value, same.reading.value] == [3, 3]


async def test_what_was_asked_for_before_a_refresh_gives_way_to_any_answer_after_it(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    usage = (*KEY[:2], "usage")
    async with opened() as cache:
        await cache.get(usage, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(1)
        await get(cache, orb, live=True, max_age=10)
        clock.pass_seconds(1)
        orb.age = 9  # by its stamp it is older than the one that is kept
        assert (await cache.get(usage, Freshness(clock(), 300), orb.ask)).reading.value == 3


async def test_an_older_answer_never_replaces_a_younger_one(opened: Open, clock: Clock) -> None:
    slow, quick = Orb(clock), Orb(clock)
    slow.gate = anyio.Event()
    slow.age, slow.calls = 250, 100
    seen: list[int] = []

    async def load(cache: Cache) -> None:
        seen.append((await get(cache, slow)).reading.value)

    async with opened() as cache, anyio.create_task_group() as group:
        group.start_soon(load, cache)
        await anyio.wait_all_tasks_blocked()
        refreshed = await get(cache, quick, live=True, max_age=10)
        slow.gate.set()
        await anyio.wait_all_tasks_blocked()
        after = await get(cache, quick)

    assert refreshed.reading.value == after.reading.value == 1
    assert seen == [1]  # the late asker gets the younger answer too


async def test_a_failure_is_shared_by_those_who_wait_and_then_forgotten(opened: Open, orb: Orb) -> None:
    orb.gate = anyio.Event()
    orb.error = ConnectionError()
    failures: list[Exception] = []

    async def ask(cache: Cache) -> None:
        try:
            await get(cache, orb)
        except ConnectionError as error:
            failures.append(error)

    async with opened() as cache, anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(ask, cache)
        await anyio.wait_all_tasks_blocked()
        orb.gate.set()
        await anyio.wait_all_tasks_blocked()
        assert (len(failures), orb.calls) == (3, 1)

        orb.error = None
        assert (await get(cache, orb)).reading.value == 2


async def test_the_last_good_answer_stays_when_its_renewal_fails(opened: Open, orb: Orb, clock: Clock) -> None:
    async with opened() as cache:
        await get(cache, orb)
        clock.pass_seconds(3600)
        orb.error = ConnectionError()
        kept = await get(cache, orb)
        clock.pass_seconds(24 * 3600)
        with pytest.raises(ConnectionError):
            await get(cache, orb)

    assert kept.reading.value == 1
    assert isinstance(kept.failed, ConnectionError)


async def test_what_just_failed_and_is_kept_is_let_alone_for_five_seconds_but_by_a_refresh(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    async with opened() as cache:
        await get(cache, orb)
        clock.pass_seconds(301)
        orb.error = OSError()
        answers = [await get(cache, orb) for _ in range(3)]
        assert [(each.reading.value, type(each.failed)) for each in answers] == [(1, OSError)] * 3
        assert orb.calls == 2
        await get(cache, orb, live=True, max_age=10)
        assert orb.calls == 3
        clock.pass_seconds(5)
        orb.error = None
        assert (await get(cache, orb)).reading.value == 4
        clock.pass_seconds(301)
        assert (await get(cache, orb)).reading.value == 5


async def test_what_failed_and_is_not_kept_is_asked_for_again_at_once(opened: Open, orb: Orb) -> None:
    async with opened() as cache:
        orb.error = Unreachable()
        with pytest.raises(Unreachable):
            await get(cache, orb)
        orb.error = None
        assert (await get(cache, orb)).reading.value == 2


async def test_an_older_answer_stands_ready_while_its_renewal_is_slow(opened: Open, orb: Orb, clock: Clock) -> None:
    async with opened() as cache:
        await get(cache, orb)
        clock.pass_seconds(301)
        orb.gate = anyio.Event()
        kept = await get(cache, orb, soon=anyio.current_time())
        orb.gate.set()
        await anyio.wait_all_tasks_blocked()
        renewed = await get(cache, orb)

    assert kept.reading.value == 1
    assert isinstance(kept.failed, TimeoutError)
    assert (renewed.reading.value, renewed.failed) == (2, None)


async def test_without_an_older_answer_the_renewal_is_waited_for(opened: Open, orb: Orb) -> None:
    orb.gate = anyio.Event()
    async with opened() as cache, anyio.create_task_group() as group:
        now, found = anyio.current_time(), []

        async def ask() -> None:
            found.append((await get(cache, orb, soon=now, deadline=now + 60)).reading.value)

        group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert found == []
        orb.gate.set()

    assert found == [1]


async def test_who_waits_while_the_service_stops_gets_the_older_answer_as_an_older_one(clock: Clock, orb: Orb) -> None:
    found: list[Answer[int]] = []
    async with anyio.create_task_group() as askers, anyio.create_task_group() as flights:
        cache = Cache(Memory(100_000), flights, clock)
        await get(cache, orb)
        clock.pass_seconds(301)
        orb.gate = anyio.Event()

        async def ask() -> None:
            found.append(await get(cache, orb))

        askers.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        flights.cancel_scope.cancel()

    assert [(each.reading.value, type(each.failed)) for each in found] == [(1, TimeoutError)]


async def test_what_failed_and_then_was_renewed_is_not_let_alone(opened: Open, orb: Orb, clock: Clock) -> None:
    async with opened() as cache:
        await get(cache, orb)
        clock.pass_seconds(301)
        orb.error = OSError()
        assert (await get(cache, orb)).failed is orb.error
        orb.error = None
        clock.pass_seconds(1)
        await get(cache, orb, live=True, max_age=10)
        clock.pass_seconds(2)
        assert (await get(cache, orb, max_age=1)).reading.value == 4


async def test_a_state_is_kept_briefly_and_not_shown_afterwards(opened: Open, orb: Orb, clock: Clock) -> None:
    orb.lasts = 30
    async with opened() as cache:
        await get(cache, orb)
        clock.pass_seconds(30)
        await get(cache, orb)
        assert orb.calls == 1

        clock.pass_seconds(1)
        orb.error = ConnectionError()
        with pytest.raises(ConnectionError):
            await get(cache, orb)


async def test_what_may_be_shown_no_more_takes_no_room(orb: Orb, clock: Clock) -> None:
    store = Memory(100_000)
    async with anyio.create_task_group() as flights:
        cache = Cache(store, flights, clock)
        await get(cache, orb)
        clock.pass_seconds(24 * 3600)
        assert (cache.kept(KEY, Freshness(clock(), 300)), len(store)) == (None, 1)
        clock.pass_seconds(1)
        assert (cache.kept(KEY, Freshness(clock(), 300)), len(store)) == (None, 0)


async def test_customers_never_share_an_answer(opened: Open, orb: Orb, clock: Clock) -> None:
    other = ("customer_id", "somebody-else", *KEY[2:])
    async with opened() as cache:
        await get(cache, orb)
        theirs = await cache.get(other, Freshness(clock(), 300), orb.ask)

    assert theirs.reading.value == 2


async def test_memory_is_bounded_in_bytes_and_too_large_an_answer_still_arrives(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    orb.size = 2_000
    async with opened(size=1_000) as cache:
        assert (await get(cache, orb)).reading.value == 1
        assert (await get(cache, orb)).reading.value == 2
        assert cache.kept(KEY, Freshness(clock(), 300)) is None


async def test_what_changed_is_asked_for_again_past_orbs_cache_and_nothing_else_is(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    usage = (*KEY[:2], "usage", "one")
    async with opened() as cache:
        await get(cache, orb)
        await cache.get(usage, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(20)
        await cache.change(KEY[:2], ("upcoming_invoice", "invoices"))
        clock.pass_seconds(1)
        asked = Freshness(clock(), 300)
        assert cache.kept(usage, asked) is not None
        assert cache.kept(KEY, asked) is None
        assert (cache.is_changed(KEY, asked), cache.is_changed(usage, asked)) == (True, False)
        assert (await get(cache, orb)).reading.value == 3
        assert not cache.is_changed(KEY, asked)
        clock.pass_seconds(5)
        assert (await get(cache, orb, live=True, max_age=10)).reading.value == 3  # the cool-down
        await cache.change(KEY[:2])
        clock.pass_seconds(1)
        assert cache.kept(usage, Freshness(clock(), 300)) is None
        assert (await get(cache, orb, live=True, max_age=10)).reading.value == 4  # which a change breaks


async def test_what_was_asked_for_in_the_moment_of_a_change_is_not_asked_for_again(
    opened: Open, orb: Orb, clock: Clock
) -> None:
    async with opened() as cache:
        await cache.change(KEY[:2])
        assert cache.is_changed(KEY, Freshness(clock(), 300))
        await get(cache, orb)
        assert not cache.is_changed(KEY, Freshness(clock(), 300))


async def test_a_change_of_long_ago_is_known_to_orbs_cache_too(opened: Open, clock: Clock) -> None:
    async with opened() as cache:
        await cache.change(KEY[:2])
        clock.pass_seconds(301)
        assert not cache.is_changed(KEY, Freshness(clock(), 300))


async def test_an_answer_on_its_way_when_something_changed_is_not_taken_for_a_young_one(
    opened: Open, clock: Clock
) -> None:
    slow, quick = Orb(clock), Orb(clock)
    slow.gate, slow.calls = anyio.Event(), 100
    async with opened() as cache, anyio.create_task_group() as group:
        group.start_soon(lambda: get(cache, slow))
        await anyio.wait_all_tasks_blocked()
        clock.pass_seconds(1)
        await cache.change(KEY[:2], ("upcoming_invoice",))
        clock.pass_seconds(1)
        quick.age = 3  # by its stamp it is older than the one that is still on its way
        assert (await get(cache, quick)).reading.value == 1
        slow.gate.set()
        await anyio.wait_all_tasks_blocked()
        assert (await get(cache, quick)).reading.value == 1


async def test_the_questions_of_one_customer_are_renewed_together_and_a_cool_down_is_never_cut_short(
    clock: Clock,
) -> None:
    async with anyio.create_task_group() as flights:
        cache, orb = Cache(Memory(10_000_000), flights, clock), Orb(clock)
        customers = [("customer_id", f"customer-{n}") for n in range(100)]
        keys = [(*customer, question) for customer in customers for question in ("usage", "costs")]
        for key in keys:
            await cache.get(key, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(292)
        for one, other in zip(keys[::2], keys[1::2], strict=True):
            assert (cache.kept(one, Freshness(clock(), 300)) is None) == (
                cache.kept(other, Freshness(clock(), 300)) is None
            )
        assert all(cache.kept(key, Freshness(clock(), 292, live=True)) for key in keys)


async def test_customers_who_came_together_are_not_renewed_together(clock: Clock) -> None:
    async with anyio.create_task_group() as flights:
        cache, orb = Cache(Memory(10_000_000), flights, clock), Orb(clock)
        keys = [("customer_id", f"customer-{n}", "usage") for n in range(100)]
        for key in keys:
            await cache.get(key, Freshness(clock(), 300), orb.ask)
        left = []
        for seconds in (284, 8, 8):
            clock.pass_seconds(seconds)
            left.append(sum(cache.kept(key, Freshness(clock(), 300)) is not None for key in keys))

    assert left[0] == 100
    assert 25 < left[1] < 75
    assert left[2] == 0


def test_what_is_left_of_an_answers_time_is_counted_from_when_the_request_came(clock: Clock) -> None:
    how = Freshness(clock(), 300)
    clock.pass_seconds(40)
    assert [how.left(clock() - timedelta(seconds=each)) for each in (40, 100, 400)] == [300, 240, -60]


async def test_how_each_answer_was_had_is_noted(opened: Open, orb: Orb, clock: Clock) -> None:
    noted, token = caused.begin()

    async def once(**how: Any) -> Use:
        noted.uses.clear()
        with suppress(OSError, TimeoutError):
            await get(cache, orb, **how)
        (use,) = noted.uses
        return use

    try:
        async with opened() as cache:
            orb.error = OSError()
            assert await once() == Use("miss")
            orb.error = None
            assert await once() == Use("miss", stored=True)
            clock.pass_seconds(100)
            assert await once() == Use(ttl=200)
            assert await once(live=True, max_age=10) == Use("request", stored=True)
            clock.pass_seconds(310)
            assert await once() == Use("stale", stored=True)
            clock.pass_seconds(310)
            orb.error = OSError()
            assert await once() == Use("stale", stale=True)
            assert await once() == Use(ttl=-10, stale=True)
            clock.pass_seconds(5)
            orb.gate = anyio.Event()
            assert await once(soon=anyio.current_time()) == Use("stale", stale=True)
            assert await once(soon=anyio.current_time()) == Use("stale", stale=True, joined=True)
    finally:
        caused.end(token)


async def test_an_answer_that_is_too_large_to_keep_is_noted_as_not_kept(opened: Open, orb: Orb) -> None:
    noted, token = caused.begin()
    orb.size = 2_000
    try:
        async with opened(size=1_000) as cache:
            await get(cache, orb)
    finally:
        caused.end(token)
    assert noted.uses == [Use("miss")]
