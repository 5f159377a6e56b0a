"""Which days are held against which: as many calendar days, from midnight to midnight, in every zone."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.days import Period, day_of, midnight
from app.listing import Listing
from app.orb import wire
from app.questions import preceding
from tests.test_days import FIRST, LAST, ZONES


def listing(timezone: str) -> Listing:
    customer = {"id": "borealis", "external_customer_id": None, "name": "Borealis", "timezone": timezone}
    return Listing(msgspec.convert(customer, wire.Customer), ())


@pytest.mark.parametrize("name", ZONES)
def test_the_days_before_are_as_many_whole_days_ending_where_these_begin(name: str) -> None:
    found, where = listing(name), ZoneInfo(name)
    for n in range((LAST - FIRST).days + 1):
        first = FIRST + timedelta(days=n)
        count = 1 + n % 45
        shown = Period(midnight(first, where), midnight(first + timedelta(days=count), where))
        earlier = preceding(shown, found)

        assert earlier.end == shown.start
        assert earlier.start == midnight(first - timedelta(days=count), where)
        assert len(earlier.dates(where)) == len(shown.dates(where)) == count, first


def test_a_day_that_has_only_begun_counts_as_a_day() -> None:
    where = ZoneInfo("America/New_York")
    start = midnight(date(2026, 11, 1), where)
    earlier = preceding(Period(start, start + timedelta(hours=25, minutes=1)), listing(where.key))

    assert day_of(earlier.start, where) == date(2026, 10, 30)
