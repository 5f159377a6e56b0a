"""How long prepaid credits last: a daily use played forward over the blocks that pay for it.

Nothing is lost to rounding: what is used, what expires and what is left of a block add up to what was in it. Time is
counted in days from the beginning of today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import gcd, lcm

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
    """What became of every lot, and the day on which a use that was paid for no longer is."""

    runs_out: int | None
    _ends: "_Ends"

    @property
    def fates(self) -> Mapping[str, Fate]:
        """By the lot's id."""
        ids, one, *amounts = self._ends
        return {name: Fate(*(Fraction(each, one) for each in row)) for name, *row in zip(ids, *amounts, strict=True)}


# The lots' ids, how many parts a credit has, and of each lot the parts that were used, that expired and that are left.
_Ends = tuple[list[str], int, list[int], list[int], list[int]]


def play(lots: Sequence[Lot], rates: Mapping[str, Fraction], start: Fraction, days: int) -> Course:
    """Uses `rates` a day from `start` to the end of day `days`; each use draws on the first lot that pays for it.

    A use that no lot pays for at the start is no part of what can run out, until a lot begins that pays for it.
    """
    # Whole numbers all the way, several times as fast as fractions: a day has so many ticks, and so has a part of a
    # credit, which uses are whole numbers of.
    held, wanted = [lot.left.as_integer_ratio() for lot in lots], _wanted(lots, rates)
    parts = lcm(*(each[1] for each in held), *(rate.denominator for rate in wanted.values()))
    uses = {payers: rate.numerator * (parts // rate.denominator) for payers, rate in wanted.items()}
    now, ticks = start.as_integer_ratio()
    left = [count * (parts // of) * ticks for count, of in held]
    used, expired = [0] * len(lots), [0] * len(lots)
    edges = {edge for lot in lots for edge in (lot.begins, lot.ends) if edge is not None and edge < days}
    paid: set[_Payers] = set()
    runs_out: int | None = None
    while True:
        for n, lot in enumerate(lots):
            if lot.ends is not None and lot.ends * ticks <= now:
                expired[n], left[n] = expired[n] + left[n], 0
        if now >= days * ticks:
            break
        payer = {payers: _payer(payers, lots, left, now // ticks) for payers in uses}
        if runs_out is None and any(payer[payers] is None for payers in paid):
            runs_out = now // ticks
        drawn: dict[int, int] = {}
        for payers, index in payer.items():
            if index is not None:
                paid.add(payers)
                drawn[index] = drawn.get(index, 0) + uses[payers]
        # Nothing changes until a lot begins, ends or is empty.
        until = min([days, *(edge for edge in edges if edge * ticks > now)])
        spent, finer = _first_of(until * ticks - now, drawn, left)
        now, ticks = now * finer + spent, ticks * finer
        left, used, expired = ([amount * finer for amount in each] for each in (left, used, expired))
        for index, rate in drawn.items():
            used[index], left[index] = used[index] + rate * spent, left[index] - rate * spent
    return Course(runs_out, ([lot.id for lot in lots], parts * ticks, used, expired, left))


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


def _payer(payers: _Payers, lots: Sequence[Lot], left: Sequence[int], today: int) -> int | None:
    """The first of these lots that has something left."""
    return next((n for n in payers if left[n] and lots[n].begins <= today), None)


def _first_of(ticks: int, drawn: Mapping[int, int], left: Sequence[int]) -> tuple[int, int]:
    """After how long the first of these lots is empty, if not before `ticks` are over; with a divisor, as it may be
    between two ticks."""
    lasts, of = ticks, 1
    for index, rate in drawn.items():
        if left[index] * of < lasts * rate:
            lasts, of = left[index], rate
    shared = gcd(lasts, of)
    return lasts // shared, of // shared


def decimal(amount: Fraction) -> Decimal:
    """The amount to twenty decimals; exact where it has no more."""
    found = _WIDE.divide(Decimal(amount.numerator), Decimal(amount.denominator)).quantize(_PLACES, context=_WIDE)
    return Decimal(format(found.normalize(_WIDE), "f"))


def about(amount: Decimal, digits: int) -> Decimal:
    """An estimate, no sharper than it is: its first `digits`."""
    return Decimal(format(Context(prec=digits, rounding=ROUND_HALF_UP).plus(amount), "f"))
