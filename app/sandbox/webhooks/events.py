"""Events that were sent, to whom, and what came of it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import anyio
import msgspec

from app.sandbox.problems import unknown
from app.sandbox.webhooks.endpoints import Style
from app.sandbox.wire import Document, instant


@dataclass(frozen=True)
class Attempt:
    """One try to deliver an event; without an answer in time there is no status."""

    id: str
    endpoint_url: str
    is_success: bool
    response_status_code: int | None
    elapsed_ms: int
    created_at: datetime


@dataclass(eq=False)
class Delivery:
    """An event on its way to one endpoint; `pause` is the wait for the next try, which may be cut short."""

    event: "Event"
    endpoint_id: str
    body: bytes
    done: bool = False
    running: bool = False
    pause: anyio.CancelScope | None = None


@dataclass(eq=False)
class Event:
    """An event: its payload in the styles that were asked for, and its deliveries."""

    number: int
    id: str
    type: str
    created: datetime
    style: Style
    bodies: dict[Style, bytes]
    deliveries: list[Delivery] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def is_delivered(self) -> bool:
        """Whether everybody who should hear of it has; not so where nobody should."""
        return bool(self.deliveries) and all(delivery.done for delivery in self.deliveries)


def event_document(event: Event, *, payload: bool) -> Document:
    """Show an event as Orb's list does."""
    return {
        "id": event.id,
        "type": event.type,
        "created_at": instant(event.created),
        "is_delivered": event.is_delivered,
        **({"payload": msgspec.Raw(event.bodies[event.style])} if payload else {}),
        "delivery_attempts": [
            msgspec.to_builtins(attempt) | {"created_at": instant(attempt.created_at)} for attempt in event.attempts
        ],
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
