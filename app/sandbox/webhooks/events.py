"""Events that were fired."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.sandbox.problems import unknown
from app.sandbox.webhooks.endpoints import Style
from app.sandbox.wire import Document, instant


@dataclass(eq=False)
class Event:
    """An event: its payload in the styles that were asked for."""

    number: int
    id: str
    type: str
    created: datetime
    style: Style
    bodies: dict[Style, bytes]


def event_document(event: Event, *, payload: bool) -> Document:
    """Show an event as Orb's list does."""
    return {
        "id": event.id,
        "type": event.type,
        "created_at": instant(event.created),
        "is_delivered": False,
        **({"payload": msgspec.Raw(event.bodies[event.style])} if payload else {}),
        "delivery_attempts": [],
    }


class Events:
    """The last events, oldest first."""

    def __init__(self, bound: int = 5_000) -> None:
        self._kept: deque[Event] = deque(maxlen=bound)
        self._count = 0

    def __iter__(self) -> Iterator[Event]:
        return iter(self._kept)

    def next_number(self) -> int:
        """Count one event more."""
        self._count += 1
        return self._count

    def keep(self, event: Event) -> None:
        """Remember an event, and forget the oldest where there are too many."""
        self._kept.append(event)

    def known(self, name: str) -> Event:
        """Find an event by its id; raises a 404 Problem."""
        found = next((event for event in self._kept if event.id == name), None)
        if found is None:
            raise unknown("WebhookEvent", name)
        return found
