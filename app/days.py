"""Orb's days and periods, as Orb cut them; the customer's zone serves their names only.

Instants are aware datetimes in UTC; a start is inclusive, an end exclusive. Nothing here cuts a series anew:
day boundaries of figures come from Orb, those of questions from the customer's own midnights.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_interval, format_skeleton, format_time, get_datetime_format


def zone(name: str) -> ZoneInfo:
    """The customer's zone by its IANA name; UTC where the name is unknown here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def midnight(day: date, where: ZoneInfo) -> datetime:
    """The instant at which `day` begins in that zone.

    Where the clock jumps over midnight the day begins at the jump; where midnight comes twice, at the first.
    """
    return datetime.combine(day, time.min, where).astimezone(UTC)


def day_of(moment: datetime, where: ZoneInfo) -> date:
    """The calendar day of an instant in that zone."""
    try:
        return moment.astimezone(where).date()
    except OverflowError:  # "never", written as the last day that there is
        return moment.date()


def end_of_day(moment: datetime, where: ZoneInfo) -> datetime:
    """The end of the local day that holds `moment`, an instant."""
    return midnight(day_of(moment, where) + timedelta(days=1), where)


def stamp(text: str) -> datetime | None:
    """The instant that Orb wrote in a header, or None when it is none: malformed, or without a zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo and moment.year > 1 else None
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Period:
    """A billing period or a window of one: `start` inclusive, `end` exclusive."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def dates(self, where: ZoneInfo) -> list[date]:
        """Every calendar day that the period touches, in that zone."""
        first, last = day_of(self.start, where), day_of(self.end - timedelta(microseconds=1), where)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class DayName:
    """A calendar day that a reader will see by name: `Nov 1`. Written where the reader's locale is known."""

    __slots__ = ("day",)

    skeleton = "MMMd"

    def __init__(self, day: date) -> None:
        self.day = day

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.day == other.day

    def __hash__(self) -> int:
        return hash(self.day)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.day.isoformat()})"


class DateName(DayName):
    """A calendar day with its year, where another year could be meant: `Nov 1, 2026`."""

    __slots__ = ()

    skeleton = "yMMMd"


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that a reader will see in the customer's zone. Written where the reader's locale is known."""

    moment: datetime
    where: ZoneInfo


@lru_cache(4096)
def write_day(day: date, locale: Locale, skeleton: str = "MMMd") -> str:
    """The day as people read it, by a CLDR skeleton: `Nov 1`, `1. Nov.`, `11月1日`."""
    return str(format_skeleton(skeleton, day, locale=locale))


def write_days(first: date, last: date, locale: Locale, skeleton: str = "yMMMd") -> str:
    """Days from one to another, both included: `Nov 1 – 30, 2026`, `1.–30. Nov. 2026`."""
    if first == last:
        return write_day(first, locale, skeleton)
    return str(format_interval(first, last, skeleton, locale=locale))


def write_moment(moment: datetime, where: ZoneInfo, locale: Locale) -> str:
    """An instant as people in that zone read it: `Nov 20, 3:04 PM`."""
    local = moment.astimezone(where)
    parts = {"{1}": write_day(local.date(), locale), "{0}": str(format_time(local, "short", locale=locale))}
    return re.sub(r"{[01]}", lambda found: parts[found[0]], str(get_datetime_format("medium", locale=locale)))
