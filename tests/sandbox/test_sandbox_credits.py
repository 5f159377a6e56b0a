"""The credit ledger and its blocks, at instants all over the month."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.thorough import some

from .sandbox_client import Invented, Orb, OrbAt, at, exact

D = Decimal
LEDGER = "/customers/external_customer_id/lumen/credits/ledger"
BLOCKS = "/customers/external_customer_id/lumen/credits"
INSTANTS = [
    "2026-11-20T20:15:30.250000+00:00",
    "2026-11-01T07:00:00+00:00",
    "2026-11-01T06:59:59.999999+00:00",
    "2026-11-16T08:00:00+00:00",
    "2026-11-16T08:00:01+00:00",
    "2026-03-08T10:00:00+00:00",
    "2026-03-01T08:00:00+00:00",
    "2026-12-31T23:59:59+00:00",
    "2027-08-23T06:59:59+00:00",
]


@pytest.fixture(scope="module", params=some(INSTANTS, 4))
def instant(request: pytest.FixtureRequest) -> Iterator[tuple[str, Invented]]:
    """The tests of an instant come one after the other, and share the events that the invented customers made."""
    events = Invented()
    yield request.param, events
    events.close()


@pytest.fixture
async def orb_then(instant: tuple[str, Invented], orb_at: OrbAt) -> AsyncIterator[Orb]:
    at_instant, events = instant
    async with orb_at(at_instant, events=events) as orb:
        yield orb


async def every(orb: Orb, path: str, **query: Any) -> list[Any]:
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await orb.read(path, limit=100, **query, **cursor)
        found += page["data"]
        if not page["pagination_metadata"]["has_more"]:
            return found
        cursor = {"cursor": page["pagination_metadata"]["next_cursor"]}


async def test_the_ledger_is_one_unbroken_chain(orb_then: Orb) -> None:
    entries = await every(orb_then, LEDGER, currency="credits")
    assert 150 < len(entries) < 300
    numbers = [entry["ledger_sequence_number"] for entry in entries]
    assert numbers == list(range(len(entries), 0, -1))
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert entries[-1]["starting_balance"] == 0
    for newer, older in pairwise(entries):
        assert newer["starting_balance"] == older["ending_balance"]
        assert at(newer["created_at"]) >= at(older["created_at"])
    assert at(entries[0]["created_at"]) <= orb_then.now
    for entry in entries:
        change = D(entry["ending_balance"]) - D(entry["starting_balance"])
        sign = {"increment": 1, "amendment": 1, "decrement": -1, "credit_block_expiry": -1, "void": -1}
        assert change == sign.get(entry["entry_type"], 0) * D(entry["amount"])
        assert entry["amount"] > 0


async def test_the_ledger_has_entries_of_all_seven_types(orb_then: Orb) -> None:
    entries = await every(orb_then, LEDGER)
    assert {entry["entry_type"] for entry in entries} == {
        "increment",
        "decrement",
        "expiration_change",
        "credit_block_expiry",
        "void",
        "void_initiated",
        "amendment",
    }


async def test_the_balance_is_what_the_active_blocks_hold(orb_then: Orb) -> None:
    newest = (await orb_then.read(LEDGER, limit=1))["data"][0]
    blocks = await every(orb_then, BLOCKS)
    active = [block for block in blocks if block["status"] == "active"]
    assert sum(D(block["balance"]) for block in active) == D(newest["ending_balance"])
    assert all(block["balance"] > 0 for block in blocks)


async def test_there_are_the_blocks_a_dashboard_should_warn_of(orb_then: Orb) -> None:
    blocks = await every(orb_then, BLOCKS)
    soon = orb_then.now + timedelta(days=10)
    expiring = [b for b in blocks if at(b["expiry_date"]) <= soon]
    assert [(b["per_unit_cost_basis"], b["status"]) for b in expiring] == [("0.00", "active")]
    paid = [b for b in blocks if b["credit_block_source"] == "top_up" and b["status"] == "active"]
    assert len(paid) == 2
    assert all(D(b["per_unit_cost_basis"]) > 0 for b in paid)
    assert [b["status"] for b in blocks].count("pending_payment") == 1


async def test_every_day_price_and_block_has_one_decrement_and_only_todays_is_pending(orb_then: Orb) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    today = orb_then.now.astimezone(zone).date()
    seen = set()
    for entry in await every(orb_then, LEDGER, entry_type="decrement"):
        created = at(entry["created_at"])
        pending = entry["entry_status"] == "pending"
        # What a day has used is written when it ends.
        day = created.astimezone(zone).date() if pending else (created - timedelta(hours=1)).astimezone(zone).date()
        assert pending == (day == today)
        key = day, entry["price_id"], entry["credit_block"]["id"]
        assert key not in seen
        seen.add(key)


async def test_some_day_draws_on_two_blocks_the_soonest_to_expire_first(orb: Orb) -> None:
    entries = (await every(orb, LEDGER, entry_type="decrement"))[::-1]
    split = [
        (older, newer)
        for older, newer in pairwise(entries)
        if (older["created_at"], older["price_id"]) == (newer["created_at"], newer["price_id"])
    ]
    assert split
    for older, newer in split:
        assert older["credit_block"]["expiry_date"] < newer["credit_block"]["expiry_date"]


async def test_what_was_drawn_this_period_is_what_the_bill_covers_with_credits(orb_then: Orb) -> None:
    (subscription,) = await orb_then.subscriptions("lumen")
    bill = await orb_then.read("/invoices/upcoming", subscription_id=subscription["id"])
    assert (bill["currency"], bill["total"], bill["amount_due"]) == ("credits", "0.00", "0.00")
    drawn: dict[str, Decimal] = {}
    for entry in await every(orb_then, LEDGER, entry_type="decrement"):
        if entry["invoice_id"] == bill["id"]:
            drawn[entry["price_id"]] = drawn.get(entry["price_id"], D(0)) + D(entry["amount"])
    for line in bill["line_items"]:
        assert line["credits_applied"] == line["adjusted_subtotal"]
        assert line["amount"] == "0.00"
        assert drawn.get(line["price"]["id"], D(0)) == D(line["credits_applied"])


async def test_the_ledger_can_be_filtered(orb: Orb) -> None:
    pending = await every(orb, LEDGER, entry_status="pending")
    assert pending
    assert {entry["entry_status"] for entry in pending} == {"pending"}
    committed = await every(orb, LEDGER, entry_status="committed")
    assert len(pending) + len(committed) == len(await every(orb, LEDGER))
    big = await every(orb, LEDGER, minimum_amount="5000")
    assert {entry["amount"] for entry in big} >= {12_000, 24_000, 10_000}
    recent = await every(orb, LEDGER, **{"created_at[gte]": "2026-11-01T07:00:00Z"})
    assert all(at(entry["created_at"]) >= at("2026-11-01T07:00:00+00:00") for entry in recent)
    assert 0 < len(recent) < len(committed)


async def test_empty_and_lapsed_blocks_are_listed_on_request(orb: Orb) -> None:
    some, more = await every(orb, BLOCKS), await every(orb, BLOCKS, include_all_blocks="true")
    assert {block["id"] for block in some} < {block["id"] for block in more}
    assert 0 in {block["balance"] for block in more}


async def test_a_pricing_unit_without_a_ledger_is_an_empty_list(orb: Orb) -> None:
    for path in (LEDGER, BLOCKS):
        assert await orb.read(path, currency="tokens") == {
            "data": [],
            "pagination_metadata": {"has_more": False, "next_cursor": None},
        }


async def test_both_forms_of_the_path_answer_alike(orb: Orb) -> None:
    customer = await orb.read("/customers/external_customer_id/lumen")
    for path in ("credits/ledger", "credits", "costs"):
        one = await orb.get(f"/customers/{customer['id']}/{path}")
        other = await orb.get(f"/customers/external_customer_id/lumen/{path}")
        assert exact(one) == exact(other)


async def test_what_comes_after_the_invoice_was_issued_draws_on_nothing(orb: Orb) -> None:
    path = "/customers/external_customer_id/lumen/credits/ledger"
    october = (await orb.read("/invoices", external_customer_id="lumen"))["data"][0]

    async def drawn() -> list[Any]:
        entries: list[Any] = []
        query: dict[str, Any] = {"limit": 100, "entry_type": "decrement"}
        while True:
            page = await orb.read(path, **query)
            entries += [entry for entry in page["data"] if entry["invoice_id"] == october["id"]]
            if not page["pagination_metadata"]["has_more"]:
                return entries
            query["cursor"] = page["pagination_metadata"]["next_cursor"]

    before = await drawn()
    event = {"event_name": "images", "external_customer_id": "lumen", "timestamp": "2026-10-28T12:00:00Z"}
    body = {"events": [event | {"idempotency_key": "late", "properties": {"images": 100}}]}
    (await orb.http.post("/v1/ingest", json=body)).raise_for_status()
    assert await drawn() == before != []
    assert (await orb.read(f"/invoices/{october['id']}"))["line_items"] == october["line_items"]
