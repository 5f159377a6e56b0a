"""How the cache asks the processes beside its own, whatever carries that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from app.cache.cache import Cache
from app.cache.floors import Key
from app.cache.freshness import Freshness
from app.cache.others import Claim
from app.cache.store import Memory
from app.metrics import caused
from app.metrics.caused import Use
from app.reading import Reading
from tests.cache.test_cache import KEY, Orb
from tests.conftest import Clock


class Others:
    """Processes that do as they are told."""

    def __init__(self, *found: Reading[Any] | None, granted: bool = True) -> None:
        self.found = list(found)
        self.granted = granted
        self.trusted = True
        self.told: list[str] = []
        self.changes: list[tuple[Key, str | None, datetime]] = []
        self.doubted: list[tuple[Key, Reading[Any]]] = []
        self.claims: list[tuple[Key, bool, Reading[Any] | None]] = []
        self.refreshes: list[tuple[Key, datetime]] = []
        self.slow = 0.0

    def vouches(self, key: Key, reading: Reading[Any]) -> bool:
        self.doubted.append((key, reading))
        return self.trusted

    def stamp(self) -> bool:
        return self.trusted

    async def claim(
        self,
        key: Key,
        oldest: datetime | None,
        *,
        live: bool,
        known: Reading[Any] | None = None,
    ) -> Claim:
        await anyio.sleep(self.slow)
        self.claims.append((key, live, known))
        self.told.append("look" if oldest else "want")
        found = self.found.pop(0) if self.found else None
        wanted = found is None or oldest is None or found.since < oldest
        return Claim(found, self if wanted and self.granted else None)

    async def land(self, reading: Reading[Any] | None) -> None:
        await anyio.lowlevel.checkpoint()
        self.told.append(f"land {reading.value if reading else None}")

    async def landed(self, key: Key) -> None:
        assert key == KEY
        self.told.append("landed")
        await anyio.lowlevel.checkpoint()

    async def refresh(self, customer: Key, at: datetime) -> None:
        self.told.append("refresh")
        self.refreshes.append((customer, at))

    async def change(self, customer: Key, question: str | None, at: datetime) -> None:
        self.told.append(f"change {question}")
        self.changes.append((customer, question, at))


@asynccontextmanager
async def cache_beside(others: Others, clock: Clock) -> AsyncIterator[Cache]:
    async with anyio.create_task_group() as flights:
        yield Cache(Memory(100_000), flights, clock, others=others)
        flights.cancel_scope.cancel()


@pytest.fixture
def orb(clock: Clock) -> Orb:
    return Orb(clock)


def reading(clock: Clock, value: int = 100) -> Reading[int]:
    return Reading(value, clock(), clock(), 100)


async def test_an_answer_is_asked_for_under_a_lease_and_given_to_all(clock: Clock, orb: Orb) -> None:
    others = Others()
    async with cache_beside(others, clock) as cache:
        await cache.get(KEY, Freshness(clock(), 300), orb.ask)

    assert others.told == ["look", "land 1"]


async def test_an_answer_of_another_process_is_noted_as_a_kept_one(clock: Clock, orb: Orb) -> None:
    others = Others(reading(clock))
    clock.pass_seconds(100)
    noted, token = caused.begin()
    try:
        async with cache_beside(others, clock) as cache:
            found = await cache.get(KEY, Freshness(clock(), 300), orb.ask)
    finally:
        caused.end(token)

    assert (found.reading.value, orb.calls, noted.uses) == (100, 0, [Use(ttl=200)])


async def test_a_question_that_fails_gives_its_lease_back(clock: Clock, orb: Orb) -> None:
    others = Others()
    orb.error = ConnectionError()
    async with cache_beside(others, clock) as cache:
        with pytest.raises(ConnectionError):
            await cache.get(KEY, Freshness(clock(), 300), orb.ask)

    assert others.told == ["look", "land None"]


async def test_a_service_that_stops_while_it_asks_gives_its_lease_back(clock: Clock, orb: Orb) -> None:
    others = Others()
    orb.gate = anyio.Event()
    async with cache_beside(others, clock) as cache:
        with pytest.raises(TimeoutError):
            await cache.get(KEY, Freshness(clock(), 300, deadline=anyio.current_time() + 0.01), orb.ask)
        assert others.told == ["look"]

    assert others.told == ["look", "land None"]


async def test_what_this_process_keeps_the_others_get_where_they_have_lost_it(clock: Clock, orb: Orb) -> None:
    others = Others()
    async with cache_beside(others, clock) as cache:
        await cache.get(KEY, Freshness(clock(), 300), orb.ask)
        others.trusted = False
        await cache.get(KEY, Freshness(clock(), 300), orb.ask)

    assert (others.told, orb.calls) == (["look", "land 1", "look", "land 1"], 1)


async def test_of_what_is_kept_here_it_is_asked_whether_others_have_a_younger_one(clock: Clock, orb: Orb) -> None:
    others = Others()
    async with cache_beside(others, clock) as cache:
        first = await cache.get(KEY, Freshness(clock(), 300), orb.ask)
        assert others.doubted == []
        assert await cache.get(KEY, Freshness(clock(), 300), orb.ask) == first

    assert others.doubted == [(KEY, first.reading)]


async def test_an_answer_that_only_seems_young_enough_is_asked_for_again(clock: Clock, orb: Orb) -> None:
    others = Others(reading(clock), reading(clock))
    clock.pass_seconds(1)
    async with cache_beside(others, clock) as cache:
        await cache.change(KEY[:2])
        found = await cache.get(KEY, Freshness(clock(), 300), orb.ask)

    assert (found.reading.value, others.told) == (1, ["change None", "look", "want", "land 1"])


async def test_the_others_hear_of_a_refresh_and_of_what_is_known_here(clock: Clock, orb: Orb) -> None:
    others, began = Others(), clock()
    async with cache_beside(others, clock) as cache:
        first = await cache.get(KEY, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(60)
        await cache.get(KEY, Freshness(clock(), 10, live=True), orb.ask)

    assert others.refreshes == [(KEY[:2], began + timedelta(seconds=60))]
    assert others.claims == [(KEY, False, None), (KEY, True, first.reading)]


async def test_an_older_answer_that_is_kept_here_stands_ready_while_the_others_are_slow(clock: Clock, orb: Orb) -> None:
    others = Others()
    async with cache_beside(others, clock) as cache:
        await cache.get(KEY, Freshness(clock(), 300), orb.ask)
        clock.pass_seconds(400)
        others.slow = 60
        with anyio.fail_after(5):
            found = await cache.get(KEY, Freshness(clock(), 300, soon=anyio.current_time() + 0.01), orb.ask)

    assert found.reading.value == 1
    assert isinstance(found.failed, TimeoutError)


async def test_the_others_hear_of_each_change(clock: Clock) -> None:
    others, whose = Others(), KEY[:2]
    async with cache_beside(others, clock) as cache:
        await cache.change(whose, ("costs", "usage"))
        first = clock()
        clock.pass_seconds(1)
        await cache.change(whose)

    assert others.changes == [(whose, "costs", first), (whose, "usage", first), (whose, None, clock())]


async def test_what_another_process_asks_is_waited_for(clock: Clock, orb: Orb) -> None:
    others = Others(None, None, None, None, reading(clock), granted=False)
    async with cache_beside(others, clock) as cache:
        found = await cache.get(KEY, Freshness(clock(), 300), orb.ask)

    assert (found.reading.value, orb.calls, others.told.count("landed")) == (100, 0, 3)


async def test_what_another_process_never_answers_is_waited_for_until_the_deadline(clock: Clock, orb: Orb) -> None:
    others = Others(granted=False)
    async with cache_beside(others, clock) as cache:
        with pytest.raises(TimeoutError):
            await cache.get(KEY, Freshness(clock(), 300, deadline=anyio.current_time() + 0.05), orb.ask)
        await anyio.wait_all_tasks_blocked()
        told = len(others.told)
        await anyio.sleep(0.01)
        assert len(others.told) == told  # and then no more


async def test_an_older_answer_of_another_process_stands_ready(clock: Clock, orb: Orb) -> None:
    old = reading(clock)
    clock.pass_seconds(400)
    others = Others(old)
    orb.gate = anyio.Event()
    async with cache_beside(others, clock) as cache:
        how = Freshness(clock(), 300, soon=anyio.current_time() + 0.02, deadline=anyio.current_time() + 60)
        found = await cache.get(KEY, how, orb.ask)

    assert found.reading.value == 100
    assert isinstance(found.failed, TimeoutError)


async def test_what_others_kept_for_more_than_a_day_is_nothing(clock: Clock, orb: Orb) -> None:
    old = reading(clock)
    clock.pass_seconds(86_401)
    others = Others(old)
    orb.error = ConnectionError()
    async with cache_beside(others, clock) as cache:
        with pytest.raises(ConnectionError):
            await cache.get(KEY, Freshness(clock(), 300), orb.ask)
