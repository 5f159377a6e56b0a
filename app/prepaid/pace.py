"""How fast credits are used: by usage alone, over whole finished days of the customer's.

What was added, expired, voided or corrected is no part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.burn import about, decimal
from app.days import day_of, midnight
from app.money import Money, Unit, total
from app.orb import wire
from app.prepaid.movements import moved
from app.words import Plural, Text

SHORT, LONG = 7, 30  # days that a pace is taken over
_FEWEST = 3

Daily = dict[date, dict[str, list[Decimal]]]


@dataclass(frozen=True, slots=True)
class Pace:
    """What was used over `days` whole days, from `start` until `end` came."""

    per_day: Money
    used: Money
    days: int
    start: date
    end: date
    text: Text


@dataclass(frozen=True, slots=True)
class Burn(Pace):
    """The pace over the last 7 finished days; `longer` is that over 30, as far as the ledger's page reaches back."""

    longer: Pace | None


def finished(ledger: wire.Ledger, zone: ZoneInfo, now: datetime) -> list[date]:
    """The last whole days of which this page has every entry, at most 30; today is not over."""
    oldest, today = min(entry.created_at for entry in ledger.data), day_of(now, zone)
    first = day_of(oldest, zone)
    if ledger.pagination_metadata.has_more or oldest > midnight(first, zone):
        first += timedelta(days=1)
    count = min((today - first).days, LONG)
    return [today - timedelta(days=n) for n in range(count, 0, -1)]


def by_price(ledger: wire.Ledger, zone: ZoneInfo) -> Daily:
    """What was used on each of the customer's days, by price."""
    found: Daily = {}
    for entry in ledger.data:
        if entry.entry_type == "decrement":
            day = found.setdefault(day_of(entry.created_at, zone), {})
            day.setdefault(entry.price_id or "", []).append(-moved(entry))
    return found


def _uses(daily: Daily, days: Sequence[date]) -> dict[str, Decimal]:
    """What each price used on those days."""
    found: dict[str, list[Decimal]] = {}
    for day in days:
        for use, amounts in daily.get(day, {}).items():
            found.setdefault(use, []).extend(amounts)
    return {use: total(amounts) for use, amounts in found.items()}


def rates(daily: Daily, days: Sequence[date]) -> dict[str, Fraction]:
    """The same, a day."""
    return {use: Fraction(used) / len(days) for use, used in _uses(daily, days).items()}


def burned(daily: Daily, counted: Unit, days: list[date]) -> Burn | None:
    """The pace over the last days of `days`; None where they are too few to tell."""
    if len(days) < _FEWEST:
        return None
    short, longer = (_pace(daily, counted, days[-count:]) for count in (SHORT, LONG))
    further = longer if longer.days > short.days else None
    return Burn(short.per_day, short.used, short.days, short.start, short.end, short.text, further)


def _pace(daily: Daily, counted: Unit, days: list[date]) -> Pace:
    used = total(list(_uses(daily, days).values()))
    per_day = Money(decimal(Fraction(used) / len(days)), counted)
    if used > 0:
        said: Text = Plural(
            "About {amount} a day over the last {n} day.",
            "About {amount} a day over the last {n} days.",
            n=len(days),
            amount=Money(about(per_day.amount, 3), counted),
        )
    else:
        said = Plural(
            "Nothing was used over the last {n} day.", "Nothing was used over the last {n} days.", n=len(days)
        )
    return Pace(per_day, Money(used, counted), len(days), days[0], days[-1] + timedelta(days=1), said)
