"""Problem documents: what the sandbox refuses, and how it says so. And pages."""

from typing import Any

import httpx
import pytest

from app.sandbox.world.cast import CAST

from .sandbox_client import Orb

DEALS = sum(len(role.deals) for role in CAST)
TYPE = "https://docs.withorb.com/reference/error-responses#"
COSTS = "/customers/external_customer_id/northwind/costs"


def refused(answer: httpx.Response, status: int, fragment: str) -> Any:
    body = answer.json()
    assert (answer.status_code, body["status"], body["type"]) == (status, status, TYPE + fragment)
    assert body["title"]
    assert "detail" in body
    return body


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer ", "Basic abc", "abc"])
async def test_without_a_key_nothing_is_answered(orb: Orb, value: str | None) -> None:
    del orb.http.headers["authorization"]
    headers = {} if value is None else {"Authorization": value}
    for path in ("/v1/ping", "/v1/subscriptions", "/v1/nothing/here"):
        answer = await orb.http.get(path, headers=headers)
        refused(answer, 401, "401-authentication-error")


async def test_any_key_will_do(orb: Orb) -> None:
    answer = await orb.http.get("/v1/ping", headers={"Authorization": "Bearer x"})
    assert answer.json() == {"response": "pong"}


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "",
        "/",
        "/subscriptions/",
        "/customers/a/b/c",
        "/subscriptions/x/schedule",
        "/invoices/x/y",
    ],
)
async def test_a_wrong_path_is_not_found(orb: Orb, path: str) -> None:
    refused(await orb.get(path), 404, "404-url-not-found")


async def test_a_wrong_method_is_not_found(orb: Orb) -> None:
    refused(await orb.http.post("/v1/subscriptions"), 404, "404-url-not-found")
    refused(await orb.get("/subscriptions/x/grouped_costs"), 404, "404-url-not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/customers/x",
        "/customers/external_customer_id/x",
        "/customers/x/costs",
        "/customers/external_customer_id/x/credits",
        "/customers/x/credits/ledger",
        "/subscriptions/x",
        "/subscriptions/x/costs",
        "/subscriptions/x/usage",
        "/invoices/upcoming?subscription_id=x",
        "/invoices/x",
        "/credit_blocks/x",
    ],
)
async def test_what_does_not_exist_is_named(orb: Orb, path: str) -> None:
    body = refused(await orb.http.get(f"/v1{path}"), 404, "404-resource-not-found")
    assert body["detail"].endswith("with identifier: x.")


