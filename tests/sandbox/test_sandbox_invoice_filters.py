"""The filters and pages of the lists of invoices, whole and in brief."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.sandbox.rating.events import Events
from app.sandbox.routes.paging import page

from .sandbox_client import Orb, OrbAt, at

D = Decimal
EVERY = {"status[]": ["draft", "issued", "paid", "synced", "void"], "limit": 100}
LISTS = ["/invoices", "/invoices/summary"]


@pytest.fixture(scope="module")
def events() -> Iterator[Events]:
    """Events that only the invented customers make."""
    events = Events()
    yield events
    events.close()


@pytest.fixture
async def orb(orb_at: OrbAt, events: Events) -> AsyncIterator[Orb]:
    async with orb_at("2026-11-20T20:15:30.25+00:00", events=events) as orb:
        yield orb


async def listed(orb: Orb, path: str = "/invoices", **query: Any) -> list[Any]:
    """What three customers have, which is of every kind."""
    found: list[Any] = []
    for who in ("halcyon", "yamato", "calder"):
        found += (await orb.read(path, **({"limit": 100} | query), external_customer_id=who))["data"]
    return found


def due(invoice: Any) -> date | None:
    return at(invoice["due_date"]).date() if invoice["due_date"] else None


DAY = date(2026, 10, 15)

FILTERS: list[tuple[dict[str, Any], Callable[[Any], bool]]] = [
    ({}, lambda i: i["status"] not in {"draft", "void"}),
    (EVERY, lambda _: True),
    ({"status": "draft"}, lambda i: i["status"] == "draft"),
    ({"status[]": "void"}, lambda i: i["status"] == "void"),
    ({"status[]": ["void", "paid"]}, lambda i: i["status"] in {"void", "paid"}),
    ({"status": "synced"}, lambda _: False),
    (EVERY | {"is_recurring": "true"}, lambda i: i["invoice_source"] in {"subscription", "partial"}),
    (EVERY | {"is_recurring": "false"}, lambda i: i["invoice_source"] == "one_off"),
    (
        EVERY | {"invoice_date[gte]": "2026-09-30T22:00:00Z", "invoice_date[lt]": "2026-10-31T23:00:00Z"},
        lambda i: "2026-09-30T22" <= i["invoice_date"] < "2026-10-31T23",
    ),
    (
        EVERY | {"invoice_date[gt]": "2026-09-30T22:00:00Z", "invoice_date[lte]": "2026-10-31T23:00:00Z"},
        lambda i: "2026-09-30T22:00:01" <= i["invoice_date"] < "2026-10-31T23:00:01",
    ),
    (
        EVERY | {"invoice_date[gte]": "2026-10-15T00:00:00Z", "date_type": "due_date"},
        lambda i: i["due_date"] is not None and i["due_date"] >= "2026-10-15",
    ),
    (EVERY | {"date_type": "due_date"}, lambda _: True),
    (
        EVERY | {"invoice_date[gte]": "2026-10-15T00:00:00Z", "date_type": "invoice_date"},
        lambda i: i["invoice_date"] >= "2026-10-15",
    ),
    (EVERY | {"due_date": "2026-10-15"}, lambda i: due(i) == DAY),
    (EVERY | {"due_date[gt]": "2026-10-15"}, lambda i: (due(i) or date.min) > DAY),
    (EVERY | {"due_date[lt]": "2026-10-15"}, lambda i: (due(i) or date.max) <= DAY),
    (
        EVERY | {"due_date[gt]": "2026-08-15", "due_date[lt]": "2026-10-15"},
        lambda i: date(2026, 8, 15) < (due(i) or date.max) <= DAY,
    ),
    (
        EVERY | {"due_date_window": "7d"},
        lambda i: i["due_date"] is not None and "2026-11-13T20:15:30" < i["due_date"] <= "2026-11-20T20:15:31",
    ),
    (
        EVERY | {"due_date_window": "2m"},
        lambda i: i["due_date"] is not None and "2026-09-20T20:15:30" < i["due_date"] <= "2026-11-20T20:15:31",
    ),
    (EVERY | {"amount": "2000"}, lambda i: D(i["total"]) == 2000),
    (EVERY | {"amount": "2000.00"}, lambda i: D(i["total"]) == 2000),
    (EVERY | {"amount[gt]": "2000.00"}, lambda i: D(i["total"]) > 2000),
    (EVERY | {"amount[lt]": "2000.00"}, lambda i: D(i["total"]) < 2000),
    (EVERY | {"customer_id": "x"}, lambda _: False),
    (EVERY | {"subscription_id": "x"}, lambda _: False),
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(("query", "wanted"), FILTERS)
async def test_a_filter_keeps_what_it_names(
    orb: Orb, path: str, query: dict[str, Any], wanted: Callable[[Any], bool]
) -> None:
    every = await listed(orb, path, **EVERY)
    kept = [i["id"] for i in every if wanted(i)]
    assert [i["id"] for i in await listed(orb, path, **query)] == kept
    assert len(kept) < len(every) or query in (EVERY, EVERY | {"date_type": "due_date"})
    nothing = query.get("status") == "synced" or "x" in query.values()
    assert bool(kept) is not nothing


async def test_invoices_of_one_customer_or_subscription_are_found_by_either_id(orb: Orb) -> None:
    customer = await orb.read("/customers/external_customer_id/halcyon")
    mine = (await orb.read("/invoices", customer_id=customer["id"], limit=100))["data"]
    assert {i["customer"]["external_customer_id"] for i in mine} == {"halcyon"}
    assert mine == (await orb.read("/invoices", external_customer_id="halcyon", limit=100))["data"]
    for subscription in await orb.subscriptions("halcyon"):
        found = (await orb.read("/invoices", subscription_id=subscription["id"], limit=100))["data"]
        assert found == [i for i in mine if i["subscription"] == {"id": subscription["id"]}]
    query = {"customer_id": customer["id"], "external_customer_id": "yamato"}
    assert (await orb.read("/invoices", **query))["data"] == []


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 4, 20, 100])
async def test_pages_walk_through_all_invoices_once_latest_date_first(orb: Orb, path: str, limit: int) -> None:
    query = {"external_customer_id": "halcyon", "limit": limit}
    whole = (await orb.read(path, **(query | {"limit": 100})))["data"]
    seen: list[Any] = []
    while True:
        answer = await orb.read(path, **query)
        assert len(answer["data"]) <= limit
        seen += answer["data"]
        metadata = answer["pagination_metadata"]
        assert (metadata["next_cursor"] is not None) == metadata["has_more"]
        if not metadata["has_more"]:
            break
        query["cursor"] = metadata["next_cursor"]
    assert seen == whole
    dates = [i["invoice_date"] for i in seen]
    assert dates == sorted(dates, reverse=True)


async def test_a_page_holds_twenty_unless_asked_otherwise(orb: Orb) -> None:
    answer = await orb.read("/invoices/summary")
    assert (len(answer["data"]), answer["pagination_metadata"]["has_more"]) == (20, True)


async def test_a_walk_through_the_invoices_survives_new_ones(orb: Orb) -> None:
    query = {"external_customer_id": "halcyon", "limit": 3}
    before = (await orb.read("/invoices", external_customer_id="halcyon", limit=100))["data"]
    first = await orb.read("/invoices", **query)
    orb.later(12 * 86_400)  # three invoices are issued meanwhile
    second = await orb.read("/invoices", **query, cursor=first["pagination_metadata"]["next_cursor"])
    assert [i["id"] for i in first["data"] + second["data"]] == [i["id"] for i in before[:6]]


def test_a_page_looks_at_no_more_things_than_it_takes_to_fill_it() -> None:
    asked: list[int] = []

    def even(number: int) -> bool:
        asked.append(number)
        return number % 2 == 0

    found, metadata = page(((number, number) for number in range(100)), 3, None, even)
    assert (found, metadata["has_more"]) == ([98, 96, 94], True)
    assert asked == list(range(99, 91, -1))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"nope": "1"}, "nope"),
        ({"status": "overdue"}, "status"),
        ({"status[]": ["paid", "overdue"]}, "status[]"),
        ({"due_date": "2026-11-15T00:00:00Z"}, "due_date"),
        ({"due_date[lt]": "2026-11-15T00:00:00Z"}, "due_date[lt]"),
        ({"due_date[gt]": "2026-02-30"}, "due_date[gt]"),
        ({"due_date[gte]": "2026-02-20"}, "due_date[gte]"),
        ({"due_date_window": "7"}, "due_date_window"),
        ({"due_date_window": "0d"}, "due_date_window"),
        ({"due_date_window": "-7d"}, "due_date_window"),
        ({"due_date_window": "1y"}, "due_date_window"),
        ({"date_type": "paid_at"}, "date_type"),
        ({"invoice_date[gte]": "2026-11-15"}, "invoice_date[gte]"),
        ({"invoice_date": "2026-11-15"}, "invoice_date"),
        ({"amount": "much"}, "amount"),
        ({"amount[gt]": "NaN"}, "amount[gt]"),
        ({"amount[lt]": ""}, "amount[lt]"),
        ({"is_recurring": "yes"}, "is_recurring"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"cursor": "zzz"}, "cursor"),
        ({"customer_id": ""}, "customer_id"),
        ({"customer_id": ["a", "b"]}, "customer_id"),
    ],
)
async def test_a_malformed_filter_is_refused_by_name(orb: Orb, path: str, query: dict[str, Any], named: str) -> None:
    answer = await orb.get(path, **query)
    assert answer.status_code == 400
    (error,) = answer.json()["validation_errors"]
    assert error.startswith(f"{named}: ")


async def test_zero_lines_can_be_left_out_of_invoices_and_summaries_take_the_same_filters(orb: Orb) -> None:
    hide = {"include_zero_quantity_line_items": "false"}
    assert (await orb.get("/invoices", **hide, external_customer_id="quiet")).status_code == 200
    assert (await orb.get("/invoices/x", **hide)).status_code == 404
    assert (await orb.read("/invoices/summary", **hide)) == (await orb.read("/invoices/summary"))
    answer = await orb.get("/invoices/x", limit=3)
    assert answer.status_code == 400
    assert "unknown parameter" in answer.json()["validation_errors"][0]
