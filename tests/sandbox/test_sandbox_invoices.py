"""Invoices: which there are, what they come to, and what becomes of them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

import anyio
import pytest

from app.sandbox.clock import Clock
from app.sandbox.rating.bill import partial_bill
from app.sandbox.rating.books import Books
from app.sandbox.rating.events import Events
from app.sandbox.rating.history import Invoice
from app.sandbox.rating.lines import line_of
from app.sandbox.rating.thresholds import Partial
from app.sandbox.world.cast import CAST
from app.sandbox.world.stage import staged_at
from app.sandbox.world.world import Subscription

from .sandbox_client import Orb, OrbAt, at, exact

D = Decimal
NOW = "2026-11-20T20:15:30.25+00:00"
EVERY = {"status[]": ["draft", "issued", "paid", "synced", "void"], "limit": 100}
WHOLE = {"line_items", "subtotal", "hidden_line_item_count", "discount", "discounts"}
BOUNDS = {"minimum", "minimum_amount", "maximum", "maximum_amount"}


@pytest.fixture(scope="module")
def events() -> Iterator[Events]:
    """Events that only the invented customers make, for tests that send none."""
    events = Events()
    yield events
    events.close()


@pytest.fixture
async def orb(orb_at: OrbAt, events: Events) -> AsyncIterator[Orb]:
    async with orb_at(NOW, events=events) as orb:
        yield orb


def total(values: Any) -> Decimal:
    return sum((D(value) for value in values), D(0))


async def invoices(orb: Orb, who: str | None = None, **query: Any) -> list[Any]:
    whose = {"external_customer_id": who} if who else {}
    query = {"status[]": query.pop("status"), **query} if "status" in query else query
    found: list[Any] = (await orb.read("/invoices", **(EVERY | whose | query)))["data"]
    return found


async def recent(orb: Orb, who: str = "northwind", **query: Any) -> list[Any]:
    """The invoices of the running period and the one before."""
    return await invoices(orb, who, **{"invoice_date[gt]": (orb.now - timedelta(days=29)).isoformat()}, **query)


async def send(orb: Orb, key: str, timestamp: str, requests: int = 1_000_000) -> None:
    event = {
        "external_customer_id": "northwind",
        "event_name": "api_requests",
        "timestamp": timestamp,
        "idempotency_key": key,
        "properties": {"requests": requests},
    }
    answer = await orb.http.post("/v1/ingest", json={"events": [event]})
    assert answer.json() == {"validation_failed": []}


@pytest.mark.parametrize("instant", [NOW, "2026-11-01T06:30:00+00:00", "2027-03-01T16:59:00+00:00"])
async def test_every_figure_of_every_invoice_adds_up(orb_at: OrbAt, events: Events, instant: str) -> None:
    async with orb_at(instant, events=events) as orb:
        names = [c["external_customer_id"] for c in (await orb.read("/customers", limit=100))["data"]]
        for invoice in [i for name in names for i in await invoices(orb, name)]:
            lines = invoice["line_items"]
            money = [line for line in lines if line["price"]["currency"] == invoice["currency"]]
            if len(money) == len(lines):
                assert total(line["subtotal"] for line in lines) == D(invoice["subtotal"])
            for line in money:
                spent = D(line["credits_applied"]) + D(line["partially_invoiced_amount"])
                assert D(line["adjusted_subtotal"]) - spent == D(line["amount"])
            tax = total(t["amount"] for line in lines for t in line["tax_amounts"])
            assert total(line["amount"] for line in lines) + tax == D(invoice["total"])
            balance = D(0)
            for moved in invoice["customer_balance_transactions"]:
                change = D(moved["starting_balance"]) - D(moved["ending_balance"])
                assert abs(change) == D(moved["amount"]) > 0
                assert moved["type"] == ("decrement" if change > 0 else "increment")
                balance += change
            assert D(invoice["total"]) - balance == D(invoice["amount_due"])


async def test_every_period_has_one_invoice_and_the_running_one_a_draft(orb: Orb) -> None:
    found = await invoices(orb, "northwind")
    assert [i["status"] for i in found] == ["draft"] + ["paid"] * 14
    (subscription,) = await orb.subscriptions("northwind")
    assert found[-1]["line_items"][0]["start_date"] == subscription["start_date"]
    dates = [i["invoice_date"] for i in found]
    assert dates == sorted(dates, reverse=True)
    for later, earlier in pairwise(found):
        assert later["line_items"][0]["start_date"] == earlier["invoice_date"] == earlier["line_items"][0]["end_date"]
    assert len({i["id"] for i in found}) == len({i["invoice_number"] for i in found}) == len(found)


async def test_numbers_and_ids_are_unique_in_the_whole_account(orb: Orb) -> None:
    found = await invoices(orb)
    assert len({i["id"] for i in found}) == len({i["invoice_number"] for i in found}) == len(found) > 60


async def test_invoices_are_the_same_at_every_start(orb: Orb, orb_at: OrbAt) -> None:
    async with orb_at(NOW) as other:
        for who in ("calder", "atelier", "sunset"):
            assert await invoices(other, who) == await invoices(orb, who)


async def test_a_customer_without_bills_has_no_invoices(orb: Orb) -> None:
    assert await invoices(orb, "quiet") == await invoices(orb, "nobody") == await invoices(orb, "who") == []


async def test_a_draft_waits_twelve_hours_for_late_events_and_is_paid_days_later(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-30T20:00:00Z") as orb:
        (draft,) = await recent(orb, **{"status[]": "draft"})
        assert (draft["invoice_date"], draft["created_at"]) == (
            "2026-12-01T05:00:00+00:00",
            "2026-11-01T04:00:00+00:00",
        )
        issue = "2026-12-01T17:00:00+00:00"
        assert (draft["eligible_to_issue_at"], draft["scheduled_issue_at"]) == (issue, issue)
        assert draft["will_auto_issue"] is True
        nothing = ("due_date", "issued_at", "paid_at", "hosted_invoice_url", "invoice_pdf", "payment_started_at")
        assert [draft[name] for name in nothing] == [None] * 6
        orb.now = at("2026-12-01T16:59:59Z")
        assert [i["status"] for i in await recent(orb)] == ["draft", "draft"]
        orb.now = at(issue)
        issued = await orb.read(f"/invoices/{draft['id']}")
        assert (issued["status"], issued["issued_at"], issued["due_date"]) == (
            "issued",
            issue,
            "2026-12-15T17:00:00+00:00",
        )
        assert (issued["eligible_to_issue_at"], issued["will_auto_issue"]) == (None, False)
        assert issued["hosted_invoice_url"].startswith("https://invoices.orb-sandbox.example/")
        assert at(issued["auto_collection"]["next_attempt_at"]) > orb.now
        orb.now = at(issued["auto_collection"]["next_attempt_at"])
        paid = await orb.read(f"/invoices/{draft['id']}")
        assert paid["status"] == "paid"
        (attempt,) = paid["payment_attempts"]
        assert attempt["succeeded"] is True
        assert attempt["amount"] == paid["amount_due"] == issued["amount_due"]
        assert attempt["created_at"] == paid["paid_at"] == paid["payment_received_at"] == paid["payment_started_at"]
        assert paid["line_items"] == issued["line_items"]


async def test_an_event_in_the_grace_period_is_billed_and_one_after_issue_is_not(orb_at: OrbAt) -> None:
    async with orb_at("2026-12-01T06:00:00Z") as orb:
        (draft,) = [i for i in await recent(orb) if i["invoice_date"][:10] == "2026-12-01"]
        before = await orb.read(f"/invoices/{draft['id']}")
        orb.later(60)
        await send(orb, "in time", "2026-11-30T12:00:00Z")
        after = await orb.read(f"/invoices/{draft['id']}")
        assert D(after["subtotal"]) - D(before["subtotal"]) == D("120")
        orb.now = at("2026-12-01T17:00:00Z")
        issued = await orb.get(f"/invoices/{draft['id']}")
        assert issued.json()["subtotal"] == after["subtotal"]
        orb.later(0.000001)
        await send(orb, "too late", "2026-11-30T12:00:01Z")
        assert (await orb.get(f"/invoices/{draft['id']}")).content == issued.content
        listed = [i for i in await recent(orb) if i["id"] == draft["id"]]
        assert listed == [exact(issued)]


async def test_an_event_received_before_issue_counts_after_the_clock_was_turned_back(orb_at: OrbAt) -> None:
    async with orb_at("2026-12-01T18:00:00Z") as orb:
        (issued,) = await recent(orb, **{"status[]": "issued"})
        await orb.http.post("/_sandbox/clock", json={"advance": -7200})
        await send(orb, "in time after all", "2026-11-30T12:00:00Z")
        await orb.http.post("/_sandbox/clock", json={"advance": 7200})
        again = await orb.read(f"/invoices/{issued['id']}")
        assert D(again["subtotal"]) - D(issued["subtotal"]) == D("120")


async def test_a_listed_draft_has_the_figures_of_its_last_refresh_and_a_fetched_one_those_of_now(orb_at: OrbAt) -> None:
    async with orb_at(NOW) as orb:
        (listed,) = await recent(orb, **{"status[]": "draft"})
        await send(orb, "now", "2026-11-20T20:15:00Z")
        fetched = await orb.read(f"/invoices/{listed['id']}")
        assert D(fetched["subtotal"]) - D(listed["subtotal"]) > D("120")
        assert await recent(orb, **{"status[]": "draft"}) == [listed]
        orb.later(600)
        (refreshed,) = await recent(orb, **{"status[]": "draft"})
        assert D(refreshed["subtotal"]) >= D(fetched["subtotal"])


async def test_the_cache_serves_drafts_alone(orb_at: OrbAt) -> None:
    async with orb_at(NOW) as orb:
        draft, paid = await recent(orb)
        assert "orb-cache-updated-at" in (await orb.cached(f"/invoices/{draft['id']}")).headers
        await send(orb, "now", "2026-11-20T20:15:00Z")
        cached = exact(await orb.cached(f"/invoices/{draft['id']}"))
        live = await orb.read(f"/invoices/{draft['id']}")
        assert D(live["subtotal"]) - D(cached["subtotal"]) >= D("120")
        assert "orb-cache-updated-at" not in (await orb.cached(f"/invoices/{paid['id']}")).headers


async def test_the_upcoming_invoice_is_the_draft_by_another_date(orb: Orb) -> None:
    for who in ("northwind", "calder", "lumen", "yamato"):
        (subscription,) = await orb.subscriptions(who)
        upcoming = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
        draft = await orb.read(f"/invoices/{upcoming['id']}")
        assert draft.pop("invoice_date") == upcoming.pop("target_date")
        assert draft == upcoming


async def test_an_invoice_of_nothing_is_paid_when_it_is_issued(orb: Orb) -> None:
    for invoice in await invoices(orb, "lumen", **{"status[]": "paid"}):
        assert (invoice["amount_due"], invoice["paid_at"]) == ("0.00", invoice["issued_at"])
        assert (invoice["payment_attempts"], invoice["payment_received_at"]) == ([], None)


async def test_sunset_left_without_paying_the_last_invoice(orb: Orb) -> None:
    last, *before = await invoices(orb, "sunset")
    (subscription,) = await orb.subscriptions("sunset")
    assert last["invoice_date"] == subscription["end_date"]
    assert last["status"] == "issued"
    assert at(last["due_date"]) < orb.now
    assert [attempt["succeeded"] for attempt in last["payment_attempts"]] == [False] * 3
    assert {attempt["receipt_pdf"] for attempt in last["payment_attempts"]} == {None}
    assert last["payment_failed_at"] == last["payment_attempts"][-1]["created_at"]
    assert last["auto_collection"]["num_attempts"] == 3
    assert last["auto_collection"]["next_attempt_at"] is None
    assert {i["status"] for i in before} == {"paid"}


async def test_a_payment_that_was_declined_is_tried_again(orb: Orb) -> None:
    (retried,) = [i for i in await invoices(orb, "atelier") if len(i["payment_attempts"]) > 1]
    failed, paid = retried["payment_attempts"]
    assert (failed["succeeded"], paid["succeeded"]) == (False, True)
    assert at(paid["created_at"]) - at(failed["created_at"]) == timedelta(days=3)
    assert retried["payment_failed_at"] == failed["created_at"]
    assert (retried["status"], retried["paid_at"]) == ("paid", paid["created_at"])


async def test_an_invoice_can_be_voided_and_another_refunded_in_part(orb: Orb) -> None:
    (void,) = await invoices(orb, "yamato", **{"status[]": "void"})
    assert at(void["voided_at"]) > at(void["issued_at"])
    assert (void["paid_at"], void["payment_attempts"]) == (None, [])
    orb.now = at(void["voided_at"]) - timedelta(seconds=1)
    before = await orb.read(f"/invoices/{void['id']}")
    assert (before["status"], before["voided_at"]) == ("issued", None)
    orb.now = at(NOW)
    (refunded,) = [i for i in await invoices(orb, "northwind") if i["credit_notes"]]
    (note,) = refunded["credit_notes"]
    assert note["type"] == "refund"
    assert 0 < D(note["total"]) < D(refunded["total"])
    assert refunded["status"] == "paid"
    orb.now = at(refunded["paid_at"]) + timedelta(days=3, seconds=-1)
    assert (await orb.read(f"/invoices/{refunded['id']}"))["credit_notes"] == []


async def test_halcyon_was_charged_once_for_a_workshop(orb: Orb) -> None:
    (charge,) = await invoices(orb, "halcyon", is_recurring="false")
    assert (charge["invoice_source"], charge["subscription"]) == ("one_off", None)
    assert (charge["total"], charge["invoice_date"]) == ("1450.00", charge["issued_at"])
    (line,) = charge["line_items"]
    assert line["price"]["cadence"] == "one_time"
    assert len(await orb.subscriptions("halcyon")) == 3
    orb.now = at(charge["invoice_date"]) - timedelta(seconds=1)
    assert await invoices(orb, "halcyon", is_recurring="false") == []


async def test_a_summary_is_the_invoice_without_what_it_is_made_of(orb: Orb) -> None:
    full = {i["id"]: i for i in await invoices(orb)}
    for summary in (await orb.read("/invoices/summary", **EVERY))["data"]:
        invoice = full[summary["id"]]
        assert invoice.keys() - summary.keys() == WHOLE | BOUNDS
        assert summary == {name: invoice[name] for name in summary}


async def test_lines_without_usage_are_hidden_on_request(orb: Orb) -> None:
    (draft,) = await invoices(orb, "fresh")
    hide = {"include_zero_quantity_line_items": "false"}
    for shown in (await orb.read(f"/invoices/{draft['id']}", **hide), (await invoices(orb, "fresh", **hide))[0]):
        assert (shown["line_items"], shown["hidden_line_item_count"]) == ([], 2)


async def test_a_balance_is_spent_once_and_then_it_is_gone(orb: Orb) -> None:
    customer = "/customers/external_customer_id/northwind"
    (subscription,) = await orb.subscriptions("northwind")
    draft = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
    (moved,) = draft["customer_balance_transactions"]
    assert (moved["starting_balance"], moved["ending_balance"], moved["amount"]) == ("186.40", "0.00", "186.40")
    assert (await orb.read(customer))["balance"] == "186.40"
    orb.now = at("2026-12-01T16:00:00Z")  # the period is over and its invoice not yet issued
    following = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
    assert following["id"] != draft["id"]
    assert following["customer_balance_transactions"] == []
    assert (await orb.read(customer))["balance"] == "186.40"
    orb.now = at("2026-12-02T16:00:00Z")
    issued = await orb.read(f"/invoices/{draft['id']}")
    assert D(issued["total"]) - D(issued["amount_due"]) == D("186.40")
    assert issued["customer_balance_transactions"][0]["created_at"] == issued["issued_at"]
    assert (await orb.read(customer))["balance"] == "0.00"
    assert {s["customer"]["balance"] for s in await orb.subscriptions("northwind")} == {"0.00"}
    following = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
    assert following["total"] == following["amount_due"]


@pytest.mark.parametrize("balance", [D("1500.00"), D("9000.00"), D("-45.00")])
async def test_an_account_balance_is_spread_over_the_invoices_in_its_currency_as_they_are_issued(
    orb_at: OrbAt, monkeypatch: pytest.MonkeyPatch, balance: Decimal
) -> None:
    rich = tuple(replace(role, balance=balance) if role.external_id == "halcyon" else role for role in CAST)
    monkeypatch.setattr("app.sandbox.world.stage.CAST", rich)
    staged_at.cache_clear()
    async with orb_at(NOW) as orb:
        bills = [
            await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
            for subscription in await orb.subscriptions("halcyon")
        ]
        assert [b["customer_balance_transactions"] for b in bills if b["currency"] == "EUR"] == [[]]
        moved = [t for b in bills for t in b["customer_balance_transactions"]]
        moved.sort(key=lambda t: t["starting_balance"], reverse=True)
        assert D(moved[0]["starting_balance"]) == balance
        left = max(D(0), balance - total(b["total"] for b in bills if b["currency"] == "USD"))
        assert D(moved[-1]["ending_balance"]) == left
        assert [t["ending_balance"] for t in moved[:-1]] == [t["starting_balance"] for t in moved[1:]]
        assert total(D(b["total"]) - D(b["amount_due"]) for b in bills) == balance - left
        drafts = await invoices(orb, "halcyon", **{"status[]": "draft"})
        assert {d["id"]: len(d["customer_balance_transactions"]) for d in drafts} == {
            b["id"]: len(b["customer_balance_transactions"]) for b in bills
        }
        assert {len(i["customer_balance_transactions"]) for i in await invoices(orb, "halcyon", status="paid")} == {0}
    staged_at.cache_clear()


def test_the_books_forget_what_was_not_asked_about_for_long(events: Events) -> None:
    world, clock = staged_at(at(NOW)), Clock(lambda: at(NOW))
    books = Books(clock, events, bound=3)
    sunset = next(c for c in world.customers if c.external_id == "sunset")
    bills = [books.bill(invoice, at(NOW)) for invoice in books.invoices(sunset, at(NOW))]
    assert (len(bills), len(books)) == (12, 3)
    assert [books.bill(invoice, at(NOW)) for invoice in books.invoices(sunset, at(NOW))] == bills


@pytest.mark.parametrize(
    ("balance", "applied"), [("0", "0"), ("30", "30"), ("1000000", "204"), ("-30", "-30"), ("-1000000", "-1000000")]
)
def test_a_balance_pays_what_it_can_and_a_debt_is_added(balance: str, applied: str) -> None:
    calder = calder_then()
    fee = next(price for price in calder.plan.prices if price.fixed)
    start, end = calder.period(calder.start)
    bill = partial_bill(calder, start, Partial(end, (line_of(fee, {(): D(2)}),), {})).settled(D(balance))
    assert bill.total == D(204)
    assert (bill.applied, bill.amount_due) == (D(applied), D(204) - D(applied))


def test_fees_alone_are_issued_without_waiting() -> None:
    calder = calder_then()
    fees = replace(calder.plan, prices=tuple(price for price in calder.plan.prices if price.fixed))
    start, end = calder.period(calder.start)
    assert Invoice(calder, "subscription", start, end).issue == end + timedelta(hours=12)
    assert Invoice(replace(calder, plan=fees), "subscription", start, end).issue == end
    assert Invoice(calder, "partial", start, end).issue == end


def calder_then() -> Subscription:
    world = staged_at(at(NOW))
    return next(s for s in world.subscriptions if s.customer.external_id == "calder")


async def test_others_are_answered_while_a_year_of_invoices_is_worked_out(orb: Orb) -> None:
    answered: list[str] = []

    async def ask(path: str, **query: Any) -> None:
        await orb.http.get(f"/v1{path}", params=query)
        answered.append(path)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(ask, "/invoices", external_customer_id="northwind"))
        tasks.start_soon(partial(ask, "/ping"))
    assert answered == ["/ping", "/invoices"]
