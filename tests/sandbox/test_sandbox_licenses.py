"""Licenses: who holds one, what was consumed of its allocation, and what that does to the bill."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

import pytest
from orb.types import LicenseListResponse, LicenseTypeListResponse
from orb.types.licenses import UsageGetAllUsageResponse

from app.sandbox.catalogue.models import Matrix, Percent, Unit
from app.sandbox.catalogue.teams import AGENT, AI_CREDITS, SEAT
from app.sandbox.rating.events import Events
from app.sandbox.rating.licensed import license_price
from app.sandbox.world.cast import CAST
from tests.thorough import some

from .sandbox_client import Orb, OrbAt, at, exact

D = Decimal
EVERYBODY = tuple(role.external_id for role in CAST)

# In Auckland: the middle of a month, its last and first day, and days around the change of clocks.
INSTANTS = (
    "2026-11-20T20:15:30.25+00:00",
    "2026-10-31T10:59:59+00:00",
    "2026-10-31T11:00:00+00:00",
    "2026-09-26T14:30:00+00:00",
    "2027-04-03T14:30:00+00:00",
    "2027-02-14T05:00:00+00:00",
)


@pytest.fixture(scope="module", params=some(INSTANTS, 3))
def moment(request: pytest.FixtureRequest) -> Iterator[tuple[str, Events]]:
    events = Events()
    yield request.param, events
    events.close()


@pytest.fixture
async def orb_then(moment: tuple[str, Events], orb_at: OrbAt) -> AsyncIterator[Orb]:
    async with orb_at(moment[0], events=moment[1]) as orb:
        yield orb


async def quill(orb: Orb) -> Any:
    (subscription,) = await orb.subscriptions("quill")
    return subscription


async def rows(orb: Orb, path: str = "/licenses/usage", /, **query: Any) -> list[Any]:
    """All pages of license usage, of everybody's seats unless the path names a license."""
    if path == "/licenses/usage":
        query = {"subscription_id": (await quill(orb))["id"], "license_type_id": SEAT.id} | query
    found: list[Any] = []
    while True:
        page = await orb.read(path, limit=100, **query)
        found += page["data"]
        if not page["pagination_metadata"]["has_more"]:
            return found
        query["cursor"] = page["pagination_metadata"]["next_cursor"]


async def holders(orb: Orb, **query: Any) -> dict[str, Any]:
    found = (await orb.read("/licenses", subscription_id=(await quill(orb))["id"], limit=100, **query))["data"]
    return {each["external_license_id"]: each for each in found}


async def assistant_cost(orb: Orb, **window: Any) -> Decimal:
    """What the license price came to, by the series of costs."""
    path = f"/subscriptions/{(await quill(orb))['id']}/costs"
    days = (await orb.read(path, view_mode="periodic", currency=AI_CREDITS, **window))["data"]
    return sum((D(cost["subtotal"]) for day in days for cost in day["per_price_costs"]), D(0))


async def without_license(orb: Orb, named: set[str]) -> Decimal:
    """What those cost who never had a license, by the usage of events: half a credit for each action."""
    subscription = await quill(orb)
    (assistant,) = [p for p in subscription["plan"]["prices"] if p["name"] == "Assistant"]
    metric = assistant["billable_metric"]["id"]
    path = f"/subscriptions/{subscription['id']}/usage"
    by_user = (await orb.read(path, billable_metric_id=metric, group_by="user_id"))["data"]
    amounts = {each["metric_group"]["property_value"]: D(each["usage"][0]["quantity"]) / 2 for each in by_user}
    whole = next(e for e in (await orb.read(path))["data"] if e["billable_metric"]["id"] == metric)
    nobody = D(whole["usage"][0]["quantity"]) / 2 - sum(amounts.values())
    return nobody + sum((amount for user, amount in amounts.items() if user not in named), D(0))


async def test_all_licenses_and_usage_without_one_make_up_the_cost(orb_then: Orb) -> None:
    named = set(await holders(orb_then))
    consumed = sum(row["consumed_credits"] for row in await rows(orb_then, group_by="license"))
    unlicensed = await without_license(orb_then, named)
    assert consumed + unlicensed == await assistant_cost(orb_then)
    assert unlicensed >= 0


