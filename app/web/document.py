"""The aggregate document, and each card's object in it: the same for JSON, NDJSON and SSE."""

from datetime import datetime
from typing import Any, TypedDict

import msgspec

from app.cards.base import Card, Outcome, Ready
from app.dashboard import Landed, PeriodNow, Summary
from app.reconciliation import Note
from app.web.reader import Reader
from app.web.render import encoder
from app.words import Text


class CardObject(TypedDict):
    """One card: always these nine keys; `data` is empty unless it is ready."""

    status: str
    title: Text
    basis: str
    as_of: datetime | None
    stale: bool
    message: Text | None
    code: str | None
    retryable: bool
    data: Any


class Customer(TypedDict):
    """Whose figures these are. `timezone` is that of their days."""

    id: str
    external_customer_id: str | None
    name: str
    timezone: str


class Refresh(TypedDict):
    """From when on a refresh asks Orb anew."""

    allowed_at: datetime


class WithoutCards(TypedDict):
    """What is true of the customer and of all cards together."""

    customer: Customer | None
    period: PeriodNow | None
    as_of: datetime | None
    updated: str
    complete: bool
    refresh: Refresh
    reconciliation: tuple[Note, ...]


class Dashboard(WithoutCards):
    """The dashboard of one customer. A failing part costs itself, and is never a zero."""

    cards: dict[str, CardObject]


def card_object(card: Card, outcome: Outcome) -> CardObject:
    """One card as an object."""
    return {
        "status": outcome.status,
        "title": card.title,
        "basis": card.basis,
        "as_of": outcome.as_of,
        "stale": outcome.stale,
        "message": outcome.message,
        "code": outcome.code,
        "retryable": outcome.retryable,
        "data": outcome.data if isinstance(outcome, Ready) else {},
    }


def without_cards(summary: Summary, reader: Reader) -> WithoutCards:
    """What the document says of the customer and of all its cards together."""
    customer = summary.listing.customer if summary.listing else None
    return {
        "customer": {
            "id": customer.id,
            "external_customer_id": customer.external_customer_id,
            "name": customer.name,
            "timezone": customer.timezone,
        }
        if customer
        else None,
        "period": summary.period,
        "as_of": summary.as_of,
        "updated": updated(summary, reader),
        "complete": summary.complete,
        "refresh": {"allowed_at": summary.allowed_at},
        "reconciliation": summary.notes,
    }


def updated(summary: Summary, reader: Reader) -> str:
    """The age of the oldest figure, in words."""
    return reader.age((summary.now - summary.as_of).total_seconds() if summary.as_of else None)


def passing(summary: Summary) -> tuple[str, ...]:
    """What of the document changes with nothing but time: its age, and from when a refresh is allowed once it is."""
    return ("updated", "refresh") if summary.allowed_at <= summary.now else ("updated",)


def written(landed: Landed, reader: Reader) -> msgspec.Raw:
    """A card's object as JSON, to stand in its place in the document."""
    return msgspec.Raw(encoder(reader).encode(card_object(landed.card, landed.outcome)))
