"""Whatever comes in whatever order, in virtual time: loads, refreshes, webhooks, failures, and people who leave."""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cache.cache import Cache
from app.cache.floors import Key
from app.cache.freshness import Freshness
from app.cache.store import Memory
from app.reading import Reading
from tests.thorough import times
from tests.virtual import BACKEND

BEGAN = datetime(2026, 11, 20, 15, tzinfo=UTC)
CUSTOMERS = ("borealis", "meridian", "zephyr")
QUESTIONS = ("upcoming_invoice", "costs")
MAX_AGE, COOL_DOWN, PATIENCE = 300.0, 10.0, 8.0
EXAMPLES = 60 if "MUTANT_UNDER_TEST" in os.environ else times(300, 100)  # mutants have them played again and again


@dataclass(frozen=True)
class Step:
    """Something that happens `after` so many seconds."""

    after: float
    what: str
    customer: str
    question: str
    takes: float  # Orb's time for an answer
    fails: bool
    size: int
    leaves: float | None  # seconds after which the asker goes away


steps = st.lists(
    st.builds(
        Step,
        after=st.sampled_from((0, 0, 0.1, 1, 4, 9, 30, 301)),
        what=st.sampled_from(("load", "load", "load", "refresh", "webhook")),
        customer=st.sampled_from(CUSTOMERS),
        question=st.sampled_from(QUESTIONS),
        takes=st.sampled_from((0, 0.2, 1.5, 6, 12)),
        fails=st.sampled_from((False, False, False, True)),
        size=st.sampled_from((100, 2_000, 9_000)),
        leaves=st.sampled_from((None, None, 0.1, 2)),
    ),
    min_size=8,
    max_size=60,
)


def now() -> datetime:
    return BEGAN + timedelta(seconds=anyio.current_time())


@dataclass
class Orb:
    """Answers with whose answer it is; from its own cache where that is young enough."""

    cached: dict[Key, datetime] = field(default_factory=dict)
    running: dict[tuple[Key, bool], list[datetime]] = field(default_factory=lambda: defaultdict(list))

    async def ask(self, cache: Cache, key: Key, how: Freshness, step: Step, changed: datetime) -> Reading[Key]:
        asked = now()
        for other in self.running[key, how.live]:
            assert other < max(changed, cache.last_live(key[:2]) or changed), "two questions where one would do"
        self.running[key, how.live].append(asked)
        stamp = self.stamp(cache, key, how, asked)
        try:
            await anyio.sleep(step.takes)
            if step.fails:
                raise ConnectionError
            return Reading(key, stamp, asked, step.size)
        finally:
            self.running[key, how.live].remove(asked)

    def stamp(self, cache: Cache, key: Key, how: Freshness, asked: datetime) -> datetime:
        live = how.live or cache.is_changed(key, how)
        floor = max(cache.last_live(key[:2]) or BEGAN, asked - timedelta(seconds=MAX_AGE))
        if live or self.cached.get(key, BEGAN - timedelta(days=1)) < floor:
            self.cached[key] = asked
        return self.cached[key]


@dataclass
class Story:
    cache: Cache
    orb: Orb = field(default_factory=Orb)
    changed: dict[Key, datetime] = field(default_factory=dict)
    shown: dict[Key, Reading[Any]] = field(default_factory=dict)
    held: int = 0
    roomy: bool = True  # what was let go for want of room may come back older
    answered: int = 0
    seen: dict[Key, tuple[Any, datetime, datetime, Reading[Any] | None]] = field(default_factory=dict)

    def look(self) -> None:
        """While a customer's stamp is the same, nothing but time has changed what is young enough."""
        for key in (("customer_id", customer, question) for customer in CUSTOMERS for question in QUESTIONS):
            how, stamp = Freshness(now(), MAX_AGE), self.cache.stamp(key[:2])
            young = self.cache.young(key, how)
            before, since, until, found = self.seen.get(key, (None, now(), now(), None))
            if before == stamp and since <= now() < until:
                assert young is found
                self.held += 1
            ends = self.cache.until(key, how, young) if young else datetime.max.replace(tzinfo=UTC)
            self.seen[key] = (stamp, now(), ends, young)

    async def happen(self, step: Step) -> None:
        key = ("customer_id", step.customer, step.question)
        if step.what == "webhook":
            self.changed[key] = now()
            await self.cache.change(key[:2], (step.question,))
            return
        with anyio.move_on_after(step.leaves if step.leaves is not None else inf):
            await self.ask(key, step)

    async def ask(self, key: Key, step: Step) -> None:
        live, began, starts = step.what == "refresh", now(), anyio.current_time()
        how = Freshness(began, COOL_DOWN if live else MAX_AGE, starts + 0.8, starts + PATIENCE, live)
        changed = self.changed.get(key, BEGAN)
        try:
            answer = await self.cache.get(key, how, lambda: self.orb.ask(self.cache, key, how, step, self.last(key)))
        except (ConnectionError, TimeoutError):
            return
        finally:
            assert anyio.current_time() <= starts + PATIENCE
        reading: Reading[Any] = answer.reading
        assert reading.value == key, "another's answer"
        if answer.failed is None:
            assert reading.asked >= changed
            assert how.suits(reading.since, reading.asked)
        if self.roomy:
            self.never_goes_back(key, reading)
        self.answered += 1

    def last(self, key: Key) -> datetime:
        return self.changed.get(key, BEGAN)

    def never_goes_back(self, key: Key, reading: Reading[Any]) -> None:
        before = self.shown.get(key, reading)
        for each in (before, reading):
            assert each.since <= now()
        # What was asked for before a webhook came is out of date, whatever its stamp says.
        assert (reading.asked >= self.last(key), reading.since) >= (before.asked >= self.last(key), before.since)
        self.shown[key] = reading


async def play(told: list[Step], limit: int, *, roomy: bool) -> int:
    store = Memory(limit)
    async with anyio.create_task_group() as flights:
        story = Story(Cache(store, flights, now), roomy=roomy)
        async with anyio.create_task_group() as people:
            for step in told:
                await anyio.sleep(step.after)
                story.look()
                people.start_soon(partial(story.happen, step))
                assert store.bytes <= limit
                assert store.bytes == sum(store.of(("customer_id", each)) for each in CUSTOMERS)
                assert all(store.of(("customer_id", each)) <= limit // 4 for each in CUSTOMERS)
        await anyio.sleep(60)
        assert not story.cache._flights
        assert not any(story.orb.running.values())
        assert story.held > 0
        flights.cancel_scope.cancel()
    return story.answered


@pytest.mark.parametrize(("limit", "roomy"), [(10_000_000, True), (16_000, False)], ids=["roomy", "tight"])
def test_ages_never_go_back_bytes_stay_bounded_and_nobody_gets_anothers_answer(limit: int, roomy: bool) -> None:
    answered = 0

    @settings(max_examples=EXAMPLES, derandomize=True)
    @given(steps)
    def any_order(told: list[Step]) -> None:
        nonlocal answered
        answered += anyio.run(partial(play, told, limit, roomy=roomy), backend_options=BACKEND[1])

    any_order()
    assert answered > 4 * EXAMPLES
