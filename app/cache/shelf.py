"""Whatever is kept by key within a number of bytes, nobody's at the cost of everybody else's."""

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

from cachetools import LRUCache

from app.cache.floors import Key

V = TypeVar("V")

Leaves = Callable[[Key, V], None]

_count = count(1)


class _Kept(LRUCache[Key, V]):
    """Tells of each entry that leaves, whatever made it leave."""

    def __init__(self, limit: int, weigh: Callable[[V], int], own: dict[Key, "_Own"], leaves: Leaves[V]) -> None:
        super().__init__(limit, getsizeof=weigh)
        self._own = own
        self._leaves = leaves

    def popitem(self) -> tuple[Key, V]:
        """Makes room."""
        key, value = super().popitem()
        self._leaves(key, value)
        return key, value

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        own = self._own[key[:2]]
        own.bytes -= own.weights.pop(key)
        own.stamp = next(_count)
        if not own.weights:
            del self._own[key[:2]]


class _Own:
    """What one customer's values weigh, the one that was not used for longest first."""

    __slots__ = ("bytes", "stamp", "weights")

    def __init__(self) -> None:
        self.weights: OrderedDict[Key, int] = OrderedDict()
        self.bytes = 0
        self.stamp = 0


class Shelf(Generic[V]):
    """The least recently used go first: a customer's own once they fill `share` bytes, then anybody's once all
    `limit` are full. `leaves` hears of each that goes for want of room. Keys begin with the customer."""

    def __init__(self, limit: int, share: int, weigh: Callable[[V], int], leaves: Leaves[V]) -> None:
        self._own: dict[Key, _Own] = {}
        self._kept = _Kept(limit, weigh, self._own, leaves)
        self._share = share
        self._weigh = weigh
        self._leaves = leaves

    @property
    def bytes(self) -> int:
        """What all of it weighs."""
        return int(self._kept.currsize)

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, customer: Key) -> int:
        """What one customer's part weighs, in bytes."""
        own = self._own.get(customer)
        return own.bytes if own else 0

    def stamp(self, customer: Key) -> int:
        """Another number once any of that customer's values has come or gone; 0 while there is none."""
        own = self._own.get(customer)
        return own.stamp if own else 0

    def get(self, key: Key) -> V | None:
        value = self._kept.get(key)
        if value is not None:
            self._own[key[:2]].weights.move_to_end(key)
        return value

    def put(self, key: Key, value: V) -> bool:
        """Whether it is kept: what weighs more than a customer's share never is."""
        self.drop(key)
        weight = self._weigh(value)
        if weight > self._share:
            return False
        while (own := self._own.get(key[:2])) and own.bytes + weight > self._share:
            oldest = next(iter(own.weights))
            self._leaves(oldest, self._kept.pop(oldest))
        self._kept[key] = value
        own = self._own.setdefault(key[:2], _Own())
        own.weights[key] = weight
        own.bytes += weight
        own.stamp = next(_count)
        return True

    def drop(self, key: Key) -> None:
        self._kept.pop(key, None)