async def test_every_row_adds_up_and_days_add_up_to_their_license(orb_then: Orb) -> None:
    by_license = {row["license_id"]: row for row in await rows(orb_then, group_by="license")}
    both = await rows(orb_then, group_by="license,day")
    by_day = await rows(orb_then, group_by="day")
    for row in (*by_license.values(), *both, *by_day):
        assert row["remaining_credits"] == row["allocated_credits"] - row["consumed_credits"]
        assert row["consumed_credits"] == row["allocation_eligible_credits"] + row["shared_pool_credits"]
        assert row["allocation_eligible_credits"] >= 0 <= row["shared_pool_credits"]
        assert row["pricing_unit"] == AI_CREDITS
    for figure in ("consumed_credits", "allocation_eligible_credits", "shared_pool_credits"):
        for name, row in by_license.items():
            assert sum(day[figure] for day in both if day["license_id"] == name) == row[figure]
        for day in by_day:
            assert (day["license_id"], day["external_license_id"]) == (None, None)
            assert sum(row[figure] for row in both if row["start_date"] == day["start_date"]) == day[figure]
    assert len(both) == len(by_license) * len(by_day)
    assert len({row["license_id"] for row in both}) == len(by_license) == 30
    for row in (*both, *by_day):
        assert date.fromisoformat(row["end_date"]) - date.fromisoformat(row["start_date"]) == timedelta(days=1)


async def test_days_are_those_of_the_customer_up_to_today(orb_then: Orb) -> None:
    by_day = await rows(orb_then, group_by="day")
    (whole,) = {(row["start_date"], row["end_date"]) for row in await rows(orb_then)}
    starts = [date.fromisoformat(row["start_date"]) for row in by_day]
    assert starts == [starts[0] + timedelta(days=n) for n in range(len(starts))]
    assert (starts[0].isoformat(), starts[0].day) == (whole[0], 1)
    days = (await orb_then.read(f"/subscriptions/{(await quill(orb_then))['id']}/costs", view_mode="periodic"))["data"]
    assert len(days) == len(by_day)
    for day, row in zip(days, by_day, strict=True):
        assert row["consumed_credits"] <= D(day["subtotal"])


async def test_the_bill_covers_what_allocations_and_the_pool_cover_and_bills_the_rest(orb_then: Orb) -> None:
    subscription = await quill(orb_then)
    bill = await orb_then.read("/invoices/upcoming", subscription_id=subscription["id"])
    (line,) = [line for line in bill["line_items"] if line["name"] == "Assistant"]
    allocated = sum(min(row["allocated_credits"], row["allocation_eligible_credits"]) for row in await rows(orb_then))
    ledger = await orb_then.read("/customers/external_customer_id/quill/credits/ledger", currency=AI_CREDITS, limit=100)
    start = at(subscription["current_billing_period_start_date"])
    drawn = sum(
        entry["amount"]
        for entry in ledger["data"]
        if entry["entry_type"] == "decrement" and at(entry["created_at"]) >= start
    )
    assert D(line["credits_applied"]) == allocated + drawn
    overage = D(line["adjusted_subtotal"]) - allocated - drawn
    assert overage >= 0
    assert D(line["amount"]) == (overage * D("0.035")).quantize(D("0.01"), ROUND_HALF_UP)
    balance = ledger["data"][0]["ending_balance"]
    # Nothing is billed while the pool holds.
    assert overage == 0 or balance == 0
    tax = sum(D(tax["amount"]) for each in bill["line_items"] for tax in each["tax_amounts"])
    assert sum(D(each["amount"]) for each in bill["line_items"]) + tax == D(bill["amount_due"])


