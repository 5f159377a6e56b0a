"""Where kept answers are: this process's memory, bounded in bytes.

What was used of late stands ready. What makes room for it is folded: written down and packed, in a tenth of the space,
until somebody wants it again.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.cache.floors import Key
from app.cache.shelf import Shelf
from app.metrics import counted
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


class Kinds(Protocol):
    """Which answers can be written down, and how; `read` raises ValueError on what is none."""

    def write(self, value: Any) -> tuple[str, bytes] | None: ...

    def read(self, kind: str, body: bytes) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Folded:
    kind: str
    packed: bytes
    as_of: datetime | None
    asked: datetime
    size: int
    lasts: float | None


class Memory:
    """The least recently used answers go first: a customer's own once they fill a quarter of `limit` bytes, then
    anybody's once all of it is full. Without `kinds` none is folded."""

    def __init__(self, limit: int, kinds: Kinds | None = None) -> None:
        self._kinds = kinds
        folded = limit // 2 if kinds else 0
        self._ready = Shelf(limit - folded, limit // _SHARE, _weight, self._fold)
        self._folded = Shelf(folded, folded // _SHARE, _folded_weight, _gone)

    @property
    def bytes(self) -> int:
        """What all kept answers weigh."""
        return self._ready.bytes + self._folded.bytes

    def __len__(self) -> int:
        return len(self._ready) + len(self._folded)

    def of(self, customer: Key) -> int:
        """What the kept answers of one customer weigh, in bytes."""
        return self._ready.of(customer) + self._folded.of(customer)

    def get(self, key: Key) -> Reading[Any] | None:
        return self._ready.get(key) or self._unfolded(key)

    def put(self, key: Key, reading: Reading[Any]) -> None:
        self._folded.drop(key)
        self._ready.put(key, reading)

    def drop(self, key: Key) -> None:
        self._ready.drop(key)
        self._folded.drop(key)

    def stamp(self, customer: Key) -> int:
        """Another number once another answer of that customer's is kept, or one is not at hand any more."""
        return self._ready.stamp(customer)

    def _fold(self, key: Key, reading: Reading[Any]) -> None:
        written = self._kinds.write(reading.value) if self._kinds else None
        if written is not None:
            kind, body = written
            packed = zlib.compress(body, 1)
            folded = _Folded(kind, packed, reading.as_of, reading.asked, reading.size, reading.lasts)
            if self._folded.put(key, folded):
                return
        counted.evicted()

    def _unfolded(self, key: Key) -> Reading[Any] | None:
        found = self._folded.get(key)
        if found is None or self._kinds is None:
            return None
        value = self._kinds.read(found.kind, zlib.decompress(found.packed))
        reading: Reading[Any] = Reading(value, found.as_of, found.asked, found.size, found.lasts)
        self.put(key, reading)
        return reading


def _gone(_key: Key, _folded: _Folded) -> None:
    counted.evicted()


def _weight(reading: Reading[Any]) -> int:
    return reading.size + _ENTRY


def _folded_weight(folded: _Folded) -> int:
    return len(folded.packed) + _ENTRY
