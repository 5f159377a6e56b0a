"""How long credits last and what expires unused: an estimate that says what it rests on.

The future is played at the pace of the last days, in the order in which Orb draws blocks; what expires is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.burn import Course, Lot, about, decimal, play
from app.days import DateName, DayName, day_of, midnight
from app.money import Money, Unit
from app.orb import wire
from app.prepaid.blocks import order, state
from app.prepaid.pace import LONG, SHORT, Burn, burned, by_price, finished, rates
from app.words import Text

_YEAR = 365
_WARNED = 90  # days in which an expiry is near enough to warn of
# Two paces that agree make nothing certain: each is played a tenth faster and a tenth slower.
_SPREAD = (Fraction(11, 10), Fraction(9, 10))
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RunsOut:
    earliest: date
    latest: date
    text: Text


@dataclass(frozen=True, slots=True)
class Expiring:
    """What is left of a block when it expires, at the pace of the last 7 days; `amount` is rounded."""

    id: str
    amount: Money
    expires: datetime
    text: Text


@dataclass(frozen=True, slots=True)
class Outlook:
    burn: Burn | None = None
    runs_out: RunsOut | None = None
    runs_out_reason: Text | None = None
    expiring: tuple[Expiring, ...] = ()


UNKNOWN = Outlook(runs_out_reason=Text("How long the balance lasts could not be worked out just now."))
_USED_UP = Text("The balance is used up.")
_NOT_ENOUGH = Text("There is not enough history yet to tell how long the balance lasts.")
_NOT_USED = Text("Nothing was used lately, so there is no telling how long the balance lasts.")
_OVER_A_YEAR = Text("At this pace the balance lasts more than a year.")


def outlook(
    ledger: wire.Ledger, blocks: wire.CreditBlocks | None, counted: Unit, zone: ZoneInfo, now: datetime
) -> Outlook:
    """What lies ahead, as of `now`; `ledger` is its newest page, with at least one entry."""
    days, daily = finished(ledger, zone, now), by_price(ledger, zone)
    burn = burned(daily, counted, days)
    if ledger.data[0].ending_balance <= 0:
        return Outlook(burn, runs_out_reason=_USED_UP)
    if blocks is None or blocks.pagination_metadata.has_more:
        return Outlook(burn, runs_out_reason=UNKNOWN.runs_out_reason)
    if burn is None:
        return Outlook(runs_out_reason=_NOT_ENOUGH)
    paces = (rates(daily, days[-SHORT:]), rates(daily, days[-LONG:]))
    future = _future(ledger, blocks, zone, now, paces)
    runs_out, reason = _runs_out(future)
    return Outlook(burn, runs_out, reason, _expiring(future, counted, zone))


@dataclass(frozen=True, slots=True)
class _Future:
    """The blocks that can be or will be drawn, in Orb's order, and the paces to play: of 7 days, and of 30."""

    blocks: tuple[wire.CreditBlock, ...]
    lots: tuple[Lot, ...]
    paces: tuple[dict[str, Fraction], ...]
    today: date
    start: Fraction

    def play(self, pace: dict[str, Fraction], factor: Fraction = Fraction(1), days: int = _YEAR) -> Course:
        return play(self.lots, {use: rate * factor for use, rate in pace.items()}, self.start, days)

    def day(self, number: int) -> DayName:
        return self.name(self.today + timedelta(days=number))

    def name(self, day: date) -> DayName:
        """The day as it is called today: with its year where that is another."""
        return DayName(day) if day.year == self.today.year else DateName(day)


def _future(
    ledger: wire.Ledger,
    blocks: wire.CreditBlocks,
    zone: ZoneInfo,
    now: datetime,
    paces: tuple[dict[str, Fraction], ...],
) -> _Future:
    today, payers = day_of(now, zone), _payers(ledger)
    dawn, dusk = midnight(today, zone), midnight(today + timedelta(days=1), zone)
    drawn = sorted((each for each in blocks.data if state(each, now) in ("usable", "upcoming")), key=order)
    return _Future(
        tuple(drawn),
        tuple(_lot(block, payers, today, zone) for block in drawn),
        paces,
        today,
        Fraction((now - dawn) // _MOMENT, (dusk - dawn) // _MOMENT),
    )


def _payers(ledger: wire.Ledger) -> list[tuple[tuple[wire.CreditFilter, ...], str]]:
    """Which prices were seen to draw on blocks that are bound to some items, by what binds them."""
    return [
        (entry.credit_block.filters, entry.price_id or "")
        for entry in ledger.data
        if entry.entry_type == "decrement" and entry.credit_block and entry.credit_block.filters
    ]


def _lot(
    block: wire.CreditBlock, payers: Sequence[tuple[tuple[wire.CreditFilter, ...], str]], today: date, zone: ZoneInfo
) -> Lot:
    begins, ends = block.effective_date, block.expiry_date
    return Lot(
        block.id,
        block.balance,
        # A block pays for the days that begin after it does, and for the whole of its last day.
        (day_of(begins - _MOMENT, zone) - today).days + 1 if begins and begins.year > 1 else 0,
        (day_of(ends - _MOMENT, zone) - today).days + 1 if ends else None,
        frozenset(use for filters, use in payers if filters == block.filters) if block.filters else None,
    )


def _runs_out(future: _Future) -> tuple[RunsOut | None, Text | None]:
    if not any(rate > 0 for pace in future.paces for rate in pace.values()):
        return None, _NOT_USED
    ends = [future.play(pace, factor).runs_out for pace in future.paces for factor in _SPREAD]
    known = [each for each in ends if each is not None]
    if not known:
        return None, _OVER_A_YEAR
    first, last = min(known), max(known)
    if len(known) < len(ends):
        return None, Text("At this pace the balance lasts until {day} at least.", day=future.day(first))
    if first == last and first in {lot.ends for lot in future.lots}:
        said = Text("At this pace what is left expires before it is used, on {day}.", day=future.day(first))
    elif first == last:
        said = Text("At this pace the balance runs out around {day}, unless more is added.", day=future.day(first))
    else:
        said = Text(
            "At this pace the balance runs out between {first} and {last}, unless more is added.",
            first=future.day(first),
            last=future.day(last),
        )
    return RunsOut(future.today + timedelta(days=first), future.today + timedelta(days=last), said), None


def _expiring(future: _Future, counted: Unit, zone: ZoneInfo) -> tuple[Expiring, ...]:
    fates = future.play(future.paces[0], days=_WARNED).fates
    found = []
    for block in future.blocks:
        lost = about(decimal(fates[block.id].expired), 2)
        if lost > 0 and block.expiry_date is not None:
            amount, day = Money(lost, counted), future.name(day_of(block.expiry_date, zone))
            said = Text("About {amount} expire unused on {day}.", amount=amount, day=day)
            found.append(Expiring(block.id, amount, block.expiry_date, said))
    return tuple(sorted(found, key=lambda each: each.expires))
