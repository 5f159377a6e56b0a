"""The days before and after: a month leads to the month before, other spans to as many days."""

from datetime import date, timedelta

import pytest

from app.web.timeframe import Timeframe


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
    asked = days(start, end)
    assert asked.before == days(*earlier)
    assert asked.after(date(2030, 1, 1)) == days(*later)


def test_there_are_no_later_days_before_they_have_begun() -> None:
    asked = days("2026-10-01", "2026-11-01")
    assert asked.after(asked.end - timedelta(days=1)) is None
    assert asked.after(asked.end) == days("2026-11-01", "2026-12-01")
