"""Figures that must agree exactly, at any instant, for every customer."""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.sandbox.rating.events import Events
from tests.thorough import some

from .sandbox_client import Orb, OrbAt, at, exact

D = Decimal
_chance = random.Random(20261120)

INSTANTS = [
    "2026-11-20T20:15:30.250000+00:00",
    # Around changes of the clocks, in New York and in Berlin.
    "2026-03-08T06:59:59.999999+00:00",
    "2026-10-25T00:30:00+00:00",
    # First and last instants of billing periods: New York, Tokyo.
    "2026-11-01T04:00:00+00:00",
    "2026-12-01T04:59:59.999999+00:00",
    "2028-02-29T12:00:00+00:00",
    (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=_chance.uniform(0, 5 * 365 * 86_400))).isoformat(),
]


def total(values: Any) -> Decimal:
    return sum((D(value) for value in values), D(0))


@pytest.fixture(scope="module", params=some(INSTANTS, 3))
def instant(request: pytest.FixtureRequest) -> Iterator[tuple[str, Events]]:
    """The tests of an instant come one after the other, and share the events that the invented customers made."""
    events = Events()
    yield request.param, events
    events.close()


@pytest.fixture
async def orb_then(instant: tuple[str, Events], orb_at: OrbAt) -> AsyncIterator[Orb]:
    at_instant, events = instant
    async with orb_at(at_instant, events=events) as orb:
        yield orb


async def started(orb: Orb) -> list[Any]:
    """Subscriptions with costs: not those that are to come, and not a child's, whose costs its parent has."""
    every = await orb.subscriptions()
    return [s for s in every if s["status"] != "upcoming" and not s["customer"]["hierarchy"]["parent"]]


async def active(orb: Orb) -> list[Any]:
    return [s for s in await started(orb) if s["status"] == "active"]


async def costs(orb: Orb, subscription: Any, **query: Any) -> list[Any]:
    data: list[Any] = (await orb.read(f"/subscriptions/{subscription['id']}/costs", **query))["data"]
    return data


