"""How long prepaid credits last: a daily use played forward over the blocks that pay for it.

Everything inside is a fraction, so nothing is lost to rounding: what is used, what expires and what is left of a
block add up to what was in it. Time is counted in days from the beginning of today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

_PLACES = Decimal(1).scaleb(-20)
_WIDE = Context(prec=300, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Lot:
    """Credits that can be spent from day `begins` until day `ends` comes; None: for ever.

    `pays` are the uses that it pays for; None: every use.
    """

    id: str
    left: Decimal
    begins: int = 0
    ends: int | None = None
    pays: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a lot."""

    used: Fraction
    expired: Fraction
    left: Fraction


@dataclass(frozen=True, slots=True)
class Course:
    """What became of every lot, by its id, and the day on which a use that was paid for no longer is."""

    fates: Mapping[str, Fate]
    runs_out: int | None


def play(lots: Sequence[Lot], rates: Mapping[str, Fraction], start: Fraction, days: int) -> Course:
    """Uses `rates` a day from `start` to the end of day `days`; each use draws on the first lot that pays for it.

    A use that no lot pays for at the start is no part of what can run out, until a lot begins that pays for it.
    """
    left = [Fraction(lot.left) for lot in lots]
    used, expired = [Fraction(0) for _ in lots], [Fraction(0) for _ in lots]
    edges = {Fraction(edge) for lot in lots for edge in (lot.begins, lot.ends) if edge is not None and edge < days}
    wanted = _wanted(lots, rates)
    paid: set[_Payers] = set()
    runs_out: Fraction | None = None
    now = start
    while True:
        for n, lot in enumerate(lots):
            if lot.ends is not None and lot.ends <= now:
                expired[n], left[n] = expired[n] + left[n], Fraction(0)
        if now >= days:
            break
        payer: dict[_Payers, int | None] = {payers: _payer(payers, lots, left, now) for payers in wanted}
        if runs_out is None and any(payer[payers] is None for payers in paid):
            runs_out = now
        drawn: dict[int, Fraction] = {}
        for payers, index in payer.items():
            if index is not None:
                paid.add(payers)
                drawn[index] = drawn.get(index, Fraction(0)) + wanted[payers]
        # Nothing changes until a lot begins, ends or is empty.
        until = min([Fraction(days), *(edge for edge in edges if edge > now)])
        until = min([until, *(now + left[index] / rate for index, rate in drawn.items())])
        for index, rate in drawn.items():
            used[index], left[index] = used[index] + rate * (until - now), left[index] - rate * (until - now)
        now = until
    fates = {lot.id: Fate(used[n], expired[n], left[n]) for n, lot in enumerate(lots)}
    return Course(fates, None if runs_out is None else int(runs_out))


# Which lots pay for a use, by their places: uses that the same lots pay for are one.
_Payers = tuple[int, ...]


def _wanted(lots: Sequence[Lot], rates: Mapping[str, Fraction]) -> dict[_Payers, Fraction]:
    """What is used a day, by the lots that pay for it."""
    found: dict[_Payers, Fraction] = {}
    for use, rate in rates.items():
        if rate > 0:
            payers = tuple(n for n, lot in enumerate(lots) if lot.pays is None or use in lot.pays)
            found[payers] = found.get(payers, Fraction(0)) + rate
    return found


def _payer(payers: _Payers, lots: Sequence[Lot], left: Sequence[Fraction], now: Fraction) -> int | None:
    """The first of these lots that has something left."""
    return next((n for n in payers if left[n] and lots[n].begins <= now), None)


def decimal(amount: Fraction) -> Decimal:
    """The amount to twenty decimals; exact where it has no more."""
    found = _WIDE.divide(Decimal(amount.numerator), Decimal(amount.denominator)).quantize(_PLACES, context=_WIDE)
    return Decimal(format(found.normalize(_WIDE), "f"))


def about(amount: Decimal, digits: int) -> Decimal:
    """An estimate, no sharper than it is: its first `digits`."""
    return Decimal(format(Context(prec=digits, rounding=ROUND_HALF_UP).plus(amount), "f"))
