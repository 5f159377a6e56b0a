"""When things happen in an invented story: told relative to the day on which the story is staged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.sandbox.world.periods import first_of_month, last_transition, local_day, midnight


@dataclass(frozen=True)
class Month:
    """A moment in the month that lies `months` after (or before) the staged one; a short month ends on its last day."""

    months: int
    day: int = 1
    hours: float = 0

    def at(self, staged: datetime, zone: ZoneInfo) -> datetime:
        """Find the instant."""
        first = first_of_month(local_day(staged, zone), self.months)
        last = (first_of_month(first, 1) - timedelta(days=1)).day
        return midnight(first.replace(day=min(self.day, last)), zone) + timedelta(hours=self.hours)


@dataclass(frozen=True)
class Day:
    """A moment `days` after (or before) the staged day."""

    days: int
    hours: float = 0

    def at(self, staged: datetime, zone: ZoneInfo) -> datetime:
        """Find the instant."""
        return midnight(local_day(staged, zone) + timedelta(days=self.days), zone) + timedelta(hours=self.hours)


@dataclass(frozen=True)
class ClockChange:
    """The beginning of the month in which the zone's clocks last changed, or of this one where they never do."""

    def at(self, staged: datetime, zone: ZoneInfo) -> datetime:
        """Find the instant."""
        return midnight(first_of_month(self._day(staged, zone)), zone)

    def _day(self, staged: datetime, zone: ZoneInfo) -> date:
        change = last_transition(zone, staged)
        return local_day(change or staged, zone)


When = Month | Day | ClockChange
