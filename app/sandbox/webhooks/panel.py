"""The control panel's part for webhooks: endpoints with a secret of your choice, and events on request."""

from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.desk import json_response
from app.sandbox.problems import invalid
from app.sandbox.routes.bodies import NOT_READ, read_body
from app.sandbox.webhooks.endpoints import Endpoint, Style, endpoint_document
from app.sandbox.webhooks.events import Event, event_document
from app.sandbox.webhooks.routes import NewEndpoint, check
from app.sandbox.webhooks.webhooks import Webhooks
from app.sandbox.wire import Document, encode

_MOST = 1_000
_PATH = "/_sandbox/webhooks"


class ChosenEndpoint(NewEndpoint, forbid_unknown_fields=True):
    """An order to add an endpoint, with or without a secret of your choice."""

    secret: str | None = None


class Rotation(msgspec.Struct, forbid_unknown_fields=True):
    """An order to change a secret, to one of your choice or a new one."""

    secret: str | None = None


class Firing(msgspec.Struct, forbid_unknown_fields=True):
    """An order to send one event, and the same again so many times."""

    type: str
    customer: str | None = None
    subscription_id: str | None = None
    duplicates: int = 0
    payload_style: Style | None = None
    properties: dict[str, Any] = {}


class Manner(msgspec.Struct):
    """In which order several events are sent: as given, or in a disorder that `seed` settles."""

    shuffle: bool = False
    seed: int = 0


class WebhookPanel:
    """The panel's routes under /_sandbox/webhooks."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def routes(self) -> list[Route]:
        """List the panel's routes."""
        return [
            Route(f"{_PATH}/endpoints", self.endpoints, methods=["GET", "POST"]),
            Route(f"{_PATH}/endpoints/{{webhook_endpoint_id}}/rotate", self.rotate, methods=["POST"]),
            Route(f"{_PATH}/fire", self.fire, methods=["POST"]),
            Route(f"{_PATH}/retry", self.retry, methods=["POST"]),
        ]

    async def endpoints(self, request: Request) -> Response:
        """List the endpoints with their secrets, or add one."""
        if request.method == "GET":
            everyone = [_with_secrets(endpoint) for _, endpoint in self._webhooks.endpoints.numbered()]
            return _json({"data": everyone})
        return _json(_with_secrets(add(self._webhooks, await read_body(request, ChosenEndpoint))))

    async def rotate(self, request: Request) -> Response:
        """Give an endpoint a new secret beside the one it has."""
        endpoint = self._webhooks.endpoints.known(request.path_params["webhook_endpoint_id"])
        asked = await read_body(request, Rotation) if await request.body() else Rotation()
        _check_secret(asked.secret)
        return _json(_with_secrets(self._webhooks.rotate(endpoint, asked.secret)))

    async def fire(self, request: Request) -> Response:
        """Send one event, or several; what is said beside `events` goes for each that does not say otherwise."""
        events, sent = fire(self._webhooks, *_read(await request.body()))
        data = [event_document(event, payload=False) for event in events]
        return _json({"data": data, "order": [event.id for event in sent]})

    async def retry(self, request: Request) -> Response:  # noqa: ARG002
        """Try at once whatever is not delivered."""
        return _json({"retried": self._webhooks.retry()})


def add(webhooks: Webhooks, asked: ChosenEndpoint) -> Endpoint:
    """Add an endpoint; raises a 400 Problem that names what is wrong with it."""
    check(asked.url, asked.enabled_event_types)
    _check_secret(asked.secret)
    return webhooks.listen(asked.url, asked.enabled_event_types, asked.payload_style, asked.secret)


def fire(webhooks: Webhooks, firings: list[Firing], manner: Manner) -> tuple[list[Event], list[Event]]:
    """Write events and send them: the events, and the order in which they went out, duplicates and all.

    Raises a 400 or 404 Problem, and sends none of them, where one makes no sense.
    """
    if any(firing.duplicates < 0 for firing in firings):
        raise invalid("duplicates: must not be negative")
    if sum(firing.duplicates + 1 for firing in firings) > _MOST:
        raise invalid(f"events, duplicates: more than {_MOST} at a time")
    events = [
        webhooks.write(each.type, each.customer, each.subscription_id, each.properties, each.payload_style)
        for each in firings
    ]
    sent = [event for event, firing in zip(events, firings, strict=True) for _ in range(firing.duplicates + 1)]
    if manner.shuffle:
        sent = _shuffled(sent, manner.seed)
    webhooks.send(sent)
    return events, sent


def _read(body: bytes) -> tuple[list[Firing], Manner]:
    """Read an order to fire; raises a 400 Problem."""
    try:
        asked = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode(body)
        several = msgspec.convert(asked.pop("events", [{}]), list[dict[str, Any]])
        manner = msgspec.convert({name: asked.pop(name) for name in ("shuffle", "seed") if name in asked}, Manner)
        firings = msgspec.convert([asked | each for each in several], list[Firing])
    except NOT_READ as wrong:
        raise invalid(f"body: {wrong}") from None
    return firings, manner


def _shuffled(events: list[Event], seed: int) -> list[Event]:
    """Put events in a disorder that is the same for the same seed, and never the order they had."""
    chances = [blake2b(f"{seed}/{place}".encode()).digest() for place in range(len(events))]
    places = sorted(range(len(events)), key=lambda place: chances[place])
    shuffled = [events[place] for place in places]
    return shuffled if shuffled != events else shuffled[::-1]


def _check_secret(secret: str | None) -> None:
    if secret == "":
        raise invalid("secret: must not be empty")


def _with_secrets(endpoint: Endpoint) -> Document:
    """Show an endpoint with the secrets that sign, newest first: the panel tells them at any time."""
    return endpoint_document(endpoint) | {"secret": endpoint.secrets[0], "secrets": list(endpoint.secrets)}


def _json(document: Document) -> Response:
    return json_response(encode(document))
