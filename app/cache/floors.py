"""Before which moment a customer's answers are out of date, whatever their age."""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from cachetools import LRUCache

Key = tuple[str, ...]
Told = Callable[[Key, str | None, datetime], None]

_MOST = 100_000  # what is forgotten then is only as old as any answer may be
_ALL = ""


class Floors:
    """Two kinds: when a customer was last refreshed, and when Orb last said that something of theirs changed.

    Keys begin with the customer and go on with the question's name. Floors only rise.
    """

    def __init__(self) -> None:
        self._refreshed: LRUCache[Key, datetime] = LRUCache(_MOST)
        self._changed: LRUCache[Key, datetime] = LRUCache(_MOST)
        self._stamps: LRUCache[Key, int] = LRUCache(_MOST)
        self._count = count(1)
        self._told: Told = lambda customer, question, at: None  # noqa: ARG005  nobody wants to know

    def tells(self, told: Told) -> None:
        """From now on `told` hears of each change, wherever Orb said it: customer, question, moment."""
        self._told = told

    def refresh(self, customer: Key, at: datetime) -> None:
        """Somebody asked for all that is shown of this customer anew."""
        if _raise(self._refreshed, customer, at):
            self._stamps[customer] = next(self._count)

    def change(self, customer: Key, question: str | None, at: datetime) -> None:
        """Orb said that the answers to a question are others now; None for every question of that customer's."""
        if _raise(self._changed, (*customer, question or _ALL), at):
            self._stamps[customer] = next(self._count)
            self._told(customer, question, at)

    def stamp(self, customer: Key) -> int:
        """Another number once a floor of this customer's has risen."""
        return int(self._stamps.get(customer, 0))

    def refreshed(self, customer: Key) -> datetime | None:
        return self._refreshed.get(customer)

    def changed(self, key: Key) -> datetime | None:
        """When Orb last said that this answer is another now."""
        found = (self._changed.get((*key[:2], _ALL)), self._changed.get(key[:3]))
        return max((each for each in found if each), default=None)

    def changed_at(self, customer: Key, question: str | None) -> datetime | None:
        """When Orb last said so of exactly this question, or of all."""
        return self._changed.get((*customer, question or _ALL))

    def holds(self, key: Key, asked: datetime, *, live: bool) -> bool:
        """Whether what was asked for then is not out of date. A refresh has its cool-down instead of the first kind."""
        floors = (self.changed(key), None if live else self.refreshed(key[:2]))
        return all(floor is None or asked >= floor for floor in floors)


def _raise(floors: LRUCache[Key, datetime], key: Key, at: datetime) -> bool:
    """Whether it is higher now."""
    known = floors.get(key)
    if known is not None and at <= known:
        return False
    floors[key] = at
    return True
