"""Which open pages want to hear of changes, and what each has still to be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import anyio

from app.cache.floors import Floors, Key
from app.touched import QUESTIONS, parts
from app.web.problems import Problem
from app.web.viewer import Viewer

_MOST = 1_000  # pages of this process
_MOST_EACH = 100  # pages of one customer, whoever of them looks


class Listener:
    """One open page: which of the parts that its viewer may see have changed and are still to be told.

    A page that reads slowly finds all of it in one message. `since` is from when on changes are of interest.
    """

    def __init__(self, allowed: frozenset[str], since: datetime) -> None:
        self._allowed = allowed
        self._since = since
        self._untold: set[str] = set()
        self._heard = anyio.Event()

    def hear(self, question: str | None, at: datetime) -> None:
        found = self._allowed.intersection(parts(question))
        if found and at >= self._since:
            self._untold |= found
            self._heard.set()

    async def heard(self) -> None:
        """Waits until something is to be told."""
        await self._heard.wait()

    def told(self) -> list[str]:
        """Those parts in page order; from then on they are told."""
        found, self._untold, self._heard = self._untold, set(), anyio.Event()
        return [part for part in QUESTIONS if part in found]


class Changes:
    """Who listens, by customer. Knows nobody else: a change that no page waits for leaves nothing behind here."""

    def __init__(self, floors: Floors) -> None:
        self._floors = floors
        self._listeners: dict[Key, set[Listener]] = {}
        floors.tells(self._tell)

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    @contextmanager
    def listener(self, viewer: Viewer, since: datetime) -> Iterator[Listener]:
        """One that hears of the viewer's customer, first what has changed since then. Raises Problem: too many."""
        customer = (viewer.customer.kind, viewer.customer.id)
        own = self._listeners.get(customer, set())
        if len(own) >= _MOST_EACH or len(self) >= _MOST:
            raise Problem(429, "too_many_streams", "Too many pages listen already.", retry_after=60)
        found = Listener(viewer.scope, since)
        for question in (None, *(each for of_part in QUESTIONS.values() for each in of_part)):
            if (at := self._floors.changed_at(customer, question)) is not None:
                found.hear(question, at)
        self._listeners.setdefault(customer, set()).add(found)
        try:
            yield found
        finally:
            self._listeners[customer].discard(found)
            if not self._listeners[customer]:
                del self._listeners[customer]

    def _tell(self, customer: Key, question: str | None, at: datetime) -> None:
        for each in self._listeners.get(customer, ()):
            each.hear(question, at)
