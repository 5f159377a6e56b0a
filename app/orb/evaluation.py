"""Prices as Orb evaluates them live: per price its groups, each with a quantity and what that costs at list price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from app.asking import Event, Property
from app.days import Period
from app.money import number
from app.orb.decode import Amount, Answer
from app.orb.errors import Malformed
from app.orb.path import CustomerRef
from app.orb.question import instant

# What a group is of: Orb's text untouched, an exact number, a truth, or nothing at all.
GroupingValue = str | Decimal | bool | None


class PriceGroup(Answer, frozen=True, gc=False):
    quantity: Amount
    amount: Amount
    grouping_values: tuple[msgspec.Raw, ...] = ()

    @property
    def values(self) -> tuple[GroupingValue, ...]:
        """What the group is of. Raises Malformed where that is no single value."""
        return tuple(_grouping_value(bytes(each)) for each in self.grouping_values)


class EvaluatedPrice(Answer, frozen=True, gc=False):
    currency: str
    price_groups: tuple[PriceGroup, ...]
    price_id: str | None = None


class Evaluations(Answer, frozen=True, gc=False):
    data: tuple[EvaluatedPrice, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What to evaluate: these prices over that window, all with one filter and one grouping.

    With `events` over these and over nothing that was used.
    """

    price_ids: tuple[str, ...]
    window: Period
    filter: str | None = None
    grouping_keys: tuple[str, ...] = ()
    events: tuple[Event, ...] | None = None


def asked(customer: CustomerRef, evaluation: Evaluation) -> dict[str, Any]:
    """The body of the question. The customer is named once, here: an event of no customer is that customer's."""
    each: dict[str, Any] = {"grouping_keys": list(evaluation.grouping_keys)}
    if evaluation.filter is not None:
        each["filter"] = evaluation.filter
    body: dict[str, Any] = {
        customer.kind: customer.id,
        "timeframe_start": instant(evaluation.window.start),
        "timeframe_end": instant(evaluation.window.end),
        "price_evaluations": [{"price_id": price, **each} for price in evaluation.price_ids],
    }
    if evaluation.events is not None:
        body["events"] = _events(evaluation.events)
    return body


def _events(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [
        {"event_name": each.event_name, "timestamp": instant(each.timestamp), "properties": _plain(each.properties)}
        for each in events
    ]


def _plain(properties: Mapping[str, Property]) -> dict[str, Any]:
    """Exact numbers go out as JSON numbers, digit for digit."""
    return {
        name: msgspec.Raw(f"{value:f}".encode()) if isinstance(value, Decimal) else value
        for name, value in properties.items()
    }


def _grouping_value(token: bytes) -> GroupingValue:
    if token in (b"true", b"false", b"null"):
        return {b"true": True, b"false": False, b"null": None}[token]
    try:
        return msgspec.json.decode(token, type=str) if token.startswith(b'"') else number(token.decode())
    except (ValueError, msgspec.MsgspecError):
        raise Malformed("a group of no single value") from None
