"""How values are written: amounts as strings, quantities as exact JSON numbers, instants with their offset."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

#: A JSON object on its way out. A Decimal in it becomes a JSON number, digit by digit, never by way of a float.
Document = dict[str, Any]

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(document: object) -> bytes:
    """Write a document as JSON."""
    return _encoder.encode(document)


def money(amount: Decimal, digits: int) -> str:
    """Write an amount as Orb's decimal string: exactly, with at least the digits of its currency."""
    exponent = amount.normalize().as_tuple().exponent
    return f"{amount:.{max(digits, -int(exponent))}f}"


def plain(amount: Decimal) -> str:
    """Write a rate as a decimal string with the digits that it has."""
    return f"{amount:f}"


def number(amount: Decimal) -> Decimal | int:
    """Prepare a quantity or credits for a JSON number, without exponent or trailing zeros."""
    if amount == amount.to_integral_value():
        return int(amount)
    return Decimal(f"{amount.normalize():f}")


def instant(at: datetime) -> str:
    """Write an instant as Orb does: UTC, with `+00:00`."""
    return at.astimezone(UTC).isoformat()


def instant_or_null(at: datetime | None) -> str | None:
    """Write an instant that may be absent."""
    return None if at is None else instant(at)
