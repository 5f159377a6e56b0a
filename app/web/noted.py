"""The cache as one request sees it, with a note of what it took: so that the next can tell whether it would take the
same."""

import weakref
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.account.answers import Answers
from app.cache.floors import Key
from app.cache.freshness import Answer, Freshness
from app.metrics import caused
from app.reading import Reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Taken:
    """`reading` holds nothing in memory that the cache has let go; None where there was no young enough answer."""

    key: Key
    how: Freshness
    reading: "weakref.ref[Reading[Any]] | None"


@dataclass(frozen=True, slots=True)
class _Same:
    """What was found to hold: from `since` to `until` while the cache bears these stamps. `ends` is when the first of
    `many` answers is as old as was asked for."""

    stamps: Mapping[Key, Hashable]
    since: datetime
    until: datetime
    ends: datetime
    many: int


class Noted:
    """A view of the cache. `sound` while each question that was asked through it came to one young enough answer."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._taken: dict[tuple[Key, float], _Taken] = {}
        self._open = 0
        self._well = True
        self.last_live = answers.last_live
        self.is_changed = answers.is_changed
        self.young = answers.young
        self.stamp = answers.stamp
        self.until = answers.until
        self._same: _Same | None = None

    @property
    def sound(self) -> bool:
        return self._well and not self._open

    def kept(self, key: Key, how: Freshness) -> Reading[Any] | None:
        reading = self._answers.kept(key, how)
        self._note(key, how, reading)
        return reading

    async def get(self, key: Key, how: Freshness, ask: Callable[[], Awaitable[Reading[T]]]) -> Answer[T]:
        self._open += 1  # for good, where nobody waits for the answer any more
        answer = await self._answers.get(key, how, ask)
        self._open -= 1
        self._well = self._well and answer.failed is None
        self._note(key, how, answer.reading)
        return answer

    def _note(self, key: Key, how: Freshness, reading: Reading[Any] | None) -> None:
        taken = _Taken(key, how, None if reading is None else weakref.ref(reading))
        first = self._taken.setdefault((key, how.max_age), taken)
        # Where another came meanwhile, what was made of both is nobody's to take again.
        self._well = self._well and first.reading is taken.reading

    def still(self, now: datetime) -> bool:
        """Whether a request that comes now would take the very same: as `holds`, quick where nothing was touched."""
        same = self._same
        if same is None or not same.since <= now < same.until or not self._bears(same.stamps):
            stamps = {key[:2]: self._answers.stamp(key[:2]) for key, _ in self._taken}
            if not self.holds(now):
                return False
            self._same = self._found(stamps, now)
        else:
            caused.hits(same.many, (same.ends - now).total_seconds())
        return True

    def _bears(self, stamps: Mapping[Key, Hashable]) -> bool:
        return all(self._answers.stamp(customer) == stamp for customer, stamp in stamps.items())

    def _found(self, stamps: Mapping[Key, Hashable], now: datetime) -> _Same | None:
        taken = [(each, reading) for each in self._taken.values() if each.reading and (reading := each.reading())]
        if not taken:
            return None
        until = min(self._answers.until(each.key, each.how, reading) for each, reading in taken)
        ends = min(reading.since + timedelta(seconds=each.how.max_age) for each, reading in taken)
        return _Same(stamps, now, until, ends, len(taken))

    def holds(self, began: datetime) -> bool:
        """Whether a request that came at `began` would take the very same. Asks nobody; counts what it takes."""
        young: list[tuple[Freshness, Reading[Any]]] = []
        hows = {id(each.how): each.how for each in self._taken.values()}  # one for many, and slow to compare
        hows = {name: replace(how, began=began) for name, how in hows.items()}
        for each in self._taken.values():
            how = hows[id(each.how)]
            reading = self._answers.young(each.key, how)
            if each.reading is None and reading is None:
                continue
            if each.reading is None or reading is None or each.reading() is not reading:
                return False
            young.append((how, reading))
        for how, reading in young:
            caused.hit(how.left(reading.since))
        return True