async def test_there_is_overage_to_see_in_the_second_half_of_a_month(orb: Orb) -> None:
    bill = await orb.read("/invoices/upcoming", subscription_id=(await quill(orb))["id"])
    (line,) = [line for line in bill["line_items"] if line["name"] == "Assistant"]
    assert D(line["amount"]) > 1
    over = [row for row in await rows(orb) if row["remaining_credits"] < 0 < row["allocated_credits"]]
    assert len(over) > 3
    assert {row["allocated_credits"] for row in over} == {400}


async def test_a_license_taken_back_was_used_before_and_after(orb: Orb) -> None:
    seats = {row["external_license_id"]: row for row in await rows(orb)}
    taken = (await holders(orb))["daniel.okafor@quill.example"]
    assert (taken["status"], taken["end_date"]) == ("inactive", "2026-11-19T01:30:00+00:00")
    row = seats["daniel.okafor@quill.example"]
    assert row["allocated_credits"] == 400
    assert row["allocation_eligible_credits"] > 0 < row["shared_pool_credits"]
    query = {"license_type_id": SEAT.id, "subscription_id": taken["subscription_id"], "group_by": "day"}
    days = await rows(orb, f"/licenses/{taken['id']}/usage", group_by="day")
    that_day = next(day for day in days if day["start_date"] == "2026-11-19")
    assert that_day["allocation_eligible_credits"] > 0 < that_day["shared_pool_credits"]
    later = [day for day in days if day["start_date"] > "2026-11-19"]
    assert later
    assert all(day["allocation_eligible_credits"] == day["allocated_credits"] == 0 for day in later)
    answer = await orb.get("/licenses/external_licenses/daniel.okafor@quill.example/usage", **query)
    assert answer.status_code == 404


async def test_there_is_a_license_never_used_one_given_today_and_one_taken_back_long_ago(orb: Orb) -> None:
    seats, known = {row["external_license_id"]: row for row in await rows(orb)}, await holders(orb)
    unused = seats["never.used@quill.example"]
    assert (unused["allocated_credits"], unused["consumed_credits"], unused["remaining_credits"]) == (400, 0, 400)
    assert known["new.starter@quill.example"]["start_date"] == "2026-11-20T11:00:00+00:00"
    assert known["new.starter@quill.example"]["status"] == "active"
    assert seats["new.starter@quill.example"]["shared_pool_credits"] > 0  # as a guest, before
    former = seats["noah.fischer@quill.example"]
    assert former["allocated_credits"] == 0
    assert former["remaining_credits"] == -former["shared_pool_credits"] < 0
    assert set(await holders(orb, status="inactive")) == {
        "noah.fischer@quill.example",
        "grace.liu@quill.example",
        "daniel.okafor@quill.example",
    }


async def test_an_event_moves_its_license_and_nothing_else(orb: Orb) -> None:
    before = {row["external_license_id"]: row for row in await rows(orb)}
    event = {
        "event_name": "assistant_run",
        "external_customer_id": "quill",
        "timestamp": "2026-11-20T20:15:00Z",
        "idempotency_key": "one",
        "properties": {"actions": 10.5, "user_id": "刘 晓明", "workspace_id": "production"},
    }
    assert (await orb.http.post("/v1/ingest", json={"events": [event]})).status_code == 200
    after = {row["external_license_id"]: row for row in await rows(orb)}
    moved = {
        name: after[name]["consumed_credits"] - row["consumed_credits"]
        for name, row in before.items()
        if after[name] != row
    }
    assert moved == {"刘 晓明": D("5.25")}


async def test_a_window_reaches_from_its_first_day_to_the_one_before_its_last(orb: Orb) -> None:
    window = {"start_date": "2026-11-03", "end_date": "2026-11-06"}
    days = await rows(orb, group_by="day", **window)
    assert [day["start_date"] for day in days] == ["2026-11-03", "2026-11-04", "2026-11-05"]
    whole = await rows(orb, **window)
    assert {(row["start_date"], row["end_date"]) for row in whole} == {("2026-11-03", "2026-11-06")}
    assert sum(row["consumed_credits"] for row in whole) == sum(day["consumed_credits"] for day in days)
    costs = {"timeframe_start": "2026-11-02T11:00:00Z", "timeframe_end": "2026-11-05T11:00:00Z"}
    assert D(0) < sum(row["consumed_credits"] for row in whole) < await assistant_cost(orb, **costs)


