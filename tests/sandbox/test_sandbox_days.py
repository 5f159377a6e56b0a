"""Local days in every zone there is, on every day of 2024 to 2028."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.sandbox.world.periods import billing_grid, day_end, days, midnight

from .oracle import TINY, dated, dawn
from .small_worlds import AWKWARD, ZONES

FIRST, LAST = date(2024, 1, 1), date(2029, 1, 1)
DATES = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]

#: Zones by the part before the slash; those without one are in a part of their own.
REGIONS = sorted({zone.partition("/")[0] if "/" in zone else "" for zone in ZONES})


@pytest.mark.parametrize("region", REGIONS)
def test_days_cover_the_years_without_gap_or_overlap_in_every_zone_of(region: str) -> None:
    for name in ZONES:
        if (name.partition("/")[0] if "/" in name else "") == region:
            zone = ZoneInfo(name)
            found = list(days(midnight(FIRST, zone), midnight(LAST, zone), zone))
            starts, ends = [start for start, _ in found], [end for _, end in found]
            assert [start.astimezone(zone).date() for start in starts] == DATES[:-1], name
            assert [(end - TINY).astimezone(zone).date() for end in ends] == DATES[:-1], name
            assert starts[1:] == ends[:-1], name


@pytest.mark.parametrize("name", AWKWARD)
def test_a_day_begins_with_the_first_instant_that_bears_its_date_in(name: str) -> None:
    zone = ZoneInfo(name)
    for day in DATES:
        assert midnight(day, zone) == dawn(day, zone)
        assert day_end(midnight(day, zone), zone) == dawn(day + timedelta(days=1), zone)


@pytest.mark.parametrize("name", AWKWARD)
def test_days_of_any_span_begin_and_end_with_it_in(name: str) -> None:
    zone = ZoneInfo(name)
    for number in range(0, 1_800, 7):
        start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number, seconds=number * 4_321 % 86_400)
        end = start + timedelta(seconds=1 + number * 9_876 % 900_000)
        found = list(days(start, end, zone))
        assert (found[0][0], found[-1][1]) == (start, end)
        assert all(early[1] == late[0] == midnight(dated(late[0], zone), zone) for early, late in pairwise(found))
    assert list(days(start, start, zone)) == []


@pytest.mark.parametrize("months", [1, 3, 6, 12])
def test_billing_periods_hold_every_date_once_whatever_day_they_start_on(months: int) -> None:
    for anchor_day in range(1, 32):
        anchor = date(2026, 1, anchor_day)
        periods = list(dict.fromkeys(billing_grid(anchor, months, day) for day in DATES))
        assert all(early[1] == late[0] for early, late in pairwise(periods))
        for day in DATES:
            first, following = billing_grid(anchor, months, day)
            assert first <= day < following
            assert (first.year * 12 + first.month - anchor.month) % months == 0
            assert first.day == anchor_day or (first + timedelta(days=1)).day == 1
