"""The days before and after: a month leads to the month before, other spans to as many days."""

from datetime import date, timedelta

import httpx
import pytest
import respx

from app.web.timeframe import Timeframe
from tests.conftest import Serve
from tests.orb.answers import borealis, changed


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


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-05-01T07:00:00Z", "9999-12-31T23:59:59Z"), ("0001-01-01T00:00:00Z", "2026-06-01T07:00:00Z")],
)
async def test_a_period_for_ever_has_no_days_beside_it_and_its_page_is_whole(
    serve: Serve, orb_router: respx.MockRouter, start: str, end: str
) -> None:
    page = changed("subscriptions_list")
    page["data"][0] |= {"current_billing_period_start_date": start, "current_billing_period_end_date": end}
    borealis(orb_router, subscriptions=httpx.Response(200, json=page))
    orb_router.route().mock(return_value=httpx.Response(404))
    async with serve() as client:
        shown = await client.get("/", headers={"Accept": "text/html"})

    assert shown.status_code == 200
    assert shown.text.rstrip().endswith("</html>")