async def test_a_window_over_two_billing_periods_has_the_allocations_of_both(orb: Orb) -> None:
    seats = {r["external_license_id"]: r for r in await rows(orb, start_date="2026-10-10", end_date="2026-11-10")}
    assert seats["mere.tamihana@quill.example"]["allocated_credits"] == 800
    assert seats["noah.fischer@quill.example"]["allocated_credits"] == 400
    assert seats["new.starter@quill.example"]["allocated_credits"] == 0


@pytest.mark.parametrize("group_by", ["license,day", "day,license"])
async def test_group_by_is_taken_with_commas_and_with_brackets(orb: Orb, group_by: str) -> None:
    with_commas = await rows(orb, group_by=group_by)
    assert with_commas == await rows(orb, **{"group_by[]": group_by.split(",")})
    assert await rows(orb, group_by="license") == await rows(orb)


async def test_pages_of_licenses_and_of_their_usage_hold_everything_once(orb: Orb) -> None:
    subscription = await quill(orb)
    query: dict[str, Any] = {"subscription_id": subscription["id"]}
    for path, more, whole in (
        ("/licenses", {}, list((await holders(orb)).values())),
        ("/licenses/usage", {"license_type_id": SEAT.id}, await rows(orb)),
        ("/licenses/usage", {"license_type_id": SEAT.id, "group_by": "day"}, await rows(orb, group_by="day")),
    ):
        assert len((await orb.read(path, **query, **more))["data"]) == min(len(whole), 20)
        seen: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await orb.read(path, limit=7, **query, **more, **cursor)
            seen += page["data"]
            assert len(page["data"]) <= 7
            if not page["pagination_metadata"]["has_more"]:
                break
            cursor = {"cursor": page["pagination_metadata"]["next_cursor"]}
        assert seen == whole


async def test_licenses_are_listed_newest_first_and_narrowed_down(orb: Orb) -> None:
    known = list((await holders(orb)).values())
    assert len(known) == 30
    assert known[0]["external_license_id"] == "new.starter@quill.example"
    starts = [at(each["start_date"]) for each in known]
    assert starts == sorted(starts, reverse=True)
    assert len(await holders(orb, status="active")) == 27
    assert set(await holders(orb, external_license_id="刘 晓明")) == {"刘 晓明"}
    assert await holders(orb, license_type_id=AGENT.id) == {}
    (northwind,) = await orb.subscriptions("northwind")
    assert (await orb.read("/licenses", subscription_id=northwind["id"]))["data"] == []


async def test_every_license_is_found_by_its_id_and_by_its_name_however_odd(orb: Orb) -> None:
    for name, document in (await holders(orb)).items():
        whose = {"subscription_id": document["subscription_id"], "license_type_id": SEAT.id}
        assert await orb.read(f"/licenses/{document['id']}") == document
        assert await orb.read(f"/licenses/external_license_id/{quote(name, safe='')}", **whose) == document
        if document["status"] == "active":
            path = f"/licenses/external_licenses/{quote(name, safe='')}/usage"
            (row,) = await rows(orb, path, **whose)
            assert [row] == await rows(orb, f"/licenses/{document['id']}/usage")
            assert (row["license_id"], row["external_license_id"]) == (document["id"], name)


async def test_license_types_are_listed_oldest_first(orb: Orb) -> None:
    types = (await orb.read("/license_types"))["data"]
    assert [each["id"] for each in types] == [SEAT.id, AGENT.id]
    first = await orb.read("/license_types", limit=1)
    assert first["data"] == types[:1]
    cursor = first["pagination_metadata"]["next_cursor"]
    assert (await orb.read("/license_types", limit=1, cursor=cursor))["data"] == types[1:]
    assert await orb.read(f"/license_types/{SEAT.id}") == types[0]
    assert await rows(orb, license_type_id=AGENT.id) == []
    (assistant,) = [p for p in (await quill(orb))["plan"]["prices"] if p["license_type"]]
    assert assistant["license_type"] == types[0]


