"""Where a figure stands among its thresholds, and in its allowance: exact, whichever way it moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

_TENTH = Decimal("0.1")
_WIDE = Context(prec=300, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Level:
    """One threshold; `crossed` is None where nobody knows."""

    value: Decimal
    crossed: bool | None = None


def levels(values: Sequence[Decimal], stands: Decimal | None, *, falling: bool) -> list[Level]:
    """The thresholds in the order in which a figure meets them; one that is met exactly is crossed."""
    ordered = sorted(set(values), reverse=falling)
    if stands is None:
        return [Level(value) for value in ordered]
    return [Level(value, stands <= value if falling else stands >= value) for value in ordered]


def reached(found: Sequence[Level]) -> Decimal | None:
    """The furthest threshold that is crossed."""
    return next((each.value for each in reversed(found) if each.crossed), None)


def ahead(found: Sequence[Level]) -> Decimal | None:
    """The nearest threshold that is not crossed yet."""
    return next((each.value for each in found if each.crossed is False), None)


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part in percent of its whole, to one decimal; None where the whole is not above zero."""
    if whole <= 0:
        return None
    return _WIDE.quantize(_WIDE.divide(_WIDE.multiply(part, Decimal(100)), whole), _TENTH)
