"""The customer who is invoiced whenever a threshold is reached."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .sandbox_client import Orb, OrbAt, at

D = Decimal
THRESHOLD = D("1500.00")
LONDON = ZoneInfo("Europe/London")


def total(values: Any) -> Decimal:
    return sum((D(value) for value in values), D(0))


async def upcoming(orb: Orb) -> Any:
    (subscription,) = await orb.subscriptions("calder")
    assert D(subscription["invoicing_threshold"]) == THRESHOLD
    return await orb.read("/invoices/upcoming", subscription_id=subscription["id"])


async def cut_off(orb: Orb, bill: Any) -> list[Any]:
    """The threshold invoices of the period of a bill, oldest first."""
    found = (await orb.read("/invoices", external_customer_id="calder", limit=100))["data"]
    start = bill["line_items"][0]["start_date"]
    return [i for i in found[::-1] if i["invoice_source"] == "partial" and i["line_items"][0]["start_date"] == start]


async def send(orb: Orb, key: str, timestamp: str, routes: int) -> None:
    event = {
        "external_customer_id": "calder",
        "event_name": "route_plans",
        "timestamp": timestamp,
        "idempotency_key": key,
        "properties": {"routes": routes},
    }
    answer = await orb.http.post("/v1/ingest", json={"events": [event]})
    assert answer.json() == {"validation_failed": []}


@pytest.mark.parametrize(
    ("instant", "many"),
    [
        ("2026-11-01T00:00:00Z", 0),  # the first instant of the period
        ("2026-11-01T00:00:01Z", 0),
        ("2026-11-03T09:00:00Z", 0),
        ("2026-11-20T20:15:30Z", 1),
        ("2026-11-30T23:59:59Z", 2),
        ("2026-12-01T00:00:00Z", 0),
    ],
)
async def test_the_bill_is_what_the_threshold_invoices_have_left(orb_at: OrbAt, instant: str, many: int) -> None:
    async with orb_at(instant) as orb:
        bill = await upcoming(orb)
        cuts = await cut_off(orb, bill)
        assert len(cuts) == many
        for line in bill["line_items"]:
            before = total(
                other["amount"] for cut in cuts for other in cut["line_items"] if other["name"] == line["name"]
            )
            assert D(line["partially_invoiced_amount"]) == before
            assert D(line["adjusted_subtotal"]) - before == D(line["amount"]) >= 0
        lines = bill["line_items"]
        assert total(line["subtotal"] for line in lines) == D(bill["subtotal"])
        charged = total(line["amount"] for cut in cuts for line in cut["line_items"])
        assert D(bill["subtotal"]) - charged == total(line["amount"] for line in lines) < THRESHOLD * 2
        tax = total(t["amount"] for line in lines for t in line["tax_amounts"])
        assert total(line["amount"] for line in lines) + tax == D(bill["total"]) == D(bill["amount_due"])


async def test_a_threshold_invoice_is_issued_at_midnight_of_the_day_that_reached_it(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-30T23:00:00Z") as orb:
        (subscription,) = await orb.subscriptions("calder")
        path = f"/subscriptions/{subscription['id']}/costs"
        days = (await orb.read(path))["data"]
        so_far = {day["timeframe_end"]: D(day["total"]) for day in days}
        before = D(0)
        for cut in await cut_off(orb, await upcoming(orb)):
            issued = at(cut["issued_at"])
            assert cut["issued_at"] == cut["invoice_date"] == cut["created_at"] == cut["line_items"][0]["end_date"]
            assert (issued.astimezone(LONDON).hour, cut["status"]) in {(0, "paid"), (0, "issued")}
            assert at(cut["due_date"]) - issued == timedelta(days=14)
            amount = total(line["amount"] for line in cut["line_items"])
            assert so_far[cut["invoice_date"]] - before == amount >= THRESHOLD
            day_before = (issued - timedelta(days=1)).isoformat()
            assert so_far[day_before] - before < THRESHOLD
            before = so_far[cut["invoice_date"]]
            tax = total(t["amount"] for line in cut["line_items"] for t in line["tax_amounts"])
            assert amount + tax == D(cut["total"]) == D(cut["amount_due"])


async def test_a_late_event_leaves_a_threshold_invoice_alone_and_goes_on_the_bill(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-20T20:15:30Z") as orb:
        before = await upcoming(orb)
        (cut,) = await cut_off(orb, before)
        await send(orb, "late", "2026-11-02T12:00:00Z", 100)
        after = await upcoming(orb)
        assert await cut_off(orb, after) == [cut]
        assert D(after["subtotal"]) - D(before["subtotal"]) == D("31")
        assert D(after["total"]) - D(before["total"]) == D("31") * D("1.2")


async def test_an_event_that_reaches_the_threshold_makes_an_invoice_at_the_end_of_the_day(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-03T09:00:00Z") as orb:
        await send(orb, "many", "2026-11-02T12:00:00Z", 5000)
        assert await cut_off(orb, await upcoming(orb)) == []
        orb.now = at("2026-11-04T00:00:00Z")
        (cut,) = await cut_off(orb, await upcoming(orb))
        assert cut["invoice_date"] == "2026-11-04T00:00:00+00:00"


async def test_an_event_is_seen_from_the_instant_at_which_it_was_received(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-04T00:00:00Z") as orb:  # as the day ends, and not after it
        await send(orb, "many", "2026-11-02T12:00:00Z", 5000)
        orb.later(1)
        assert len(await cut_off(orb, await upcoming(orb))) == 1
    async with orb_at("2026-11-04T00:00:00.000001Z") as orb:
        await send(orb, "many", "2026-11-02T12:00:00Z", 5000)
        orb.later(1)
        assert await cut_off(orb, await upcoming(orb)) == []
        orb.now = at("2026-11-05T00:00:00Z")
        assert len(await cut_off(orb, await upcoming(orb))) == 1
