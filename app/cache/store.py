"""Where kept answers are: this process's memory, bounded in bytes."""

from typing import Any, Protocol

from cachetools import LRUCache

from app.metrics import counted
from app.reading import Reading

Key = tuple[str, ...]

# What an entry weighs beyond the answer itself: its key, its place in the table.
_ENTRY = 512


class Store(Protocol):
    """The few calls that a place for kept answers needs. Keys begin with the customer."""

    def get(self, key: Key) -> Reading[Any] | None: ...

    def put(self, key: Key, reading: Reading[Any]) -> None: ...

    def drop(self, key: Key) -> None: ...


class _Kept(LRUCache[Key, Reading[Any]]):
    def popitem(self) -> tuple[Key, Reading[Any]]:
        """Makes room."""
        counted.evicted()
        return super().popitem()


class Memory:
    """The least recently used answers go first once `limit` bytes are full."""

    def __init__(self, limit: int) -> None:
        self._kept = _Kept(limit, getsizeof=lambda reading: reading.size + _ENTRY)

    @property
    def bytes(self) -> int:
        """What all kept answers weigh."""
        return int(self._kept.currsize)

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Reading[Any] | None:
        return self._kept.get(key)

    def put(self, key: Key, reading: Reading[Any]) -> None:
        if reading.size + _ENTRY <= self._kept.maxsize:
            self._kept[key] = reading
        else:
            self.drop(key)

    def drop(self, key: Key) -> None:
        self._kept.pop(key, None)
