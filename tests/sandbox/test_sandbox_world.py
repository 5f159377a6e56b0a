"""The invented customers: each shows what it is there for."""

import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.sandbox.catalogue.plans import MONTHS
from app.sandbox.rating.events import Events
from app.sandbox.rating.filling import filled
from app.sandbox.rating.usage import Usage
from app.sandbox.server import run
from app.sandbox.world.cast import CAST
from app.sandbox.world.stage import staged_at
from tests.thorough import some

from .sandbox_client import Orb, OrbAt, at, exact
from .small_worlds import upcoming_bill

D = Decimal

INSTANTS = [
    "2026-11-20T20:15:30.250000+00:00",
    # The first of a month, in Auckland and in Denver, and the end of February.
    "2026-09-30T11:30:00+00:00",
    "2027-01-01T07:00:01+00:00",
    "2028-02-29T12:00:00+00:00",
    # Around changes of clocks: on Lord Howe, at Troll (by two hours), and in Havana, where a day lacks its midnight.
    "2026-10-03T15:30:00+00:00",
    "2026-03-29T01:00:00+00:00",
    "2026-03-08T04:59:59.999999+00:00",
    "2026-03-08T05:00:00+00:00",
    "2026-11-01T05:30:00+00:00",
]


@pytest.fixture(scope="module", params=some(INSTANTS, 4))
def instant(request: pytest.FixtureRequest) -> Iterator[tuple[str, Events]]:
    """The tests of an instant come one after the other, and share the events that the invented customers made."""
    events = Events()
    yield request.param, events
    events.close()


@pytest.fixture
async def then(instant: tuple[str, Events], orb_at: OrbAt) -> AsyncIterator[Orb]:
    at_instant, events = instant
    async with orb_at(at_instant, events=events) as orb:
        yield orb


async def bill_of(orb: Orb, who: str, place: int = 0) -> Any:
    subscription = (await orb.subscriptions(who))[place]
    return await orb.read("/invoices/upcoming", subscription_id=subscription["id"])


async def ledger_of(orb: Orb, who: str, unit: str) -> Any:
    """The newest entry, and the blocks by their balance at the beginning."""
    path = f"/customers/external_customer_id/{who}/credits"
    entries = (await orb.read(f"{path}/ledger", currency=unit, limit=100))["data"]
    return entries[0], (await orb.read(path, currency=unit, limit=100))["data"]


async def named(orb: Orb, who: str, plan: str) -> Any:
    return next(s for s in await orb.subscriptions(who) if s["name"] == plan)


async def bill_named(orb: Orb, who: str, plan: str) -> Any:
    return await orb.read("/invoices/upcoming", subscription_id=(await named(orb, who, plan))["id"])


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


async def test_sparkworks_has_blocks_of_every_state(then: Orb) -> None:
    newest, blocks = await ledger_of(then, "sparkworks", "sparks")
    waiting = [b for b in blocks if b["status"] == "pending_payment"]
    to_come = [b for b in blocks if at(b["effective_date"]) > then.now]
    usable = [b for b in blocks if b not in waiting and b not in to_come]
    assert (len(waiting), len(to_come)) == (1, 1)
    assert sum(b["balance"] for b in usable) == newest["ending_balance"] > 0
    assert all(b["filters"] for b in usable)
    assert [b for b in usable if at(b["expiry_date"]) < then.now + timedelta(days=7)]
    assert newest["currency"] == "sparks"


async def test_sparkworks_pays_for_what_no_block_covers(then: Orb) -> None:
    bill = await bill_of(then, "sparkworks")
    assert bill["currency"] == "USD"
    images, upscales, video, fee = bill["line_items"]
    assert 0 < D(images["credits_applied"]) < D(images["adjusted_subtotal"])
    assert D(upscales["credits_applied"]) == D(upscales["adjusted_subtotal"]) > 0
    assert D(video["credits_applied"]) == 0 < D(video["amount"])
    for line in (images, upscales, video):
        over = D(line["adjusted_subtotal"]) - D(line["credits_applied"])
        assert D(line["amount"]) == (over * D("0.02")).quantize(D("0.01"), ROUND_HALF_UP)
        assert (line["price"]["currency"], line["price"]["conversion_rate"]) == ("sparks", D("0.02"))
    assert fee["price"]["currency"] == "USD"
    assert D(bill["subtotal"]) == D(images["amount"]) + D(video["amount"]) + D("49.00")