WHOSE = f"subscription_id=QUILL&license_type_id={SEAT.id}"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("/licenses", "subscription_id"),
        ("/licenses?subscription_id=QUILL&status=gone", "status"),
        ("/licenses?subscription_id=QUILL&limit=101", "limit"),
        ("/licenses/usage?subscription_id=QUILL", "license_type_id"),
        (f"/licenses/usage?license_type_id={SEAT.id}", "subscription_id"),
        (f"/licenses/usage?{WHOSE}&group_by=week", "group_by"),
        (f"/licenses/usage?{WHOSE}&group_by=license;day", "group_by"),
        (f"/licenses/usage?{WHOSE}&limit=0", "limit"),
        (f"/licenses/usage?{WHOSE}&start_date=2026-11-31", "start_date"),
        (f"/licenses/usage?{WHOSE}&start_date=2026-11-01T00:00:00Z", "start_date"),
        (f"/licenses/usage?{WHOSE}&start_date=0001-01-01", "start_date"),
        (f"/licenses/usage?{WHOSE}&start_date=2026-11-05&end_date=2026-11-05", "end_date"),
        (f"/licenses/usage?{WHOSE}&end_date=2026-11-01", "end_date"),
        (f"/licenses/usage?{WHOSE}&cursor=zzz", "cursor"),
        ("/licenses/external_license_id/x?subscription_id=QUILL", "license_type_id"),
        (f"/licenses/external_licenses/x/usage?license_type_id={SEAT.id}", "subscription_id"),
        ("/license_types?limit=x", "limit"),
    ],
)
async def test_a_malformed_question_is_refused_by_name(orb: Orb, query: str, named: str) -> None:
    path = query.replace("QUILL", (await quill(orb))["id"])
    answer = await orb.http.get(f"/v1{path}")
    assert answer.status_code == 400
    assert any(error.startswith(named) for error in answer.json()["validation_errors"]), answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/licenses?subscription_id=x",
        "/licenses/x",
        "/licenses/x/usage",
        f"/licenses/usage?subscription_id=x&license_type_id={SEAT.id}",
        "/licenses/usage?subscription_id=QUILL&license_type_id=x",
        f"/licenses/external_license_id/x?{WHOSE}",
        f"/licenses/external_license_id/never.used@quill.example?subscription_id=QUILL&license_type_id={AGENT.id}",
        f"/licenses/external_licenses/x/usage?{WHOSE}",
        "/license_types/x",
    ],
)
async def test_what_does_not_exist_is_not_found(orb: Orb, path: str) -> None:
    answer = await orb.http.get(f"/v1{path.replace('QUILL', (await quill(orb))['id'])}")
    assert (answer.status_code, answer.json()["title"]) == (404, "A specified resource was not found.")


async def test_numbers_are_json_numbers_of_the_types_that_the_official_client_declares(orb: Orb) -> None:
    whose = {"subscription_id": (await quill(orb))["id"], "license_type_id": SEAT.id}
    for group_by in ("license", "day", "license,day"):
        answer = await orb.get("/licenses/usage", group_by=group_by, limit=100, **whose)
        UsageGetAllUsageResponse.model_validate_json(answer.content, strict=True)
        for row in exact(answer)["data"]:
            credits_of = [value for name, value in row.items() if name.endswith("_credits")]
            assert len(credits_of) == 5
            assert all(type(value) in {int, Decimal} for value in credits_of)
    for each in exact(await orb.get("/licenses", subscription_id=whose["subscription_id"]))["data"]:
        LicenseListResponse.model_validate(each | {"start_date": at(each["start_date"]), "end_date": None}, strict=True)
    for each in exact(await orb.get("/license_types"))["data"]:
        LicenseTypeListResponse.model_validate(each, strict=True)


def test_every_license_price_is_linear_as_its_split_among_licenses_needs() -> None:
    prices = [license_price(deal.plan) for role in CAST for deal in role.deals]
    assert [type(price.model) in {Unit, Percent, Matrix} for price in prices if price] == [True]
