"""Cost by day as it is asked for and shown: a series for each unit, the days before beside it, every price."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.sandbox.server import create_sandbox
from tests.whole import NOON, Whole, whole

pytestmark = pytest.mark.anyio


class Counted(httpx.ASGITransport):
    """The sandbox, and every path that was asked of it."""

    def __init__(self) -> None:
        super().__init__(create_sandbox(now=lambda: NOON, latency=0, rate_plan="off"))
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        return await super().handle_async_request(request)

    def costs(self) -> list[dict[str, str]]:
        return [dict(url.params) for url in self.asked if url.path.endswith("/costs")]


@pytest.fixture(scope="module")
def orb() -> Counted:
    return Counted()


@pytest.fixture
async def service(orb: Counted) -> AsyncIterator[Whole]:
    async with whole(wire=orb) as found:
        yield found


async def card(service: Whole, customer: str, **params: str) -> dict[str, Any]:
    async with service.client(customer) as client:
        answer = await client.get("/api/cards/spend", params=params)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def page(service: Whole, customer: str, **params: str) -> str:
    async with service.client(customer) as client:
        return (await client.get("/cards/spend", params=params)).text


def amount(figure: dict[str, str]) -> Decimal:
    return Decimal(figure["amount"])


def used(data: dict[str, Any]) -> set[str]:
    """The names of the prices that came to anything."""
    return {price["name"] for day in data["days"] for price in day["prices"] if amount(price["subtotal"])}


async def test_the_days_before_are_as_many_and_end_where_these_begin(service: Whole) -> None:
    data = (await card(service, "northwind", compare="previous_period"))["data"]
    previous = data["previous"]

    assert previous["period"]["end"] == data["days"][0]["start"]
    assert len(previous["days"]) == len(data["days"]) == 20
    assert sum(map(amount, (day["subtotal"] for day in previous["days"]))) == amount(previous["subtotal"])


async def test_only_days_that_are_over_are_compared(service: Whole) -> None:
    data = (await card(service, "northwind", compare="previous_period"))["data"]
    now = sum(amount(day["subtotal"]) for day in data["days"] if not day["partial"])
    then = sum(amount(day["subtotal"]) for day in data["previous"]["days"][:19])

    assert Decimal(data["previous"]["change"]) == round((now - then) * 100 / then, 1)
    assert "The first 19 days came to" in data["previous"]["text"]
    assert f"${now:,.2f}" in data["previous"]["text"]


async def test_without_being_asked_nobody_asks_for_the_days_before(orb: Counted, service: Whole) -> None:
    orb.asked.clear()
    data = (await card(service, "yamato"))["data"]

    assert data["previous"] is None
    assert len(orb.costs()) == 1


async def test_running_totals_are_not_held_against_single_days(service: Whole) -> None:
    data = (await card(service, "northwind", compare="previous_period", view_mode="cumulative"))["data"]

    assert (data["previous"]["text"], data["previous"]["change"]) == (None, None)
    assert len(data["previous"]["days"]) == 20


async def test_days_on_which_there_was_no_subscription_are_not_a_figure(service: Whole) -> None:
    data = (await card(service, "meridian", compare="previous_period"))["data"]

    assert data["previous"]["subtotal"] is None
    assert data["previous"]["text"] == "No cost was reported on these days."


@pytest.mark.parametrize(("customer", "units"), [("quill", ["ai_credits", "USD"]), ("trollheim", ["credits", "USD"])])
async def test_each_unit_of_a_plan_is_a_series_of_its_own(service: Whole, customer: str, units: list[str]) -> None:
    data = (await card(service, customer))["data"]
    found = [data["unit"], *(each["unit"] for each in data["other_units"])]

    assert found[0] == units[0]
    assert set(units) <= set(found)
    for series in (data, *data["other_units"]):
        assert {day["subtotal"]["unit"] for day in series["days"]} == {series["unit"]}


async def test_several_subscriptions_are_one_question_that_orb_sums(orb: Counted, service: Whole) -> None:
    orb.asked.clear()
    data = (await card(service, "halcyon"))["data"]

    assert len(data["subscriptions"]) > 1
    assert len(orb.costs()) == len({data["unit"], *(each["unit"] for each in data["other_units"])})
    assert all("/customers/" in url.path for url in orb.asked if url.path.endswith("/costs"))


async def test_whoever_sees_some_subscriptions_is_never_shown_the_sum_of_all(orb: Counted, service: Whole) -> None:
    async with service.client("halcyon") as client:
        every = [
            each["subscription_id"] for each in (await client.get("/api/cards/spend")).json()["data"]["subscriptions"]
        ]
    orb.asked.clear()
    async with service.client("halcyon", subscriptions=every[:1]) as client:
        data = (await client.get("/api/cards/spend", params={"compare": "previous_period"})).json()["data"]

    assert [each["subscription_id"] for each in data["subscriptions"]] == every[:1]
    assert orb.costs()
    assert all(every[0] in url.path for url in orb.asked if url.path.endswith("/costs"))


async def test_the_top_five_prices_and_the_others_add_up_to_every_day(service: Whole) -> None:
    html = await page(service, "northwind")
    legend = re.findall(
        r"<li><svg.*?</svg><span>(?:<bdi>)?(.*?)(?:</bdi>)?</span><strong dir=.auto.>\$(.*?)</strong>", html
    )
    data = (await card(service, "northwind"))["data"]

    assert len(legend) == 6
    assert legend[-1][0] == f"Other prices ({len(used(data)) - 5})"
    assert abs(sum(Decimal(each.replace(",", "")) for _, each in legend) - amount(data["subtotal"])) < Decimal("0.03")


async def test_the_table_has_every_price_by_its_name(service: Whole) -> None:
    html = await page(service, "northwind")
    head = re.findall(r'<th scope="col"(?: class="sum")?>(?:<bdi>)?(.*?)(?:</bdi>)?</th>', html)
    data = (await card(service, "northwind"))["data"]

    assert (head[0], head[-1]) == ("Day", "Subtotal")
    assert set(head[1:-1]) == used(data)


async def test_the_table_holds_each_day_against_the_one_before_it(service: Whole) -> None:
    html = await page(service, "northwind", compare="previous_period")

    assert '<th scope="col">The days before</th>' in html
    assert 'class="beside"' in html
    assert "Without the days before" in html
    assert 'href="/#spend"' in html


async def test_a_minimum_or_discount_shows_what_days_come_to_with_it(service: Whole) -> None:
    daily, cumulative = await page(service, "northwind"), await page(service, "northwind", view_mode="cumulative")

    assert "so days do not add up to the bill" in daily
    assert 'href="/?view_mode=cumulative#spend">See what they come to with it' in daily
    assert 'class="beside dashed"' in cumulative
    assert "With discounts and minimums" in cumulative


async def test_each_billing_period_is_a_line_with_a_name(service: Whole) -> None:
    html = await page(service, "gulf", view_mode="cumulative")

    legend = html[html.index('<ul class="legend">') : html.index("View as table")]
    assert legend.count("Period from ") == len(re.findall('<path class="line s[1-6]" d="M0 5H14"/>', legend)) == 2
    assert "They do not add up to one figure." in html


async def test_other_days_are_chosen_without_script(service: Whole) -> None:
    html = await page(service, "northwind", view_mode="cumulative")
    form = html[html.index('<nav class="timeframe"') :]

    assert 'name="timeframe_start" required value="2026-11-01"' in form
    assert 'name="timeframe_end" required value="2026-12-01"' in form
    assert '<input type="hidden" name="view_mode" value="cumulative">' in form
    assert "timeframe_start=2026-10-01&amp;timeframe_end=2026-11-01" in html
    assert "Later days" not in html


async def test_earlier_days_lead_back_to_the_current_period(service: Whole) -> None:
    html = await page(service, "northwind", timeframe_start="2026-10-01", timeframe_end="2026-11-01")

    assert 'href="/?timeframe_start=2026-11-01&amp;timeframe_end=2026-12-01" rel="next">Later days' in html
    assert 'href="/">Current period' in html
    assert "See the current bill" in html
    assert "See the full bill" not in html


async def test_a_child_is_told_where_its_costs_are(service: Whole) -> None:
    found = await card(service, "orchard-west")

    assert (found["status"], found["code"]) == ("empty", "no_usage")
    assert found["message"] == "What is used here is counted with the parent account, and costs are shown there."


async def test_the_days_before_reach_the_export_with_their_own_period(service: Whole) -> None:
    async with service.client("northwind") as client:
        plain = (await client.get("/api/export/spend.csv")).text
        compared = (await client.get("/api/export/spend.csv", params={"compare": "previous_period"})).text

    assert len(compared.splitlines()) > len(plain.splitlines()) * 1.5
    yesterday = NOON - timedelta(days=25)
    assert f"{yesterday:%Y-%m-%d}" in compared
    assert f"{yesterday:%Y-%m-%d}" not in plain


async def test_days_without_cost_are_named_and_lead_on(service: Whole) -> None:
    html = await page(service, "northwind", timeframe_start="2026-12-01", timeframe_end="2027-01-01")

    assert "<strong>Dec 1\u2009–\u200931, 2026</strong>" in html
    assert "Earlier days" in html
    assert 'href="/">Current period' in html


async def test_a_past_period_has_its_subtotal_in_either_view(service: Whole) -> None:
    days = {"timeframe_start": "2026-10-01", "timeframe_end": "2026-11-01"}
    daily = (await card(service, "northwind", **days))["data"]["subtotal"]
    cumulative = (await card(service, "northwind", view_mode="cumulative", **days))["data"]["subtotal"]

    assert amount(daily) == amount(cumulative) > 0


async def test_days_the_wrong_way_round_are_told_to_people_in_words_and_to_programs_by_name(service: Whole) -> None:
    days = {"timeframe_start": "2026-11-01", "timeframe_end": "2026-10-01"}
    async with service.client("northwind") as client:
        page = await client.get("/", params=days, headers={"Accept": "text/html", "Accept-Language": "de"})
        document = await client.get("/api/dashboard", params=days)

    assert (page.status_code, document.status_code) == (400, 400)
    assert "Der letzte Tag muss nach dem ersten liegen." in page.text
    assert document.json()["detail"] == "timeframe_end must be after timeframe_start"
