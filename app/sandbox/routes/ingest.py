"""The route of usage events."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk, json_response
from app.sandbox.identity import opaque
from app.sandbox.problems import invalid
from app.sandbox.rating.events import Event
from app.sandbox.routes.bodies import NOT_READ, read_body
from app.sandbox.routes.questions import read_query, text, truth
from app.sandbox.wire import Document, encode
from app.sandbox.world.world import World

#: How far back usage may be reported. Orb's accounts choose it; this one is patient.
GRACE = timedelta(days=100)
_AHEAD = timedelta(minutes=5)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?")
#: The engine counts in this many digits before the point, and after it.
_WHOLE, _FRACTION = 18, 9


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """A usage event as it is sent."""

    event_name: str
    timestamp: str
    idempotency_key: str
    properties: dict[str, Any]
    customer_id: str | None = None
    external_customer_id: str | None = None


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """The body: some events."""

    events: list[msgspec.Raw]


# Numbers with a fraction become Decimals without passing through a float.
_sent = msgspec.json.Decoder(Sent, float_hook=Decimal)


async def ingest(desk: Desk, request: Request) -> Response:
    """POST /ingest: take in usage events, all of them or, if one is wrong, none.

    An event whose idempotency key is known is not counted again; `debug=true` tells which those are.
    """
    asked = read_query(request, {"debug": truth, "backfill_id": text})
    raws = (await read_body(request, Batch)).events
    desk.limits.take_events(len(raws))
    world, now = desk.world(), desk.clock()
    read = [_read(raw, world, now) for raw in raws]
    failed = [each for each in read if not isinstance(each, Event)] + _contradictions(read)
    if failed:
        problem = invalid(*(error for each in failed for error in each["validation_errors"])).document()
        return json_response(encode(problem | {"validation_failed": failed}), 400)
    events = [each for each in read if isinstance(each, Event)]
    customers = {event.customer for event in events}
    before = desk.watch.watched(desk.usage(now), customers)
    known = desk.events.record(events)
    desk.watch.compare(before, desk.watch.watched(desk.usage(now), customers))
    taken: Document = {"validation_failed": []}
    if asked.get("debug"):
        fresh = [event.idempotency_key for event in events if event.idempotency_key not in known]
        taken["debug"] = {"duplicate": known, "ingested": fresh}
    return await desk.reply(taken, 10)


def _read(raw: msgspec.Raw, world: World, now: datetime) -> Event | Document:
    try:
        sent = _sent.decode(raw)
    except NOT_READ as wrong:
        return _failure("", str(wrong))
    errors, customer, at = _errors(sent), _customer(sent, world), timestamp_of(sent.timestamp)
    if customer is None:
        errors.append(f"customer_id: there is no customer {sent.customer_id}")
    if at is None:
        errors.append("timestamp: must be an ISO 8601 date-time in UTC")
    elif at > now + _AHEAD:
        errors.append("timestamp: must be at most 5 minutes in the future")
    elif at < now - GRACE:
        errors.append("timestamp: is before the grace period")
    if errors or customer is None or at is None:
        return _failure(sent.idempotency_key, *errors)
    return Event(customer, sent.event_name, at, now, sent.idempotency_key, sent.properties)


def _errors(sent: Sent) -> list[str]:
    errors = [
        f"{name}: must not be empty"
        for name, value in (("event_name", sent.event_name), ("idempotency_key", sent.idempotency_key))
        if not value
    ]
    if (sent.customer_id is None) == (sent.external_customer_id is None):
        errors.append("exactly one of customer_id and external_customer_id must be given")
    return errors + [
        f"properties.{name}: {wrong}" for name, value in sent.properties.items() if (wrong := wrong_with(value))
    ]


def wrong_with(value: object) -> str | None:
    """Say what is wrong with the value of a property, if anything."""
    if isinstance(value, str | bool):
        return None
    if not isinstance(value, int | Decimal):
        return "must be a number, a boolean or a string"
    number = Decimal(value)
    fits = number == 0 or (number.adjusted() < _WHOLE and number == round(number, _FRACTION))
    return None if fits else f"must have at most {_WHOLE} digits before the point and {_FRACTION} after it"


def _customer(sent: Sent, world: World) -> str | None:
    """Find Orb's id of the customer; one that is named by the caller's own id need not exist yet."""
    if sent.external_customer_id is not None:
        return opaque("customer", sent.external_customer_id)
    found = world.customer(sent.customer_id or "")
    return found.id if found else None


def timestamp_of(value: str) -> datetime | None:
    """Read the instant of an event, in UTC where it has no offset; None for what is no instant."""
    if not _TIMESTAMP.fullmatch(value):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _contradictions(read: list[Event | Document]) -> list[Document]:
    """Find events of one idempotency key that are not the same."""
    first: dict[str, Event] = {}
    return [
        _failure(event.idempotency_key, "idempotency_key: was used for another event of this batch")
        for event in read
        if isinstance(event, Event) and first.setdefault(event.idempotency_key, event) != event
    ]


def _failure(key: str, *errors: str) -> Document:
    return {"idempotency_key": key, "validation_errors": list(errors)}
