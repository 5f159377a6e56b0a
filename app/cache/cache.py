"""Remembers answers; simultaneous askers share one question.

One predicate decides everything: *is this answer young enough?* (`Freshness.suits`, and `Floors` beside it). It is
asked of the kept answer on a page load and on a refresh (the cool-down), of a question already under way before
another is sent, and of what other processes keep. After a refresh nothing is young enough that was asked for before
it, and after Orb said that something changed, nothing that was asked for before that.
"""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from zlib import crc32

import anyio
from anyio.abc import TaskGroup
from cachetools import TTLCache

from app.cache.floors import Floors, Key
from app.cache.freshness import Answer, Freshness
from app.cache.others import Lease, Others
from app.cache.store import Store
from app.metrics import caused, counted
from app.reading import Reading

T = TypeVar("T")
Ask = Callable[[], Awaitable[Reading[T]]]

# An answer whose renewal fails is still shown, with its age, for this long.
_LAST_GOOD = 24 * 3600.0
# So many seconds nobody but a refresh tries again to renew what just failed and is kept.
_REST = 5.0
# The part of `max_age` over which the renewals of different customers are spread, so that those who came together
# do not come together for ever.
_SPREAD = 0.05


@dataclass(eq=False, slots=True)
class _Flight:
    """A question under way. It belongs to nobody: whoever leaves, it lands, and its answer is kept.

    `looked` is set when what other processes keep has been looked at, `shared` when one of them had the answer.
    """

    asked: datetime
    looked: anyio.Event = field(default_factory=anyio.Event)
    landed: anyio.Event = field(default_factory=anyio.Event)
    shared: bool = False
    reading: Reading[Any] | None = None
    error: Exception | None = None