def per_price(buckets: list[Any], figure: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for bucket in buckets:
        for cost in bucket["per_price_costs"]:
            sums[cost["price_id"]] = sums.get(cost["price_id"], D(0)) + D(cost[figure])
    return sums


async def test_the_days_add_up_to_the_period_so_far(orb_then: Orb) -> None:
    for subscription in await started(orb_then):
        days = await costs(orb_then, subscription, view_mode="periodic")
        so_far = await costs(orb_then, subscription)
        assert len(days) == len(so_far) > 0
        for number, point in enumerate(so_far, 1):
            for figure in ("subtotal", "total"):
                assert total(day[figure] for day in days[:number]) == D(point[figure])
        for figure in ("subtotal", "total", "quantity"):
            assert per_price(days, figure) == per_price(so_far[-1:], figure)


async def test_every_bucket_is_the_sum_of_its_prices(orb_then: Orb) -> None:
    for subscription in await started(orb_then):
        for mode in ("periodic", "cumulative"):
            for bucket in await costs(orb_then, subscription, view_mode=mode):
                for figure in ("subtotal", "total"):
                    assert total(c[figure] for c in bucket["per_price_costs"]) == D(bucket[figure])


async def test_the_bill_is_the_period_so_far(orb_then: Orb) -> None:
    for subscription in await active(orb_then):
        answer = await orb_then.get("/invoices/upcoming", subscription_id=subscription["id"])
        if answer.status_code == 404:
            assert subscription["customer"]["external_customer_id"] == "quiet"
            continue
        bill = exact(answer)
        currencies = {price["currency"] for price in subscription["plan"]["prices"]}
        lasts = [(await costs(orb_then, subscription, currency=currency))[-1] for currency in currencies]
        if currencies == {bill["currency"]}:
            assert D(bill["subtotal"]) == D(lasts[0]["subtotal"])
            assert total(line["adjusted_subtotal"] for line in bill["line_items"]) == D(lasts[0]["total"])
        assert bill["line_items"][0]["start_date"] == lasts[0]["timeframe_start"]
        by_price = {c["price_id"]: c for last in lasts for c in last["per_price_costs"]}
        for line in bill["line_items"]:
            cost = by_price[line["price"]["id"]]
            assert D(line["quantity"]) == D(cost["quantity"])
            assert (line["subtotal"], line["adjusted_subtotal"]) == (cost["subtotal"], cost["total"])


async def test_a_bill_can_be_recalculated_line_by_line(orb_then: Orb) -> None:
    for subscription in await active(orb_then):
        answer = await orb_then.get("/invoices/upcoming", subscription_id=subscription["id"])
        if answer.status_code == 404:
            continue
        bill = exact(answer)
        for line in bill["line_items"]:
            adjusted = D(line["subtotal"])
            for adjustment in line["adjustments"]:
                raises = adjustment["adjustment_type"] == "minimum"
                adjusted += D(adjustment["amount"]) * (1 if raises else -1)
            assert adjusted == D(line["adjusted_subtotal"])
            left = D(line["adjusted_subtotal"]) - D(line["credits_applied"])
            if line["price"]["currency"] != bill["currency"]:
                left = (left * (line["price"]["conversion_rate"] or 0)).quantize(D("0.01"), ROUND_HALF_UP)
            assert left - D(line["partially_invoiced_amount"]) == D(line["amount"])
            if (model := line["price"]["model_type"]) in {"tiered", "matrix"}:
                parts = [
                    part for part in line["sub_line_items"] if part["type"] == {"tiered": "tier"}.get(model, model)
                ]
                assert total(part["amount"] for part in parts) == D(line["subtotal"])
                assert total(part["quantity"] for part in parts) == D(line["quantity"])
        lines = bill["line_items"]
        counted = ("subtotal" if line["price"]["currency"] == bill["currency"] else "amount" for line in lines)
        assert total(line[field] for line, field in zip(lines, counted, strict=True)) == D(bill["subtotal"])
        tax = total(t["amount"] for line in lines for t in line["tax_amounts"])
        assert total(line["amount"] for line in lines) + tax == D(bill["total"])
        paid = D(0)
        for moved in bill["customer_balance_transactions"]:
            # A balance that is owed is settled by this bill, one that is left pays of it.
            pays = D(moved["amount"]) * (1 if moved["type"] == "decrement" else -1)
            assert D(moved["starting_balance"]) - pays == D(moved["ending_balance"]) >= 0
            assert (pays > 0) == (D(moved["starting_balance"]) > 0)
            paid += pays
        assert D(bill["total"]) - paid == D(bill["amount_due"]) >= 0


async def test_groups_and_what_belongs_to_none_make_up_the_subtotal(orb_then: Orb) -> None:
    for subscription in await active(orb_then):
        # Not switched on, too many of them, and not to be told apart: who uses two workspaces is one user.
        if subscription["customer"]["external_customer_id"] in {"atelier", "mote", "chorus"}:
            continue
        start = at(subscription["current_billing_period_start_date"])
        windows = [
            (start, min(orb_then.now + timedelta(hours=1), start + timedelta(days=32))),
            (orb_then.now - timedelta(days=9, hours=5), orb_then.now - timedelta(hours=3)),
            (orb_then.now - timedelta(days=31), orb_then.now),
        ]
        for low, high in windows:
            if low < orb_then.now - timedelta(days=100) or high <= low:
                continue
            span = {"timeframe_start": low.isoformat(), "timeframe_end": high.isoformat()}
            days = await costs(orb_then, subscription, view_mode="periodic", **span)
            subtotal = total(day["subtotal"] for day in days)
            fees = total(
                c["subtotal"]
                for day in days
                for c in day["per_price_costs"]
                if c["price"]["price_type"] == "fixed_price"
            )
            answer = await orb_then.groups(subscription["id"], grouping_keys=["workspace_id"], limit=100, **span)
            groups = exact(answer)
            assert groups["has_more"] is False
            amounts = [D(group["subtotal"]) for group in groups["data"]]
            assert amounts == sorted(amounts, reverse=True)
            residual = subtotal - sum(amounts)
            assert residual >= fees
            tagged = subtotal - fees
            # Usage without a workspace is a small part of all usage, never all of it.
            assert tagged < 5 or residual - fees < tagged / 3
            regions = exact(await orb_then.groups(subscription["id"], grouping_keys=["region"], **span))
            # Shares of prices that are not linear are rounded.
            assert abs(total(group["subtotal"] for group in regions["data"]) - sum(amounts)) < D("0.01")


async def test_the_customer_roll_up_is_the_sum_of_its_subscriptions(orb_then: Orb) -> None:
    for mode in ("periodic", "cumulative"):
        window = {
            "timeframe_start": (orb_then.now - timedelta(days=40)).isoformat(),
            "timeframe_end": (orb_then.now + timedelta(days=2)).isoformat(),
        }
        for bounds in ({}, window):
            for currency in ("USD", "EUR"):
                query = {"view_mode": mode, "currency": currency, **bounds}
                path = "/customers/external_customer_id/halcyon/costs"
                rolled = (await orb_then.read(path, **query))["data"]
                sums: dict[tuple[str, str], list[Decimal]] = {}
                prices: set[str] = set()
                for subscription in await orb_then.subscriptions("halcyon"):
                    if subscription["plan"]["currency"] != currency:
                        continue
                    for bucket in await costs(orb_then, subscription, view_mode=mode, **bounds):
                        span = bucket["timeframe_start"], bucket["timeframe_end"]
                        both = sums.setdefault(span, [D(0), D(0)])
                        both[0] += D(bucket["subtotal"])
                        both[1] += D(bucket["total"])
                        prices |= {c["price_id"] for c in bucket["per_price_costs"]}
                assert {
                    (b["timeframe_start"], b["timeframe_end"]): [D(b["subtotal"]), D(b["total"])] for b in rolled
                } == sums
                for bucket in rolled:
                    assert {c["price_id"] for c in bucket["per_price_costs"]} == prices


async def test_buckets_cover_the_window_and_begin_at_local_midnight(orb_then: Orb) -> None:
    for subscription in await active(orb_then):
        zone = ZoneInfo(subscription["customer"]["timezone"])
        low = max(orb_then.now - timedelta(days=63, hours=7), at(subscription["start_date"]))
        high = orb_then.now + timedelta(days=5)
        span = {"timeframe_start": low.isoformat(), "timeframe_end": high.isoformat()}
        days = await costs(orb_then, subscription, view_mode="periodic", **span)
        assert at(days[0]["timeframe_start"]) == low
        assert at(days[-1]["timeframe_start"]) <= orb_then.now < at(days[-1]["timeframe_end"])
        for day, following in pairwise(days):
            assert day["timeframe_end"] == following["timeframe_start"]
            local = at(following["timeframe_start"]).astimezone(zone)
            # In Havana clocks go from 23:59 to 1:00: there a day may begin without a midnight.
            assert (local.hour, local.minute, local.second) in {(0, 0, 0), (1, 0, 0)}
            assert (at(day["timeframe_end"]) - timedelta.resolution).astimezone(zone).date() < local.date()
            previous = at(day["timeframe_start"]).astimezone(zone).date()
            assert local.date() == previous + timedelta(days=1)


async def test_a_moment_later_there_is_a_little_more(orb_then: Orb) -> None:
    (northwind,) = await orb_then.subscriptions("northwind")
    before = await orb_then.read("/invoices/upcoming", subscription_id=northwind["id"])
    orb_then.later(4 * 3600)
    after = await orb_then.read("/invoices/upcoming", subscription_id=northwind["id"])
    if before["id"] == after["id"]:
        assert D(0) < D(after["subtotal"]) - D(before["subtotal"]) < 200