async def test_an_ended_subscription_has_no_upcoming_invoice(orb: Orb) -> None:
    (sunset,) = await orb.subscriptions("sunset")
    answer = await orb.get("/invoices/upcoming", subscription_id=sunset["id"])
    body = refused(answer, 400, "400-request-validation-errors")
    assert body["validation_errors"] == ["Subscription has status ended"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("/subscriptions?nope=1", "nope"),
        ("/subscriptions?limit=0", "limit"),
        ("/subscriptions?limit=101", "limit"),
        ("/subscriptions?limit=%2B5", "limit"),
        ("/subscriptions?limit=5&limit=5", "limit"),
        ("/subscriptions?status=gone", "status"),
        ("/subscriptions?status[]=active&status[]=gone", "status[]"),
        ("/subscriptions?status=active&status=ended", "status"),
        ("/subscriptions?customer_id=", "customer_id"),
        ("/subscriptions?cursor=zzz", "cursor"),
        ("/subscriptions?cursor=YmVmb3JlOi0x", "cursor"),
        ("/subscriptions?created_at[gte]=yesterday", "created_at[gte]"),
        ("/customers?limit=x", "limit"),
        ("/ping?x=1", "x"),
        ("/invoices/upcoming", "subscription_id"),
        ("/invoices/upcoming?subscription_id=a&subscription_id=b", "subscription_id"),
        ("/invoices/upcoming?subscription_id=a&include_zero_quantity_line_items=1", "include_zero"),
        (f"{COSTS}?view_mode=daily", "view_mode"),
        (f"{COSTS}?timeframe_start=2026-11-01T00:00:00Z", "timeframe_end"),
        (f"{COSTS}?timeframe_end=2026-11-01T00:00:00Z", "timeframe_start"),
        (f"{COSTS}?timeframe_start=2026-11-01&timeframe_end=2026-11-02T00:00:00Z", "timeframe_start"),
        (f"{COSTS}?timeframe_start=2026-11-01T00:00:00&timeframe_end=2026-11-02T00:00:00Z", "timeframe_start"),
        (f"{COSTS}?timeframe_start=2026-13-01T00:00:00Z&timeframe_end=2026-11-02T00:00:00Z", "timeframe_start"),
        (f"{COSTS}?timeframe_start=2026-11-02T00:00:00Z&timeframe_end=2026-11-02T00:00:00Z", "timeframe_end"),
        # A plus that was not escaped arrives as a blank.
        (f"{COSTS}?timeframe_start=2026-11-01T00:00:00+00:00&timeframe_end=2026-11-02T00:00:00Z", "timeframe_start"),
        ("/customers/external_customer_id/lumen/credits/ledger?entry_type=credits_expiry", "entry_type"),
        ("/customers/external_customer_id/lumen/credits/ledger?entry_status=final", "entry_status"),
        ("/customers/external_customer_id/lumen/credits/ledger?minimum_amount=NaN", "minimum_amount"),
        ("/customers/external_customer_id/lumen/credits?include_all_blocks=yes", "include_all_blocks"),
    ],
)
async def test_a_malformed_query_is_refused_by_name(orb: Orb, query: str, named: str) -> None:
    body = refused(await orb.http.get(f"/v1{query}"), 400, "400-request-validation-errors")
    assert any(error.startswith(named) for error in body["validation_errors"])


async def test_every_mistake_is_named_at_once(orb: Orb) -> None:
    answer = await orb.http.get("/v1/subscriptions?limit=0&nope=1&status=gone")
    assert len(answer.json()["validation_errors"]) == 3


GOOD = {
    "grouping_keys": ["workspace_id"],
    "timeframe_start": "2026-11-01T04:00:00Z",
    "timeframe_end": "2026-11-21T05:00:00Z",
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"grouping_keys": ["colour"]}, "grouping_keys: colour"),
        ({"grouping_keys": ["workspace_id", "region"]}, "grouping_keys"),
        ({"grouping_keys": []}, "grouping_keys"),
        ({"grouping_keys": "workspace_id"}, "body"),
        ({"timeframe_end": "2026-12-03T04:00:01Z"}, "timeframe_end"),
        ({"timeframe_end": "2026-11-01T04:00:00Z"}, "timeframe_end"),
        ({"timeframe_start": "2026-08-12T20:15:30Z", "timeframe_end": "2026-08-20T00:00:00Z"}, "timeframe_start"),
        ({"timeframe_start": "2026-11-01"}, "timeframe_start"),
        ({"timeframe_start": None}, "body"),
        ({"currency": "EUR"}, "currency"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "10"}, "body"),
        ({"colour": "red"}, "body"),
    ],
)
async def test_groups_are_held_to_orbs_limits(orb: Orb, change: dict[str, Any], named: str) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    answer = await orb.groups(northwind["id"], **(GOOD | change))
    body = refused(answer, 400, "400-request-validation-errors")
    assert any(error.startswith(named) for error in body["validation_errors"])


async def test_more_than_5000_groups_are_refused(orb: Orb) -> None:
    subscription = next(s for s in await orb.subscriptions("mote") if s["name"] == "Telemetry")
    span = {"timeframe_start": subscription["start_date"], "timeframe_end": "2026-11-21T03:30:00Z"}
    answer = await orb.groups(subscription["id"], grouping_keys=["workspace_id"], limit=100, **span)
    body = refused(answer, 400, "400-request-validation-errors")
    assert body["validation_errors"] == ["grouping_keys: there are more than 5000 distinct groups"]
    span["timeframe_start"] = "2026-11-18T03:30:00Z"
    answer = await orb.groups(subscription["id"], grouping_keys=["workspace_id"], limit=100, **span)
    assert (answer.status_code, answer.json()["has_more"], len(answer.json()["data"])) == (200, True, 100)


