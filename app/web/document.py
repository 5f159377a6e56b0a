"""The aggregate document, and each card's object in it: the same for JSON, NDJSON and SSE."""

from typing import Any

from app.cards.base import Card, Outcome, Ready
from app.dashboard import Landed, Summary
from app.web.reader import Reader


def card_object(card: Card, outcome: Outcome) -> dict[str, Any]:
    """One card: always these nine keys; `data` is empty unless it is ready."""
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


def without_cards(summary: Summary, reader: Reader) -> dict[str, Any]:
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


def whole(summary: Summary, landed: list[Landed], reader: Reader) -> dict[str, Any]:
    """The document with its cards, in the order of `landed`."""
    cards = {each.card.word: card_object(each.card, each.outcome) for each in landed}
    return {**without_cards(summary, reader), "cards": cards}
