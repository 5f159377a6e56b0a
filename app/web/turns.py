"""Whose turn it is: a customer runs one query at a time, and so many a minute. Kept in this process alone."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class NotYet(Exception):
    """No turn now. `code` says why; `retry_after` is when there may be one, in seconds."""

    def __init__(self, code: str, retry_after: int) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


@dataclass(slots=True)
class _Customer:
    running: bool = False
    began: deque[float] = field(default_factory=deque)


class Turns:
    """At most `most` turns in any `seconds` for each customer, one at a time.

    Remembers `customers` of them at most: beyond that, who has rested longest is forgotten.
    """

    def __init__(
        self, now: Callable[[], float], *, most: int = 6, seconds: float = 60, customers: int = 10_000
    ) -> None:
        self._now = now
        self._most = most
        self._seconds = seconds
        self._customers = customers
        self._known: dict[str, _Customer] = {}  # who began longest ago stands first

    @contextmanager
    def turn(self, customer: str) -> Iterator[None]:
        """One turn, until the block ends, however it ends. Raises NotYet."""
        now = self._now()
        mine = self._known.get(customer) or _Customer()
        if mine.running:
            raise NotYet("busy", 1)
        self._forget(mine.began, now)
        if len(mine.began) >= self._most:
            raise NotYet("too_many", math.ceil(self._seconds - (now - mine.began[0])) or 1)
        mine.began.append(now)
        mine.running = True
        self._known.pop(customer, None)
        self._known[customer] = mine
        self._make_room(now)
        try:
            yield
        finally:
            mine.running = False

    def _forget(self, began: deque[float], now: float) -> None:
        # A turn of the future is of a clock that was turned back since.
        while began and not 0 <= now - began[0] < self._seconds:
            began.popleft()

    def _make_room(self, now: float) -> None:
        for name, each in list(self._known.items()):
            resting = not each.running
            if resting and now - each.began[-1] >= self._seconds:
                del self._known[name]
            elif len(self._known) <= self._customers:
                break
            elif resting:
                del self._known[name]
