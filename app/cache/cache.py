"""Remembers answers; simultaneous askers share one question.

One predicate decides everything: *is this answer young enough?* (`Freshness.suits`). It is asked of the kept
answer on a page load and on a refresh (the cool-down), and of a question already under way before another is sent.
Each customer has a floor beside it: after a refresh nothing is young enough that was asked for before it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Generic, TypeVar, cast

import anyio
from anyio.abc import TaskGroup
from cachetools import LRUCache

from app.cache.store import Key, Store
from app.metrics import caused, counted
from app.reading import Reading

T = TypeVar("T")

# An answer whose renewal fails is still shown, with its age, for this long.
_LAST_GOOD = 24 * 3600.0
# So many seconds nobody but a refresh tries again to renew what just failed and is kept.
_REST = 5.0


class NotKept(Exception):
    """Nobody was to be asked, and no young enough answer is kept."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old an answer may be for one request, and how long the request waits for it.

    `began` is when the request came; `max_age` is in seconds before that. `live` asks Orb past its cache, as a
    refresh does. `soon` and `deadline` are times on anyio's clock: an older answer that stands ready is taken
    at `soon`, and nothing is waited for past `deadline`.
    """

    began: datetime
    max_age: float
    soon: float = inf
    deadline: float = inf
    live: bool = False

    def left(self, since: datetime) -> float:
        """For how many more seconds figures of `since` are young enough; below zero where they no longer are."""
        return self.max_age - (self.began - since).total_seconds()

    def suits(self, since: datetime, asked: datetime) -> bool:
        """Whether an answer is young enough that holds the figures of `since` and was asked for at `asked`.

        What was asked for after this request came is as young as can be, so the parts of one request share
        their questions whatever `max_age` is; but a live one does not take what Orb may have had in its cache.
        """
        return since >= self.began - timedelta(seconds=self.max_age) or (asked >= self.began and not self.live)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the asker gets. `failed` says why it is older than asked for: the renewal's error, or TimeoutError."""

    reading: Reading[T]
    failed: Exception | None = None


@dataclass(eq=False, slots=True)
class _Flight:
    """A question under way. It belongs to nobody: whoever leaves, it lands, and its answer is kept."""

    asked: datetime
    live: bool
    landed: anyio.Event = field(default_factory=anyio.Event)
    reading: Reading[Any] | None = None
    error: Exception | None = None


def _now() -> datetime:
    return datetime.now(UTC)


class Cache:
    """`flights` is a task group that outlives every request; `store` keeps the answers."""

    def __init__(self, store: Store, flights: TaskGroup, now: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._tasks = flights
        self._now = now
        self._flights: dict[tuple[Key, bool], _Flight] = {}
        self._live: LRUCache[Key, datetime] = LRUCache(100_000)
        self._failed: LRUCache[Key, tuple[datetime, Exception]] = LRUCache(10_000)

    def last_live(self, customer: Key) -> datetime | None:
        """When the last refresh of this customer came; `customer` is the beginning of its keys."""
        return self._live.get(customer)

    def kept(self, key: Key, how: Freshness) -> Reading[Any] | None:
        """The kept answer if it is young enough; asks nobody."""
        reading = self._last_good(key)
        if reading is None or not self._suits(key, how, reading.since, reading.asked):
            return None
        caused.hit(how.left(reading.since))
        return reading

    async def get(self, key: Key, how: Freshness, ask: Callable[[], Awaitable[Reading[T]]]) -> Answer[T]:
        """A young enough answer: the kept one, that of a question under way, or that of a new one.

        When the renewal fails or is slow, the last good answer comes back with `failed` set; without one the
        renewal's error is raised, or TimeoutError. An older answer never replaces a younger one.
        """
        if (young := self.kept(key, how)) is not None:
            return Answer(young)
        if (reading := self._last_good(key)) and (error := self._just_failed(key, how)):
            caused.hit(how.left(reading.since), stale=True)
            return Answer(cast(Reading[T], reading), error)
        fwd: caused.Forward = "request" if how.live else "stale" if reading else "miss"
        joined = self._under_way(key, how)
        flight = joined or self._start(key, how, ask)
        with anyio.CancelScope(deadline=min(how.soon, how.deadline) if self._last_good(key) else how.deadline):
            await flight.landed.wait()
        failed = flight.error if flight.landed.is_set() else TimeoutError()
        # The kept one first: it may be younger. An answer that is too large to keep is in the flight alone.
        kept = self._last_good(key)
        had = kept is not None
        caused.asked(fwd, joined=joined is not None, stored=had and not failed, stale=had and failed is not None)
        reading = kept or flight.reading
        if reading is None:
            raise failed or TimeoutError
        return Answer(cast(Reading[T], reading), failed)

    def _suits(self, key: Key, how: Freshness, since: datetime, asked: datetime) -> bool:
        """A refresh has its cool-down alone; what else is asked may not go back behind the last refresh."""
        floor = None if how.live else self.last_live(key[:2])
        return how.suits(since, asked) and (floor is None or asked >= floor)

    def _just_failed(self, key: Key, how: Freshness) -> Exception | None:
        failed = None if how.live else self._failed.get(key)
        return failed[1] if failed and (self._now() - failed[0]).total_seconds() < _REST else None

    def _last_good(self, key: Key) -> Reading[Any] | None:
        reading = self._store.get(key)
        if reading is None or (self._now() - reading.asked).total_seconds() <= (reading.lasts or _LAST_GOOD):
            return reading
        self._store.drop(key)
        return None

    def _under_way(self, key: Key, how: Freshness) -> _Flight | None:
        for flight in (self._flights.get((key, True)), None if how.live else self._flights.get((key, False))):
            if flight is not None and self._suits(key, how, flight.asked, flight.asked):
                return flight
        return None

    def _start(self, key: Key, how: Freshness, ask: Callable[[], Awaitable[Reading[Any]]]) -> _Flight:
        flight = self._flights[key, how.live] = _Flight(self._now(), how.live)
        if how.live:
            self._live[key[:2]] = max(how.began, self.last_live(key[:2]) or how.began)
        self._tasks.start_soon(self._fly, key, flight, ask)
        return flight

    async def _fly(self, key: Key, flight: _Flight, ask: Callable[[], Awaitable[Reading[Any]]]) -> None:
        flight.error = TimeoutError()  # stands where the service stops before the answer is there
        try:
            flight.reading = await ask()
            self._commit(key, flight.reading)
            self._failed.pop(key, None)
            flight.error = None
        except Exception as error:
            self._failed[key] = (self._now(), error)
            if self._last_good(key) is not None:
                counted.renewal_failed()
            flight.error = error
        finally:
            if self._flights.get((key, flight.live)) is flight:
                del self._flights[key, flight.live]
            flight.landed.set()

    def _commit(self, key: Key, reading: Reading[Any]) -> None:
        kept = self._last_good(key)
        if kept is None or (kept.since, kept.asked) <= (reading.since, reading.asked):
            self._store.put(key, reading)
