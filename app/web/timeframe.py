"""The days before and after those that a page shows, as the links of its cards name them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.days import Period, day_of, zone


@dataclass(frozen=True, slots=True)
class Timeframe:
    """Days from `start` to `end`, the end exclusive."""

    start: date
    end: date


def before(period: Period, timezone: str) -> Timeframe:
    """The days directly before `period`: as many months where it is whole months, else as many days."""
    start, end = _days(period, timezone)
    return Timeframe(_earlier(start, end), start)


def after(period: Period, timezone: str, now: datetime) -> Timeframe | None:
    """The days directly after `period`, as many as it has; None where they have not begun."""
    start, end = _days(period, timezone)
    if end > day_of(now, zone(timezone)):
        return None
    months = _months(start, end)
    return Timeframe(end, end + (end - start) if months is None else _shifted(end, months))


def shown(period: Period, timezone: str) -> Timeframe:
    return Timeframe(*_days(period, timezone))


def _days(period: Period, timezone: str) -> tuple[date, date]:
    where = zone(timezone)
    last = day_of(period.end - timedelta(microseconds=1), where)
    return day_of(period.start, where), last + timedelta(days=1)


def _earlier(start: date, end: date) -> date:
    months = _months(start, end)
    return start - (end - start) if months is None else _shifted(start, -months)


def _months(start: date, end: date) -> int | None:
    """How many months lie between two days that carry the same number, which every month has; else None."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if start.day == end.day <= 28 and months > 0 else None


def _shifted(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=years, month=month + 1)
