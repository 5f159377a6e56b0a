"""Orb's webhooks: whether one is Orb's, which event it tells of, whose, and what that touches."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from app.orb.decode import Answer, decode
from app.orb.errors import Malformed
from app.orb.path import BadId, CustomerRef
from app.orb.wire import CustomerId
from app.secret import Secret

# What an event touches: parts of the dashboard by their words, none, or everything.
Parts = tuple[str, ...] | Literal["all"]

_TOLERANCE = timedelta(minutes=5)
_MOST_SIGNATURES = 5
# `fromisoformat` reads much that no sender of Orb's writes: weeks, dates alone, commas.
_TIMESTAMP = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_CROSSED = ("_exceeded", "_depleted", "_dropped", "_recovered", "_threshold_reached")

# The first that matches counts.
_RULES: tuple[tuple[tuple[str, ...], Parts], ...] = (
    (tuple(f"customer.credit_*{end}" for end in _CROSSED), ("alerts", "credits")),
    ((*(f"*{end}" for end in _CROSSED), "subscription.alert_disabled"), ("alerts",)),
    (("invoice.*", "credit_note.*", "customer.balance_transaction_created"), ("bill", "invoices")),
    (("customer.credit_*",), ("credits", "bill")),
    (("subscription.license_*",), ("licenses",)),
    (("subscription.*", "customer.edited"), "all"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """What Orb tells of. `customer` is the one customer whom it is about, by each id by which they may be asked for;
    nobody where it touches nothing, or does not say so where it should: to refuse what Orb has signed would only make
    it come again. Nothing else of the payload is read, least of all an amount."""

    id: str
    type: str
    touches: Parts
    customer: tuple[CustomerRef, ...]


def is_orbs(timestamp: bytes, signatures: bytes, body: bytes, secrets: Sequence[Secret], now: datetime) -> bool:
    """Whether Orb signed `body` of late; the first two are the values of its headers, as they came."""
    found = signatures.split(b" ")
    if len(found) > _MOST_SIGNATURES or not _is_recent(timestamp, now):
        return False
    signed = b"v1:" + timestamp + b":" + body
    wanted = [b"v1=" + hmac.digest(each.reveal().encode(), signed, "sha256").hex().encode() for each in secrets]
    return any(hmac.compare_digest(mine, each) for mine in wanted for each in found)


def _is_recent(timestamp: bytes, now: datetime) -> bool:
    """Within five minutes of now, before or after. What bears no offset is in UTC."""
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    try:
        sent = datetime.fromisoformat(timestamp.decode("ascii"))
    except ValueError:
        return False
    return abs((sent if sent.tzinfo else sent.replace(tzinfo=UTC)) - now) <= _TOLERANCE


def touched(event_type: str) -> Parts:
    """What an event of that type touches."""
    return next((parts for patterns, parts in _RULES if any(fnmatchcase(event_type, each) for each in patterns)), ())


_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
_NOT_THERE = msgspec.Raw(b"null")


class _Payload(Answer, frozen=True):
    """The parts that may say whose it is stay unread until it is known which of them does."""

    id: _Name
    type: _Name
    customer: msgspec.Raw = _NOT_THERE
    subscription: msgspec.Raw = _NOT_THERE
    invoice: msgspec.Raw = _NOT_THERE
    credit_note: msgspec.Raw = _NOT_THERE


class _Owned(Answer, frozen=True, gc=False):
    customer: CustomerId


def read(body: bytes) -> Event:
    """The event in `body`, in either style of payload. Raises Malformed."""
    found = decode(body, _Payload)
    resource, touches = found.type.partition(".")[0], touched(found.type)
    if not touches or resource not in ("customer", "subscription", "invoice", "credit_note"):
        return Event(found.id, found.type, (), ())
    told = bytes(getattr(found, resource))
    try:
        whose = decode(told, CustomerId) if resource == "customer" else decode(told, _Owned).customer
    except Malformed:
        return Event(found.id, found.type, touches, ())
    return Event(found.id, found.type, touches, _refs(whose))


def _refs(whose: CustomerId) -> tuple[CustomerRef, ...]:
    refs = [_ref("customer_id", whose.id), _ref("external_customer_id", whose.external_customer_id)]
    return tuple(each for each in refs if each is not None)


def _ref(kind: Literal["customer_id", "external_customer_id"], own: str | None) -> CustomerRef | None:
    """None for an id by which no viewer can be signed in."""
    try:
        return None if own is None else CustomerRef(kind, own)
    except BadId:
        return None
