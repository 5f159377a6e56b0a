"""Whatever is kept by key within a number of bytes, nobody's at the cost of everybody else's."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import count
from typing import Generic, TypeVar

from app.cache.floors import Key

V = TypeVar("V")

# Hears of what goes for want of room: all of a customer's by the customer's name, or one of them by its own.
Leaves = Callable[[Key, Mapping[Key, V]], object]

_count = count(1)


class _Own(Generic[V]):
    """One customer's values, the one that was not used for longest first. A plain table: there are many of these."""

    __slots__ = ("bytes", "stamp", "values")

    def __init__(self) -> None:
        self.values: dict[Key, V] = {}
        self.bytes = 0
        self.stamp = 0


class Shelf(Generic[V]):
    """Keys begin with the customer. A customer whose values fill `share` bytes loses their own least recently used
    ones; once all `limit` are full, who was not here for longest goes, with all that is theirs."""

    def __init__(self, limit: int, share: int, weigh: Callable[[V], int], leaves: Leaves[V]) -> None:
        self._customers: OrderedDict[Key, _Own[V]] = OrderedDict()
        self._limit = limit
        self._share = share
        self._weigh = weigh
        self._leaves = leaves
        self._values = 0
        self.bytes = 0  # what all of it weighs

    def __len__(self) -> int:
        return self._values

    def of(self, customer: Key) -> int:
        """What one customer's part weighs, in bytes."""
        own = self._customers.get(customer)
        return own.bytes if own else 0

    def stamp(self, customer: Key) -> int:
        """Another number once any of that customer's values has come or gone; 0 while there is none."""
        own = self._customers.get(customer)
        return own.stamp if own else 0

    def get(self, key: Key) -> V | None:
        own = self._customers.get(key[:2])
        if own is None or (value := own.values.pop(key, None)) is None:
            return None
        own.values[key] = value
        self._customers.move_to_end(key[:2])
        return value

    def put(self, key: Key, value: V) -> bool:
        """Whether it is kept: what weighs more than a customer's share never is."""
        self.pop(key)
        weight = self._weigh(value)
        if weight > self._share:
            return False
        own = self._customers.setdefault(key[:2], _Own())
        self._customers.move_to_end(key[:2])
        while own.bytes + weight > self._share:
            self._lose(own, next(iter(own.values)))
        own.values[key] = value
        self._change(own, weight, 1)
        while self.bytes > self._limit:
            customer, own = self._customers.popitem(last=False)
            self._change(own, -own.bytes, -len(own.values))
            self._leaves(customer, own.values)
        return True

    def pop(self, key: Key) -> V | None:
        """Takes it away."""
        own = self._customers.get(key[:2])
        if own is None or (value := own.values.pop(key, None)) is None:
            return None
        self._change(own, -self._weigh(value), -1)
        if not own.values:
            del self._customers[key[:2]]
        return value

    def _lose(self, own: _Own[V], key: Key) -> None:
        value = own.values.pop(key)
        self._change(own, -self._weigh(value), -1)
        self._leaves(key, {key: value})

    def _change(self, own: _Own[V], weight: int, values: int) -> None:
        own.bytes += weight
        own.stamp = next(_count)
        self.bytes += weight
        self._values += values