async def test_faro_pays_usage_from_blocks_of_dollars_and_the_fee_itself(then: Orb) -> None:
    newest, blocks = await ledger_of(then, "faro", "USD")
    assert (newest["currency"], len(blocks)) == ("USD", 1)
    assert 0 < blocks[0]["balance"] == newest["ending_balance"] < blocks[0]["maximum_initial_balance"]
    bill = await bill_of(then, "faro")
    usage = D(bill["subtotal"]) - D("25.00")
    assert sum(D(line["credits_applied"]) for line in bill["line_items"]) == usage > 0
    assert bill["amount_due"] == "25.00"


async def test_trollheim_owes_credits(then: Orb) -> None:
    newest, (block,) = await ledger_of(then, "trollheim", "credits")
    assert newest["ending_balance"] == block["balance"] < -100
    bill = await bill_of(then, "trollheim")
    assert (bill["currency"], bill["amount_due"]) == ("USD", "75.00")
    assert all(line["credits_applied"] == line["subtotal"] for line in bill["line_items"][:2])
    assert all(line["price"]["conversion_rate"] is None for line in bill["line_items"])


async def test_zeroths_credits_ran_out_exactly(then: Orb) -> None:
    newest, blocks = await ledger_of(then, "zeroth", "credits")
    assert (newest["ending_balance"], blocks) == (0, [])
    bill = await bill_of(then, "zeroth")
    assert any(0 < D(line["credits_applied"]) < D(line["subtotal"]) for line in bill["line_items"])
    over = sum(D(line["subtotal"]) - D(line["credits_applied"]) for line in bill["line_items"])
    assert abs(D(bill["amount_due"]) - over * D("0.06")) <= D("0.01")
    assert D(bill["amount_due"]) > 1


async def test_springboard_pays_nothing_in_a_trial_that_runs(then: Orb) -> None:
    subscription = await named(then, "springboard", "Growth")
    assert at(subscription["trial_info"]["end_date"]) > then.now + timedelta(days=14)
    bill = await bill_named(then, "springboard", "Growth")
    assert D(bill["subtotal"]) > 10
    assert D(bill["total"]) == D(bill["amount_due"]) == 0
    assert bill["line_items"][-1]["quantity"] == 0
    for day in (await then.read(f"/subscriptions/{subscription['id']}/costs", view_mode="periodic"))["data"]:
        assert D(day["total"]) == 0