class Cache:
    """`flights` is a task group that outlives every request; `store` keeps the answers; `others` are processes
    beside this one."""

    def __init__(
        self,
        store: Store,
        flights: TaskGroup,
        now: Callable[[], datetime],
        *,
        floors: Floors | None = None,
        others: Others | None = None,
        spread: float = _SPREAD,
    ) -> None:
        self._store = store
        self._tasks = flights
        self._now = now
        self._floors = floors or Floors()
        self._others = others
        self._spread = spread
        self._flights: dict[tuple[Key, bool], _Flight] = {}
        # An error holds what it came from, a whole answer perhaps: it is let go when it counts no more.
        self._failed: TTLCache[Key, Exception] = TTLCache(1_000, _REST, timer=lambda: now().timestamp())

    def last_live(self, customer: Key) -> datetime | None:
        """When the last refresh of this customer came; `customer` is the beginning of its keys."""
        return self._floors.refreshed(customer)

    def is_changed(self, key: Key, how: Freshness) -> bool:
        """Whether Orb said of late that the answer is another than the kept one: Orb's own cache may not know yet."""
        changed, kept = self._floors.changed(key), self._last_good(key)
        return changed is not None and how.suits(changed, changed) and (kept is None or kept.asked < changed)

    async def change(self, customer: Key, questions: tuple[str, ...] | None = None) -> None:
        """Orb says that answers to these questions of a customer's are others now; None means all. Asks nobody."""
        at = self._now()
        for question in questions or (None,):
            self._floors.change(customer, question, at)
            if self._others:
                await self._others.change(customer, question, at)

    def kept(self, key: Key, how: Freshness) -> Reading[Any] | None:
        """The kept answer if it is young enough, and had with that; asks nobody."""
        reading = self.young(key, how)
        if reading is not None:
            caused.hit(how.left(reading.since))
        return reading

    def young(self, key: Key, how: Freshness) -> Reading[Any] | None:
        """The kept answer if it is young enough."""
        reading = self._last_good(key)
        if reading is None or not self._suits(key, how, reading.since, reading.asked):
            return None
        if self._others is not None and not self._others.vouches(key, reading):
            return None
        return reading

    def stamp(self, customer: Key) -> Hashable:
        """Equal to what it was before while nothing but time changes which answers of that customer's are young."""
        return self._store.stamp(customer), self._floors.stamp(customer), self._others and self._others.stamp()

    def until(self, key: Key, how: Freshness, reading: Reading[Any]) -> datetime:
        """When time alone makes a young answer too old."""
        lasts = reading.asked + timedelta(seconds=reading.lasts or _LAST_GOOD)
        return min(lasts, reading.since + timedelta(seconds=how.max_age * (1 - self._early(key, how))))

    async def get(self, key: Key, how: Freshness, ask: Ask[T]) -> Answer[T]:
        """A young enough answer: the kept one, that of a question under way, or that of a new one.

        When the renewal fails or is slow, the last good answer comes back with `failed` set; without one the
        renewal's error is raised, or TimeoutError. An older answer never replaces a younger one.
        """
        if (young := self.kept(key, how)) is not None:
            return Answer(young)
        error = None if how.live else self._failed.get(key)
        if (reading := self._last_good(key)) and error:
            caused.hit(how.left(reading.since), stale=True)
            return Answer(cast(Reading[T], reading), error)
        fwd: caused.Forward = "request" if how.live else "stale" if reading else "miss"
        joined = self._under_way(key, how)
        flight = joined or self._start(key, how, ask)
        await self._wait(key, how, flight)
        failed = flight.error if flight.landed.is_set() else TimeoutError()
        # The kept one first: it may be younger. An answer that is too large to keep is in the flight alone.
        kept = self._last_good(key)
        if flight.shared and kept and not failed:
            caused.hit(how.left(kept.since))
        else:
            stored, stale = kept is not None and not failed, kept is not None and failed is not None
            caused.asked(fwd, joined=joined is not None, stored=stored, stale=stale)
        reading = kept or flight.reading
        if reading is None:
            raise failed or TimeoutError
        return Answer(cast(Reading[T], reading), failed)

    async def _wait(self, key: Key, how: Freshness, flight: _Flight) -> None:
        """Until it lands, or for as long as this request waits with what stands ready."""
        with anyio.CancelScope(deadline=how.deadline) as scope:
            if self._others and self._last_good(key) is None:
                await flight.looked.wait()
            if self._last_good(key):
                scope.deadline = min(how.soon, how.deadline)
            await flight.landed.wait()

    def _suits(self, key: Key, how: Freshness, since: datetime, asked: datetime) -> bool:
        return how.suits(since, asked, self._early(key, how)) and self._floors.holds(key, asked, live=how.live)

    def _early(self, key: Key, how: Freshness) -> float:
        return 0.0 if how.live else self._spread * crc32("\0".join(key[:2]).encode()) / 2**32

    def _last_good(self, key: Key) -> Reading[Any] | None:
        reading = self._store.get(key)
        if reading is None or self._lasts(reading):
            return reading
        self._store.drop(key)
        return None

    def _lasts(self, reading: Reading[Any]) -> bool:
        return (self._now() - reading.asked).total_seconds() <= (reading.lasts or _LAST_GOOD)

    def _under_way(self, key: Key, how: Freshness) -> _Flight | None:
        for flight in (self._flights.get((key, True)), None if how.live else self._flights.get((key, False))):
            if flight is not None and self._suits(key, how, flight.asked, flight.asked):
                return flight
        return None

    def _start(self, key: Key, how: Freshness, ask: Ask[Any]) -> _Flight:
        flight = self._flights[key, how.live] = _Flight(self._now())
        if how.live:
            self._floors.refresh(key[:2], how.began)
        self._tasks.start_soon(self._fly, key, how, flight, ask)
        return flight

    async def _fly(self, key: Key, how: Freshness, flight: _Flight, ask: Ask[Any]) -> None:
        flight.error = TimeoutError()  # stands where the service stops before the answer is there
        try:
            flight.reading = await self._answer(key, how, flight, ask)
            self._commit(key, flight.reading)
            self._failed.pop(key, None)
            flight.error = None
        except Exception as error:
            self._failed[key] = error
            if self._last_good(key) is not None:
                counted.renewal_failed()
            flight.error = error
        finally:
            if self._flights.get((key, how.live)) is flight:
                del self._flights[key, how.live]
            flight.looked.set()
            flight.landed.set()

    async def _answer(self, key: Key, how: Freshness, flight: _Flight, ask: Ask[Any]) -> Reading[Any]:
        """Of another process where it has a young enough one or is asking, else of Orb."""
        if (others := self._others) is None:
            flight.looked.set()
            return await ask()
        if how.live:
            await others.refresh(key[:2], how.began)
        oldest: datetime | None = how.oldest()
        while True:
            claim = await others.claim(key, oldest, live=how.live, known=self._last_good(key))
            young = self._youngest(key, how, claim.reading)
            flight.shared = young is not None
            flight.looked.set()
            if claim.lease is not None:
                return await _land(claim.lease, young, ask)
            if young is not None:
                return young
            if anyio.current_time() >= how.deadline:
                raise TimeoutError
            if oldest is None:
                await others.landed(key)
            oldest = None

    def _youngest(self, key: Key, how: Freshness, found: Reading[Any] | None) -> Reading[Any] | None:
        """What anybody keeps, if it is young enough; however old, it is kept here from now on."""
        if found is not None and self._lasts(found):
            self._commit(key, found)
        else:
            found = None
        best = self._last_good(key) or found
        return best if best and self._suits(key, how, best.since, best.asked) else None

    def _commit(self, key: Key, reading: Reading[Any]) -> None:
        """Forward only: what is out of date never replaces what is not, nor an older answer a younger one."""
        kept = self._last_good(key)
        if kept is None or self._order(key, kept) <= self._order(key, reading):
            self._store.put(key, reading)

    def _order(self, key: Key, reading: Reading[Any]) -> tuple[bool, datetime, datetime]:
        return self._floors.holds(key, reading.asked, live=False), reading.since, reading.asked


async def _land(lease: Lease, young: Reading[Any] | None, ask: Ask[Any]) -> Reading[Any]:
    """The young enough answer that there is, or that of Orb; the others have it too then."""
    reading = young
    try:
        reading = reading or await ask()
        return reading
    finally:
        with anyio.CancelScope(shield=True):
            await lease.land(reading)
