"""The cache as one request sees it, with a note of what it took: so that the next can tell whether it would take the
same."""

import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
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
