"""The days before and after: a month leads to the month before, other spans to as many days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.days import Period, midnight
from app.web.timeframe import Timeframe, after, before, shown

NEW_YORK = "America/New_York"


def period(start: str, end: str, timezone: str = NEW_YORK) -> Period:
    first, last = (midnight(date.fromisoformat(each), ZoneInfo(timezone)) for each in (start, end))
    return Period(first, last)


def days(start: str, end: str) -> Timeframe:
    return Timeframe(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("start", "end", "earlier", "later"),
    [
        ("2026-11-01", "2026-12-01", ("2026-10-01", "2026-11-01"), ("2026-12-01", "2027-01-01")),
        ("2026-01-15", "2026-02-15", ("2025-12-15", "2026-01-15"), ("2026-02-15", "2026-03-15")),
        ("2026-10-01", "2027-01-01", ("2026-07-01", "2026-10-01"), ("2027-01-01", "2027-04-01")),
        ("2026-01-01", "2027-01-01", ("2025-01-01", "2026-01-01"), ("2027-01-01", "2028-01-01")),
        ("2026-11-02", "2026-11-09", ("2026-10-26", "2026-11-02"), ("2026-11-09", "2026-11-16")),
        ("2026-01-31", "2026-03-31", ("2025-12-03", "2026-01-31"), ("2026-03-31", "2026-05-29")),
    ],
)
def test_months_lead_to_months_and_other_spans_to_as_many_days(
    start: str, end: str, earlier: tuple[str, str], later: tuple[str, str]
) -> None:
    asked = period(start, end)
    assert shown(asked, NEW_YORK) == days(start, end)
    assert before(asked, NEW_YORK) == days(*earlier)
    assert after(asked, NEW_YORK, datetime(2030, 1, 1, tzinfo=UTC)) == days(*later)


def test_there_are_no_later_days_before_they_have_begun() -> None:
    asked = period("2026-10-01", "2026-11-01")
    assert after(asked, NEW_YORK, asked.end - timedelta(seconds=1)) is None
    assert after(asked, NEW_YORK, asked.end) == days("2026-11-01", "2026-12-01")


def test_a_period_that_begins_within_a_day_is_shown_as_the_days_that_it_touches() -> None:
    started = Period(datetime(2026, 11, 3, 15, tzinfo=UTC), datetime(2026, 12, 3, 15, tzinfo=UTC))
    assert shown(started, NEW_YORK) == days("2026-11-03", "2026-12-04")
    assert before(started, NEW_YORK) == days("2026-10-03", "2026-11-03")
