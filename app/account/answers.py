"""What an account asks of the cache, or of who stands before it."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from app.cache.floors import Key
from app.cache.freshness import Answer, Freshness
from app.reading import Reading

T = TypeVar("T")


class Answers(Protocol):
    """As `app.cache.cache.Cache` answers."""

    def last_live(self, customer: Key) -> datetime | None: ...

    def is_changed(self, key: Key, how: Freshness) -> bool: ...

    def young(self, key: Key, how: Freshness) -> Reading[Any] | None: ...

    def stamp(self, customer: Key) -> Hashable: ...

    def until(self, key: Key, how: Freshness, reading: Reading[Any]) -> datetime: ...

    def kept(self, key: Key, how: Freshness) -> Reading[Any] | None: ...

    async def get(self, key: Key, how: Freshness, ask: Callable[[], Awaitable[Reading[T]]]) -> Answer[T]: ...