async def test_springboard_pays_what_it_used_after_a_trial(then: Orb) -> None:
    subscription = await named(then, "springboard", "Insights")
    ended = at(subscription["trial_info"]["end_date"])
    assert at(subscription["current_billing_period_start_date"]) < ended < then.now
    bill = await bill_named(then, "springboard", "Insights")
    days = (await then.read(f"/subscriptions/{subscription['id']}/costs", view_mode="periodic"))["data"]
    free = [day for day in days if at(day["timeframe_end"]) <= ended]
    assert len(free) == 14
    assert all(D(day["total"]) == 0 <= D(day["subtotal"]) for day in free)
    queries, reports, fee = bill["line_items"]
    used = sum(D(day["per_price_costs"][0]["quantity"]) for day in free)
    assert D(queries["amount"]) == (D(queries["quantity"]) - used) * D("0.05") > 0
    assert D(queries["subtotal"]) == D(queries["quantity"]) * D("0.05")
    # A package that was begun in the trial is not paid for again.
    in_trial = sum(int(day["per_price_costs"][1]["quantity"]) for day in free)
    assert D(reports["amount"]) == (-(-reports["quantity"] // 20) - -(-in_trial // 20)) * 3
    assert fee["amount"] == "20.00"
    assert D(bill["amount_due"]) == sum(D(line["amount"]) for line in bill["line_items"])


async def test_lattice_has_every_adjustment_on_a_line_and_one_on_the_invoice(then: Orb) -> None:
    bill = await bill_named(then, "lattice", "Lattice Flex")
    kinds = {
        (a["adjustment_type"], a["is_invoice_level"])
        for line in bill["line_items"]
        for a in line["adjustments"]
        if D(a["amount"]) > 0
    }
    assert kinds == {
        ("usage_discount", False),
        ("amount_discount", False),
        ("percentage_discount", False),
        ("minimum", False),
        ("maximum", False),
        ("maximum", True),
    }
    assert sum(D(line["adjusted_subtotal"]) for line in bill["line_items"]) == 1200
    assert D(bill["subtotal"]) > 1200


async def test_lattice_prices_tokens_by_region_and_model(then: Orb) -> None:
    bill = await bill_named(then, "lattice", "Lattice Flex")
    tokens = bill["line_items"][0]
    config = tokens["price"]["matrix_config"]
    assert config["dimensions"] == ["region", "model"]
    rates = {tuple(v["dimension_values"]): D(v["unit_amount"]) for v in config["matrix_values"]}
    cells = [(tuple(s["matrix_config"]["dimension_values"]), s) for s in tokens["sub_line_items"]]
    assert rates.keys() < {cell for cell, _ in cells}
    for cell, part in cells:
        assert D(part["amount"]) == part["quantity"] * rates.get(cell, D("0.0010"))
    assert sum(D(part["amount"]) for _, part in cells) == D(tokens["subtotal"])


async def test_lattice_leaves_its_plan_next_week_for_another(then: Orb) -> None:
    leaving, coming = [await named(then, "lattice", plan) for plan in ("Lattice Flex", "Lattice Reserved")]
    assert (leaving["status"], coming["status"]) == ("active", "upcoming")
    assert timedelta(days=6) <= at(leaving["end_date"]) - then.now <= timedelta(days=7)
    assert leaving["end_date"] == coming["start_date"]
    assert leaving["pending_subscription_change"]["id"]
    assert coming["pending_subscription_change"] is coming["current_billing_period_start_date"] is None
    answer = await then.get("/invoices/upcoming", subscription_id=coming["id"])
    assert answer.status_code == 404
    assert (await then.read(f"/subscriptions/{coming['id']}/costs"))["data"] == []


async def test_a_change_of_plan_is_pending_until_it_happens_and_an_end_is_no_change(orb: Orb) -> None:
    (sunset,) = await orb.subscriptions("sunset")
    orb.later(-60 * 86_400)
    (active,) = await orb.subscriptions("sunset")
    assert (active["status"], active["end_date"], active["pending_subscription_change"]) == (
        "active",
        sunset["end_date"],
        None,
    )
    orb.later(68 * 86_400)
    left, new = [await named(orb, "lattice", plan) for plan in ("Lattice Flex", "Lattice Reserved")]
    assert (left["status"], new["status"]) == ("ended", "active")
    assert left["pending_subscription_change"] is new["pending_subscription_change"] is None


async def test_lattice_owes_a_balance(then: Orb) -> None:
    assert (await then.read("/customers/external_customer_id/lattice"))["balance"] == "-48.15"
    bill = await bill_named(then, "lattice", "Lattice Flex")
    assert D(bill["amount_due"]) == D(bill["total"]) + D("48.15")
    (moved,) = bill["customer_balance_transactions"]
    assert (moved["type"], moved["amount"]) == ("increment", "48.15")
    assert D(moved["ending_balance"]) == 0


async def test_babel_has_forty_workspaces_with_names_that_break_pages(then: Orb) -> None:
    (subscription,) = await then.subscriptions("babel")
    span = {"timeframe_start": subscription["start_date"], "timeframe_end": then.now.isoformat()}
    answer = exact(await then.groups(subscription["id"], grouping_keys=["workspace_id"], limit=100, **span))
    names = [group["grouping_values"][0] for group in answer["data"]]
    assert (len(set(names)), len(names), answer["has_more"]) == (40, 40, False)
    assert {"=1+1", "+1+1", "-1+1", "@SUM(A1:A9)", "<script>alert(1)</script>", " ", "null"} <= set(names)
    assert max(map(len, names)) == 300
    assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == 38
    letters = {letter for name in names for letter in name}
    assert {"\u202e", "\u200d", "\u0338", "\u001b", "\u0007", "\r", "\n", "\t", '"', "\\", "\u200b"} <= letters
    assert "\0" not in letters
    scripts = {unicodedata.name(letter).split()[0] for letter in letters if letter.isalpha()}
    assert {"ARABIC", "HEBREW", "THAI", "DEVANAGARI", "CJK", "HANGUL", "TAMIL", "ETHIOPIC", "CYRILLIC"} <= scripts


async def test_mote_is_billed_less_than_a_cent_exactly(then: Orb) -> None:
    bill = await bill_named(then, "mote", "Heartbeats")
    (line,) = bill["line_items"]
    assert line["price"]["unit_config"]["unit_amount"] == "0.000004"
    assert D(0) < D(bill["amount_due"]) == line["quantity"] * D("0.000004") < D("0.001")
    assert re.fullmatch(r"0\.000\d+", bill["amount_due"])


async def test_chorus_counts_what_does_not_add_up(then: Orb) -> None:
    bill = await bill_of(then, "chorus")
    users, stored, _ = bill["line_items"]
    regions = [part for part in users["sub_line_items"] if part["grouping"]]
    assert {part["grouping"]["key"] for part in regions} == {"region"}
    assert sum(part["quantity"] for part in regions) >= users["quantity"] > 0
    low, high = at(bill["line_items"][0]["start_date"]), then.now
    peaks, many = [], D(0)
    for start in (low, low + (high - low) / 2):
        span = {"timeframe_start": start.isoformat(), "timeframe_end": high.isoformat()}
        path = f"/subscriptions/{bill['subscription']['id']}/costs"
        last = (await then.read(path, view_mode="cumulative", **span))["data"][-1]
        peaks.append(last["per_price_costs"][1]["quantity"])
        many = last["per_price_costs"][0]["quantity"]
    assert peaks == [stored["quantity"]] * 2
    assert many == users["quantity"] <= 2_400
    assert stored["quantity"] <= 1_995


async def test_orchard_pays_for_its_children_who_have_no_costs(then: Orb) -> None:
    bill = await bill_of(then, "orchard")
    parent = await then.read("/customers/external_customer_id/orchard")
    children = parent["hierarchy"]["children"]
    assert [child["external_customer_id"] for child in children] == ["orchard-east", "orchard-west"]
    irrigation = bill["line_items"][0]
    assert irrigation["usage_customer_ids"] == [parent["id"], *(child["id"] for child in children)]
    start = then.now - timedelta(days=20)
    span = {"timeframe_start": start.isoformat(), "timeframe_end": then.now.isoformat()}
    answer = exact(await then.groups(bill["subscription"]["id"], grouping_keys=["workspace_id"], limit=100, **span))
    assert {"east-valley", "west-terraces", "production"} <= {g["grouping_values"][0] for g in answer["data"]}
    for child in children:
        customer = await then.read(f"/customers/{child['id']}")
        assert customer["hierarchy"]["parent"]["id"] == parent["id"]
        assert at(customer["created_at"]) < at(irrigation["start_date"])
        for bounds in ({}, span):
            assert (await then.read(f"/customers/{child['id']}/costs", **bounds))["data"] == []


async def test_orchard_west_has_a_bill_without_costs(then: Orb) -> None:
    (subscription,) = await then.subscriptions("orchard-west")
    assert (await bill_of(then, "orchard-west"))["amount_due"] == "120.00"
    assert (await then.read(f"/subscriptions/{subscription['id']}/costs"))["data"] == []
    assert await then.subscriptions("orchard-east") == []


async def test_gulf_is_billed_in_dinars_by_the_year_and_by_the_quarter(then: Orb) -> None:
    for plan, cadence, months in (("Sovereign Cloud", "annual", 12), ("Backup", "quarterly", 3)):
        subscription = await named(then, "gulf", plan)
        assert {price["cadence"] for price in subscription["plan"]["prices"]} == {cadence}
        start, end = (
            at(subscription[f"current_billing_period_{bound}_date"]).astimezone(ZoneInfo("Asia/Kuwait"))
            for bound in ("start", "end")
        )
        assert (end.year - start.year) * 12 + end.month - start.month == months
        bill = await bill_named(then, "gulf", plan)
        assert bill["currency"] == "KWD"
        assert re.fullmatch(r"\d+\.\d{3,4}", bill["amount_due"])
        assert D(bill["amount_due"]) > 1


async def test_himal_pays_a_share_in_rupees_from_the_last_day_of_a_month(then: Orb) -> None:
    (subscription,) = await then.subscriptions("himal")
    bill = await bill_of(then, "himal")
    volume = bill["line_items"][0]
    assert (bill["currency"], volume["price"]["percent_config"]["percent"]) == ("INR", D("0.015"))
    assert D(volume["subtotal"]) == volume["quantity"] * D("0.015") > 0
    assert subscription["billing_cycle_day"] == 31
    for bound in ("start", "end"):
        day = at(subscription[f"current_billing_period_{bound}_date"]).astimezone(ZoneInfo("Asia/Kathmandu"))
        assert (day + timedelta(days=1)).day == 1


async def test_between_them_they_have_every_price_currency_and_awkward_zone(orb: Orb) -> None:
    customers = (await orb.read("/customers", limit=100))["data"]
    zones = {"Australia/Lord_Howe", "Antarctica/Troll", "Asia/Kathmandu", "America/Havana"}
    assert zones <= {customer["timezone"] for customer in customers}
    prices = [price for s in await orb.subscriptions() for price in s["plan"]["prices"]]
    assert {price["model_type"] for price in prices} == {"unit", "package", "tiered", "bulk", "matrix", "percent"}
    assert {"USD", "EUR", "JPY", "KWD", "INR", "credits", "sparks"} <= {price["currency"] for price in prices}
    assert {price["cadence"] for price in prices} >= {"monthly", "quarterly", "annual"}


async def test_amounts_come_to_whole_cents_but_for_the_one_who_is_there_for_less(then: Orb) -> None:
    for who in ("babel", "chorus", "faro", "lattice", "springboard", "orchard", "himal"):
        for subscription in await then.subscriptions(who):
            if subscription["status"] == "active":
                bill = await then.read("/invoices/upcoming", subscription_id=subscription["id"])
                assert D(bill["subtotal"]) == D(bill["subtotal"]).quantize(D("0.01")), who


@pytest.mark.parametrize("fewest", [0, 500_000])
async def test_a_sandbox_can_be_filled_before_it_is_asked(fewest: int) -> None:
    world = staged_at(at(INSTANTS[0]))
    events = filled(world, fewest)
    assert fewest <= events.count() < max(250_000, fewest * 1.01)
    since = {each.id: events.ask("SELECT min(timestamp) FROM events", [each.id])[0][0] for each in world.customers}
    first = {customer: at for customer, at in since.items() if at is not None}
    assert len(first) >= len([role for role in CAST if role.habits or any(deal.habits for deal in role.deals)])
    for customer in world.customers:
        if customer.id in first:
            assert first[customer.id] > customer.created.replace(tzinfo=None) - timedelta(days=1)
    count = events.count()
    for subscription in world.subscriptions:
        if subscription.status(world.staged) == "active":
            upcoming_bill(Usage(events, world.staged), world, subscription)
    assert events.count() == count
    events.close()


@pytest.mark.parametrize("who", ["lumen", "gulf", "orchard"])
async def test_usage_that_is_made_at_the_start_is_what_it_is_when_made_on_demand(orb_at: OrbAt, who: str) -> None:
    async with orb_at(INSTANTS[0], fill=0) as before, orb_at(INSTANTS[0]) as later:
        assert await bill_of(before, who) == await bill_of(later, who)


async def test_bills_grow_with_the_load(orb_at: OrbAt) -> None:
    async with orb_at(INSTANTS[0], fill=600_000) as full, orb_at(INSTANTS[0]) as usual:
        assert D((await bill_of(full, "babel"))["total"]) > D((await bill_of(usual, "babel"))["total"])
