"""Where kept answers are: this process's memory, bounded in bytes."""

from collections import OrderedDict
from typing import Any, Protocol

from cachetools import LRUCache

from app.cache.floors import Key
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


class _Kept(LRUCache[Key, Reading[Any]]):
    """Tells of each entry that leaves, whatever made it leave."""

    def __init__(self, limit: int, own: dict[Key, "_Own"]) -> None:
        super().__init__(limit, getsizeof=_weight)
        self._own = own

    def popitem(self) -> tuple[Key, Reading[Any]]:
        """Makes room."""
        counted.evicted()
        return super().popitem()

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        own = self._own[key[:2]]
        own.bytes -= own.weights.pop(key)
        if not own.weights:
            del self._own[key[:2]]


class _Own:
    """What one customer's answers weigh, the one that was not used for longest first."""

    __slots__ = ("bytes", "weights")

    def __init__(self) -> None:
        self.weights: OrderedDict[Key, int] = OrderedDict()
        self.bytes = 0


class Memory:
    """The least recently used answers go first: a customer's own once they fill a quarter of `limit` bytes, then
    anybody's once all of it is full."""

    def __init__(self, limit: int) -> None:
        self._own: dict[Key, _Own] = {}
        self._kept = _Kept(limit, self._own)
        self._share = limit // _SHARE

    @property
    def bytes(self) -> int:
        """What all kept answers weigh."""
        return int(self._kept.currsize)

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, customer: Key) -> int:
        """What the kept answers of one customer weigh, in bytes."""
        own = self._own.get(customer)
        return own.bytes if own else 0

    def get(self, key: Key) -> Reading[Any] | None:
        reading = self._kept.get(key)
        if reading is not None:
            self._own[key[:2]].weights.move_to_end(key)
        return reading

    def put(self, key: Key, reading: Reading[Any]) -> None:
        self.drop(key)
        weight = _weight(reading)
        if weight > self._share:
            return
        while (own := self._own.get(key[:2])) and own.bytes + weight > self._share:
            counted.evicted()
            self.drop(next(iter(own.weights)))
        self._kept[key] = reading
        own = self._own.setdefault(key[:2], _Own())
        own.weights[key] = weight
        own.bytes += weight

    def drop(self, key: Key) -> None:
        self._kept.pop(key, None)


def _weight(reading: Reading[Any]) -> int:
    return reading.size + _ENTRY
