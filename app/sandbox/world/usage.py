"""Invented usage: a pure function of time, additive over it, in whole units.

Every price and workspace has a number of units per local day, and a fixed rhythm by which they arrive within
the day. What has arrived by an instant is rounded down, so [a, b) and [b, c) always add up to [a, c).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.plans import Price
from app.sandbox.world.periods import days, local_day, midnight
from app.sandbox.world.workspaces import Workspace

#: Weight of each hour since local midnight; a day of 25 hours repeats the last.
_RHYTHM = (14, 11, 9, 8, 9, 12, 20, 34, 55, 72, 80, 82, 74, 78, 84, 83, 77, 66, 52, 41, 34, 28, 22, 18, 18)
_ARRIVED = (0, *accumulate(_RHYTHM))
_HOUR = 3_600_000_000
_MICROSECOND = timedelta(microseconds=1)

#: Units per price, and within that per workspace; the last column is usage that names no workspace.
Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Workload:
    """What one subscription uses: its prices, its workspaces, and the weight of usage without a workspace."""

    seed: str
    zone: ZoneInfo
    prices: tuple[Price, ...]
    workspaces: tuple[Workspace, ...] = ()
    untagged: int = 600

    def totals(self, start: datetime, end: datetime) -> list[int]:
        """Count the units of each price in [start, end)."""
        sums = [0] * len(self.prices)
        for day, begin, stop, whole in self._days(start, end):
            parts = _day_sums(self, day) if whole else _sums(self._part(day, begin, stop))
            for place, units in enumerate(parts):
                sums[place] += units
        return sums

    def table(self, start: datetime, end: datetime) -> Table:
        """Count the units of each price and workspace in [start, end)."""
        sums = [[0] * (len(self.workspaces) + 1) for _ in self.prices]
        for day, begin, stop, whole in self._days(start, end):
            part = _day(self, day) if whole else self._part(day, begin, stop)
            for row, units in zip(sums, part, strict=True):
                for place, number in enumerate(units):
                    row[place] += number
        return tuple(tuple(row) for row in sums)

    def _days(self, start: datetime, end: datetime) -> list[tuple[date, datetime, datetime, bool]]:
        pieces = []
        for begin, stop in days(start, end, self.zone):
            day = local_day(begin, self.zone)
            whole = midnight(day, self.zone) == begin and midnight(day + timedelta(days=1), self.zone) == stop
            pieces.append((day, begin, stop, whole))
        return pieces

    def _part(self, day: date, start: datetime, end: datetime) -> Table:
        dawn = midnight(day, self.zone)
        whole = _arrived(midnight(day + timedelta(days=1), self.zone) - dawn)
        early, late = _arrived(start - dawn), _arrived(end - dawn)
        return tuple(tuple(units * late // whole - units * early // whole for units in row) for row in _day(self, day))


def _arrived(since_midnight: timedelta) -> int:
    hour, rest = divmod(since_midnight // _MICROSECOND, _HOUR)
    return _ARRIVED[hour] * _HOUR + (_RHYTHM[hour] * rest if rest else 0)


@lru_cache(maxsize=4096)
def _day(workload: Workload, day: date) -> Table:
    return tuple(
        _row(workload, place, price, day) if price.daily else (0,) * (len(workload.workspaces) + 1)
        for place, price in enumerate(workload.prices)
    )


@lru_cache(maxsize=4096)
def _day_sums(workload: Workload, day: date) -> tuple[int, ...]:
    return tuple(_sums(_day(workload, day)))


def _sums(table: Sequence[Sequence[int]]) -> list[int]:
    return [sum(row) for row in table]


def _row(workload: Workload, place: int, price: Price, day: date) -> tuple[int, ...]:
    chance = blake2b(f"{workload.seed}/{price.key}/{day.toordinal()}".encode(), digest_size=64).digest()
    weekday = price.weekend if day.weekday() >= 5 else (1000, 1040, 1060, 1020, 930)[day.weekday()]
    mood = 880 + chance[0] * 240 // 255
    if chance[1] < 9:  # now and then somebody runs a backfill
        mood = mood * 16 // 10
    units = price.daily * weekday * mood
    return tuple(
        units * share * (750 + chance[2 + column % 62] * 500 // 255) // 1_000_000_000_000_000
        for column, share in enumerate(_shares(workload, place))
    )


@lru_cache(maxsize=256)
def _shares(workload: Workload, place: int) -> tuple[int, ...]:
    """Share each price out among the workspaces, in millionths: not everybody uses everything alike."""
    weights = [w.weight for w in workload.workspaces] + [workload.untagged]
    taste = blake2b(f"{workload.seed}/taste/{place}".encode(), digest_size=64).digest()
    tasted = [weight * (40 + taste[column % 64]) for column, weight in enumerate(weights)]
    return tuple(weight * 1_000_000 // sum(tasted) for weight in tasted)
