"""The invented customers: each shows what it is there for."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.sandbox.catalogue.plans import MONTHS
from app.sandbox.server import run

from .sandbox_client import Orb, OrbAt, at

D = Decimal


async def bill_of(orb: Orb, who: str, place: int = 0) -> Any:
    subscription = (await orb.subscriptions(who))[place]
    return await orb.read("/invoices/upcoming", subscription_id=subscription["id"])


async def test_northwind_pays_a_plausible_bill_with_everything_in_it(orb: Orb) -> None:
    bill = await bill_of(orb, "northwind")
    assert 2000 < D(bill["subtotal"]) < 3500
    assert len([line for line in bill["line_items"] if line["price"]["price_type"] == "usage_price"]) == 8
    assert {a["reason"] for line in bill["line_items"] for a in line["adjustments"]} == {"Committed-use discount"}
    assert {t["tax_rate_description"] for line in bill["line_items"] for t in line["tax_amounts"]} == {"Sales tax"}
    assert D(bill["minimum_amount"]) < D(bill["subtotal"])
    assert D(bill["amount_due"]) < D(bill["total"])
    assert [t["action"] for t in bill["customer_balance_transactions"]] == ["applied_to_invoice"]


async def test_northwind_has_more_workspaces_than_ten(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    span = {
        "timeframe_start": subscription["current_billing_period_start_date"],
        "timeframe_end": "2026-11-21T05:00:00Z",
    }
    short = (await orb.groups(subscription["id"], grouping_keys=["workspace_id"], currency="usd", **span)).json()
    assert short["has_more"] is True
    assert len(short["data"]) == 10
    full = (await orb.groups(subscription["id"], grouping_keys=["workspace_id"], limit=100, **span)).json()
    assert full["has_more"] is False
    assert len(full["data"]) == 24
    assert full["data"][:10] == short["data"]


async def test_weekends_are_quieter_than_weekdays(orb: Orb) -> None:
    path = "/customers/external_customer_id/northwind/costs"
    days = (await orb.read(path, view_mode="periodic"))["data"][1:-1]
    zone = ZoneInfo("America/New_York")
    free: list[Decimal] = []
    busy: list[Decimal] = []
    for day in days:
        weekend = at(day["timeframe_start"]).astimezone(zone).weekday() >= 5
        (free if weekend else busy).append(D(day["subtotal"]))
    assert max(free) < min(busy)


async def test_halcyon_has_three_plans_one_of_them_below_its_minimum(orb: Orb) -> None:
    subscriptions = await orb.subscriptions("halcyon")
    assert sorted(s["plan"]["currency"] for s in subscriptions) == ["EUR", "USD", "USD"]
    assert len({s["name"] for s in subscriptions}) == 3
    assert len({s["current_billing_period_start_date"] for s in subscriptions}) == 1
    (minimum,) = [s for s in subscriptions if s["plan"]["minimum_amount"]]
    bill = await orb.read("/invoices/upcoming", subscription_id=minimum["id"])
    assert D(bill["total"]) == D(minimum["plan"]["minimum_amount"]) > D(bill["subtotal"])


async def test_halcyon_names_its_workspaces_as_people_do(orb: Orb) -> None:
    subscription = next(s for s in await orb.subscriptions("halcyon") if s["name"] == "Render Studio")
    span = {"timeframe_start": "2026-11-01T00:00:00Z", "timeframe_end": "2026-11-20T00:00:00Z"}
    answer = await orb.groups(subscription["id"], grouping_keys=["workspace_id"], limit=100, **span)
    names = {group["grouping_values"][0] for group in answer.json()["data"]}
    assert {"<img src=x onerror=alert(1)>", '=HYPERLINK("http://x")'} <= names
    assert max(map(len, names)) == 300
    assert any(re.search("[\u0590-\u05ff]", name) for name in names)
    assert any(re.search("[\u0600-\u06ff]", name) for name in names)
    assert any(ord(letter) > 0xFFFF for name in names for letter in name)


async def test_quiet_has_a_subscription_and_nothing_else(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("quiet")
    assert subscription["status"] == "active"
    answer = await orb.get("/invoices/upcoming", subscription_id=subscription["id"])
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("#404-resource-not-found")
    costs = await orb.read(f"/subscriptions/{subscription['id']}/costs")
    assert {day["subtotal"] for day in costs["data"]} == {"0.00"}
    assert (await orb.read("/customers/external_customer_id/quiet/credits/ledger"))["data"] == []
    assert (await orb.read("/customers/external_customer_id/quiet/credits"))["data"] == []


async def test_sunset_has_an_ended_subscription_alone(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("sunset")
    assert subscription["status"] == "ended"
    assert subscription["current_billing_period_start_date"] is None
    costs = (await orb.read(f"/subscriptions/{subscription['id']}/costs"))["data"]
    assert costs[-1]["timeframe_end"] == subscription["end_date"]
    assert D(costs[-1]["subtotal"]) > 0


async def test_fresh_started_today_with_a_bill_at_zero(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("fresh")
    bill = await bill_of(orb, "fresh")
    assert (bill["subtotal"], bill["total"], bill["amount_due"]) == ("0.00", "0.00", "0.00")
    (day,) = (await orb.read(f"/subscriptions/{subscription['id']}/costs"))["data"]
    assert day["subtotal"] == "0.00"
    assert day["timeframe_start"] == subscription["start_date"]


async def test_lines_without_usage_are_hidden_on_request(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("fresh")
    query = {"subscription_id": subscription["id"], "include_zero_quantity_line_items": "false"}
    bill = await orb.read("/invoices/upcoming", **query)
    assert (bill["line_items"], bill["hidden_line_item_count"]) == ([], 2)


async def test_nobody_has_no_subscription_and_an_empty_series(orb: Orb) -> None:
    assert await orb.subscriptions("nobody") == []
    assert (await orb.read("/customers/external_customer_id/nobody/costs"))["data"] == []


async def test_yamato_is_billed_in_whole_yen(orb: Orb) -> None:
    bill = await bill_of(orb, "yamato")
    assert bill["currency"] == "JPY"
    amounts = [bill["total"], *(line["amount"] for line in bill["line_items"])]
    assert all(re.fullmatch(r"\d+", amount) for amount in amounts)


async def test_meridian_writes_more_than_two_decimals(orb: Orb) -> None:
    bill = await bill_of(orb, "meridian")
    assert re.fullmatch(r"\d+\.\d{3,}", bill["amount_due"])


async def test_the_same_instant_shows_the_same_world(orb_at: OrbAt) -> None:
    bodies = []
    for _ in range(2):
        async with orb_at("2027-05-05T05:05:05+00:00") as orb:
            (subscription,) = await orb.subscriptions("northwind")
            answer = await orb.get("/invoices/upcoming", subscription_id=subscription["id"])
            bodies.append(answer.content)
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 15, 28])
async def test_meridian_always_has_a_clock_change_behind_it(orb_at: OrbAt, month: int, day: int) -> None:
    async with orb_at(f"2027-{month:02}-{day:02}T09:00:00+00:00") as orb:
        (subscription,) = await orb.subscriptions("meridian")
        days = (await orb.read(f"/subscriptions/{subscription['id']}/costs", view_mode="periodic"))["data"]
        hours = {(at(d["timeframe_end"]) - at(d["timeframe_start"])) / timedelta(hours=1) for d in days} - {24}
        assert hours in ({23}, {25}), hours
        assert at(subscription["current_billing_period_end_date"]) > orb.now
        cadence = subscription["plan"]["prices"][0]["cadence"]
        start = at(subscription["current_billing_period_start_date"]).astimezone(ZoneInfo("Europe/Berlin"))
        apart = (2027 - start.year) * 12 + month - start.month
        assert cadence == next(c for c, months in MONTHS.items() if months > apart)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com"])  # noqa: S104
async def test_it_refuses_to_listen_where_others_could_reach_it(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        run(host, 8029, 0)
