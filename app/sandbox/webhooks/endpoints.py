"""Webhook endpoints: the URLs that want to hear of events, and the secrets that sign what they get."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.sandbox.identity import opaque
from app.sandbox.problems import unknown
from app.sandbox.wire import Document, instant

Style = Literal["expanded", "standard"]


@dataclass(frozen=True)
class Endpoint:
    """A URL that gets the events of some types (None: of all); `secrets` are newest first, two while they rotate."""

    id: str
    url: str
    secrets: tuple[str, ...]
    created: datetime
    event_types: tuple[str, ...] | None = None
    payload_style: Style = "expanded"
    enabled: bool = True

    def takes(self, event_type: str) -> bool:
        """Tell whether events of a type are sent here."""
        return self.enabled and (self.event_types is None or event_type in self.event_types)


def new_id(kind: str) -> str:
    """Make an id that no other start of the sandbox gives again: receivers remember what they have seen."""
    return opaque(kind, secrets.token_hex())


def new_secret() -> str:
    """Make a secret of the length and letters of Orb's."""
    return secrets.token_urlsafe(32)


def endpoint_document(endpoint: Endpoint) -> Document:
    """Show an endpoint as Orb's `WebhookEndpoint`, which never tells the secret."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "enabled": endpoint.enabled,
        "enabled_event_types": endpoint.event_types,
        "payload_style": endpoint.payload_style,
        "created_at": instant(endpoint.created),
    }


class Endpoints:
    """All endpoints, in order of creation."""

    def __init__(self) -> None:
        self._kept: dict[str, Endpoint] = {}
        self._numbers: dict[str, int] = {}

    def numbered(self) -> list[tuple[int, Endpoint]]:
        """List the endpoints with the numbers by which they are paged."""
        return [(self._numbers[name], endpoint) for name, endpoint in self._kept.items()]

    def taking(self, event_type: str) -> list[Endpoint]:
        """List the endpoints that get events of a type."""
        return [endpoint for endpoint in self._kept.values() if endpoint.takes(event_type)]

    def find(self, name: str) -> Endpoint | None:
        """Find an endpoint by its id."""
        return self._kept.get(name)

    def known(self, name: str) -> Endpoint:
        """Find an endpoint by its id; raises a 404 Problem."""
        if name not in self._kept:
            raise unknown("WebhookEndpoint", name)
        return self._kept[name]

    def keep(self, endpoint: Endpoint) -> Endpoint:
        """Put an endpoint in place of the one with its id, or add it."""
        self._numbers.setdefault(endpoint.id, len(self._numbers))
        self._kept[endpoint.id] = endpoint
        return endpoint

    def drop(self, name: str) -> None:
        """Forget an endpoint."""
        del self._kept[name]