async def test_the_longest_and_the_oldest_window_of_groups_are_allowed(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    for start, end in (
        ("2026-10-20T04:00:00Z", "2026-11-21T04:00:00Z"),
        ("2026-08-12T20:15:31Z", "2026-08-20T00:00:00Z"),
    ):
        change = {"timeframe_start": start, "timeframe_end": end}
        answer = await orb.groups(northwind["id"], **(GOOD | change))
        assert answer.status_code == 200


async def test_a_body_that_is_no_json_is_refused(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    answer = await orb.http.post(f"/v1/subscriptions/{northwind['id']}/grouped_costs", content=b"{")
    refused(answer, 400, "400-request-validation-errors")


async def test_groups_are_not_available_to_every_account(orb: Orb) -> None:
    (atelier,) = await orb.subscriptions("atelier")
    refused(await orb.groups(atelier["id"], **GOOD), 404, "404-feature-not-available")


async def test_a_body_of_more_than_a_mebibyte_is_too_large(orb: Orb) -> None:
    answer = await orb.http.post("/v1/subscriptions/x/grouped_costs", content=b" " * ((1 << 20) + 1))
    refused(answer, 413, "413-request-too-large")


@pytest.mark.parametrize("limit", [1, 3, 5, 12, 100])
async def test_pages_walk_through_all_subscriptions_once_newest_first(orb: Orb, limit: int) -> None:
    seen: list[Any] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = await orb.read("/subscriptions", **query)
        assert len(page["data"]) <= limit
        seen += page["data"]
        metadata = page["pagination_metadata"]
        assert (metadata["next_cursor"] is not None) == metadata["has_more"]
        if not metadata["has_more"]:
            break
        query["cursor"] = metadata["next_cursor"]
    assert len({s["id"] for s in seen}) == len(seen) == DEALS
    created = [s["created_at"] for s in seen]
    assert created == sorted(created, reverse=True)


async def test_a_walk_through_the_ledger_survives_new_entries(orb_at: Any) -> None:
    async with orb_at("2026-11-21T07:59:00+00:00") as orb:
        path = "/customers/external_customer_id/lumen/credits/ledger"
        first = await orb.read(path, limit=10)
        orb.later(7200)  # a new day has begun, with entries of its own
        second = await orb.read(path, limit=10, cursor=first["pagination_metadata"]["next_cursor"])
        last, following = first["data"][-1], second["data"][0]
        assert following["ledger_sequence_number"] == last["ledger_sequence_number"] - 1
        assert following["ending_balance"] == last["starting_balance"]


async def test_a_page_holds_twenty_unless_asked_otherwise(orb: Orb) -> None:
    page = await orb.read("/customers/external_customer_id/lumen/credits/ledger")
    assert len(page["data"]) == 20


async def test_subscriptions_are_filtered_by_customer_and_status(orb: Orb) -> None:
    customers = (await orb.read("/customers", limit=100))["data"]
    assert len(customers) == len(CAST)
    ids = {c["external_customer_id"]: c["id"] for c in customers}
    for query, count in (
        ({"customer_id": ids["halcyon"]}, 3),
        ({"customer_id[]": [ids["halcyon"], ids["lumen"]]}, 4),
        ({"external_customer_id": "halcyon"}, 3),
        ({"external_customer_id[]": ["halcyon", "sunset"], "status[]": ["active", "upcoming"]}, 3),
        ({"status": "ended"}, 1),
        ({"status": "upcoming"}, 1),
        ({"status[]": ["active", "ended"]}, DEALS - 1),
        ({"customer_id": "x"}, 0),
        ({"customer_id": ids["halcyon"], "external_customer_id": "lumen"}, 0),
    ):
        assert len((await orb.read("/subscriptions", limit=100, **query))["data"]) == count, query
