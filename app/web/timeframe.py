"""The days that a page shows, and those before and after them, as its links name them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from app.days import Period, day_of
from app.listing import Listing
from app.query import Query

_FIRST, _LAST = 1970, 9000


@dataclass(frozen=True, slots=True)
class Timeframe:
    """Days from `start` to `end`, the end exclusive; `chosen` where the viewer asked for them."""

    start: date
    end: date
    chosen: bool = False

    @property
    def before(self) -> "Timeframe":
        """The days directly before: as many months where these are whole months, else as many days."""
        months = self._months
        return Timeframe(self.start - self._length if months is None else _shifted(self.start, -months), self.start)

    def after(self, today: date) -> "Timeframe | None":
        """The days directly after; None where they have not begun."""
        if self.end > today:
            return None
        months = self._months
        return Timeframe(self.end, self.end + self._length if months is None else _shifted(self.end, months))

    @property
    def _length(self) -> timedelta:
        return self.end - self.start

    @property
    def _months(self) -> int | None:
        """How many months these are, from one day to the same of another, which every month has; else None."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        return months if self.start.day == self.end.day <= 28 and months > 0 else None

    @classmethod
    def of(cls, query: Query, listing: Listing) -> Self | None:
        """Those that the query names, else the current periods of what is active; None where nothing is."""
        if query.timeframe_start and query.timeframe_end:
            return cls(query.timeframe_start, query.timeframe_end, chosen=True)
        periods = [each.period for each in listing.active if each.period and _is_ours(each.period)]
        if not periods:
            return None
        last = day_of(max(each.end for each in periods) - timedelta(microseconds=1), listing.zone)
        return cls(day_of(min(each.start for each in periods), listing.zone), last + timedelta(days=1))


def _is_ours(period: Period) -> bool:
    """Whether there are days before and after it: "for ever" is written as the last day that there is."""
    return period.start.year > _FIRST and period.end.year < _LAST


def _shifted(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=years, month=month + 1)
