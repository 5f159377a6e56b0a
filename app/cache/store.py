"""Where kept answers are: this process's memory, bounded in bytes.

Whoever came of late has theirs at hand. Those of whom makes room for others are folded until they come again.
"""

from typing import Any, Protocol

from app.cache.floors import Key
from app.cache.folded import Folded, Kinds
from app.cache.shelf import Shelf
from app.reading import Reading

# What an entry weighs beyond the answer itself: its key, its place in the table.
_ENTRY = 512
# The part of the memory that one customer's answers may fill: as much as the largest answer, by the defaults.
_SHARE = 4


class Store(Protocol):
    """The few calls that a place for kept answers needs. Keys begin with the customer."""

    def get(self, key: Key) -> Reading[Any] | None: ...

    def put(self, key: Key, reading: Reading[Any]) -> None: ...

    def drop(self, key: Key) -> None: ...

    def stamp(self, customer: Key) -> int: ...


class Memory:
    """Who was not here for longest goes first once `limit` bytes are full; a customer who fills a quarter of them
    loses their own least recently used answers before. What goes is folded; without `kinds` it is gone.

    But for what they lost so, all of a customer's answers are at hand, or all are folded.
    """

    def __init__(self, limit: int, kinds: Kinds | None = None) -> None:
        folded = limit // 2 if kinds else 0
        self._folded = Folded(folded, folded // _SHARE, kinds)
        self._ready = Shelf(limit - folded, limit // _SHARE, _weight, self._folded.fold)

    @property
    def bytes(self) -> int:
        """What all kept answers weigh."""
        return self._ready.bytes + self._folded.bytes

    def __len__(self) -> int:
        return len(self._ready) + self._folded.answers

    def of(self, customer: Key) -> int:
        """What the kept answers of one customer weigh, in bytes."""
        return self._ready.of(customer) + self._folded.of(customer)

    def get(self, key: Key) -> Reading[Any] | None:
        if (found := self._ready.get(key)) is not None:
            return found
        for name in (key[:2], key):
            self._unfold(name)
        return self._ready.get(key)

    def put(self, key: Key, reading: Reading[Any]) -> None:
        self.drop(key)
        self._ready.put(key, reading)

    def drop(self, key: Key) -> None:
        for name in (key[:2], key):
            self._unfold(name)
        self._ready.pop(key)

    def stamp(self, customer: Key) -> int:
        """Another number once another answer of that customer's is kept, or one is not at hand any more."""
        return self._ready.stamp(customer)

    def _unfold(self, name: Key) -> None:
        for key, reading in self._folded.unfold(name).items():
            self._ready.put(key, reading)


def _weight(reading: Reading[Any]) -> int:
    return reading.size + _ENTRY
