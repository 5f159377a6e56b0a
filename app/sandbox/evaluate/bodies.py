"""The bodies of the three questions, as they are sent, and how one is read."""

import re
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from app.sandbox.problems import invalid
from app.sandbox.routes.bodies import NOT_READ

T = TypeVar("T")


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What all three have: a window and whose usage."""

    timeframe_start: str
    timeframe_end: str
    customer_id: str | None = None
    external_customer_id: str | None = None


#: A part of a body that is read later is never missing: it is null.
_NULL = msgspec.Raw(b"null")


class PriceEvaluation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A price, of the account or made up (`price`), and how its usage is filtered and grouped."""

    price_id: str | None = None
    external_price_id: str | None = None
    price: msgspec.Raw = _NULL
    filter: str | None = None
    grouping_keys: list[str] = []
    metric_parameter_overrides: dict[str, Any] | None = None

    @property
    def made_up(self) -> bool:
        """Whether the price comes with the question."""
        return self.price != _NULL


class EvaluatePrice(Asked):
    """The body for the price that the path names."""

    filter: str | None = None
    grouping_keys: list[str] = []
    metric_parameter_overrides: dict[str, Any] | None = None


class EvaluateMultiple(Asked):
    """The body for several prices."""

    price_evaluations: list[PriceEvaluation]


class PreviewEvent(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A usage event that never happened; without a customer it is of the one that is asked about."""

    event_name: str
    timestamp: str
    properties: dict[str, Any]
    customer_id: str | None = None
    external_customer_id: str | None = None


class EvaluatePreviewEvents(EvaluateMultiple):
    """The body for several prices over made-up events."""

    events: list[PreviewEvent]


def read(body: bytes | msgspec.Raw, kind: type[T], place: str = "") -> T:
    """Read JSON, numbers with a fraction exactly. Raises a 400 Problem that names the field, `place` before it."""
    try:
        return msgspec.json.Decoder(kind, float_hook=Decimal).decode(body)
    except NOT_READ as wrong:
        found = re.fullmatch(r"(.*?)(?: - at `\$\.?(.*)`)?", str(wrong), re.DOTALL)
        what, where = (found[1], found[2]) if found else (str(wrong), None)
        named = ".".join(part for part in (place, where) if part) or "body"
        raise invalid(f"{named}: {what}") from None
