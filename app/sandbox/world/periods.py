"""Local days and billing periods: where they begin and end, as UTC instants."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=8192)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Find the instant at which a local day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """Name the local day that an instant falls into."""
    return instant.astimezone(zone).date()


def day_end(instant: datetime, zone: ZoneInfo) -> datetime:
    """Find the midnight at which the local day of an instant ends."""
    return midnight(local_day(instant, zone) + timedelta(days=1), zone)


def days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Cut [start, end) at every local midnight.

    A whole day is 23, 24 or 25 hours long: Orb's buckets follow the customer's clock.
    """
    day = local_day(start, zone)
    while start < end:
        day += timedelta(days=1)
        stop = min(midnight(day, zone), end)
        yield start, stop
        start = stop


def first_of_month(day: date, months: int = 0) -> date:
    """Find the first of the month that lies `months` after (or before) the month of a day."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def billing_grid(anchor: date, months: int, day: date) -> tuple[date, date]:
    """Find the billing period [first day, first day of the next) that holds a day.

    Periods are `months` long and start on the day of the month of `anchor`, or on the last of a month that is too
    short for it; they are counted from `anchor`.
    """
    apart = (day.year - anchor.year) * 12 + day.month - anchor.month
    step = apart // months * months
    if day < in_month(anchor, step):
        step -= months
    return in_month(anchor, step), in_month(anchor, step + months)


def in_month(anchor: date, months: int) -> date:
    """Find the anchor's day in the month that lies `months` after its own, or the last day of a shorter one."""
    first, following = first_of_month(anchor, months), first_of_month(anchor, months + 1)
    return first.replace(day=min(anchor.day, (following - timedelta(days=1)).day))


def last_transition(zone: ZoneInfo, now: datetime) -> datetime | None:
    """Find the latest change of the zone's clocks at or before now, or None within two years."""
    late = now.replace(minute=0, second=0, microsecond=0)
    for _ in range(2 * 366):
        early = late - timedelta(days=1)
        if early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            return _narrow(early, late, zone)
        late = early
    return None


def _narrow(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    while late - early > timedelta(hours=1):
        middle = late - timedelta(hours=1)
        if middle.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            return late
        late = middle
    return late
