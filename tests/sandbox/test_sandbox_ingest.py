"""Usage events that somebody sends: what they move, and what is refused."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from .sandbox_client import Orb, OrbAt, exact

D = Decimal

EVENT = {
    "event_name": "gpu_inference",
    "timestamp": "2026-11-20T20:15:00Z",
    "external_customer_id": "northwind",
    "idempotency_key": "one",
    "properties": {"tokens": 1000, "workspace_id": "checkout-prod", "region": "us-east-1"},
}


async def send(orb: Orb, *events: dict[str, Any], **query: Any) -> httpx.Response:
    return await orb.http.post("/v1/ingest", json={"events": list(events)}, params=query)


async def figures(orb: Orb) -> dict[str, Decimal]:
    """Everything at Northwind that an event of theirs should move."""
    (subscription,) = await orb.subscriptions("northwind")
    span = {"timeframe_start": "2026-11-01T04:00:00Z", "timeframe_end": "2026-11-21T05:00:00Z"}
    bill = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
    path = f"/subscriptions/{subscription['id']}/costs"
    days = (await orb.read(path, view_mode="periodic"))["data"]
    so_far = (await orb.read(path))["data"]
    groups = exact(await orb.groups(subscription["id"], grouping_keys=["workspace_id"], **span))["data"]
    return {
        "bill": D(bill["subtotal"]),
        "line": D(next(line for line in bill["line_items"] if line["name"] == "GPU inference")["subtotal"]),
        "day": D(days[-1]["subtotal"]),
        "yesterday": D(days[-2]["subtotal"]),
        "so far": D(so_far[-1]["subtotal"]),
        "group": next(D(g["subtotal"]) for g in groups if g["grouping_values"] == ["checkout-prod"]),
    }


async def moved(orb: Orb, *events: dict[str, Any]) -> dict[str, Decimal]:
    before = await figures(orb)
    answer = await send(orb, *events)
    assert (answer.status_code, answer.json()) == (200, {"validation_failed": []})
    after = await figures(orb)
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


async def test_an_event_moves_every_figure_by_exactly_its_price(orb: Orb) -> None:
    price = 1000 * D("0.00045")
    assert await moved(orb, EVENT) == dict.fromkeys(("bill", "line", "day", "so far", "group"), price)


async def test_an_event_without_a_workspace_belongs_to_no_group(orb: Orb) -> None:
    assert await moved(orb, EVENT | {"properties": {"tokens": 0.5}}) == {
        name: D("0.000225") for name in ("bill", "line", "day", "so far")
    }


async def test_a_late_event_counts_on_its_own_day(orb: Orb) -> None:
    late = EVENT | {"timestamp": "2026-11-19T23:59:59"}  # without an offset it is UTC
    assert set(await moved(orb, late)) == {"bill", "line", "yesterday", "so far", "group"}


async def test_an_event_that_no_price_is_for_moves_nothing(orb: Orb) -> None:
    assert await moved(orb, EVENT | {"event_name": "something_else"}) == {}


async def test_an_event_sent_twice_counts_once(orb: Orb) -> None:
    assert (await send(orb, EVENT)).status_code == 200
    assert await moved(orb, EVENT) == {}
    answer = await send(orb, EVENT, EVENT | {"idempotency_key": "two"}, debug="true")
    assert answer.json()["debug"] == {"duplicate": ["one"], "ingested": ["two"]}


async def test_a_snapshot_does_not_see_what_came_after_it(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    path = "/invoices/upcoming"
    before = await orb.cached(path, subscription_id=subscription["id"])
    await send(orb, EVENT)
    assert (await orb.cached(path, subscription_id=subscription["id"])).content == before.content


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"timestamp": "yesterday"}, "timestamp: must be an ISO 8601 date-time in UTC"),
    ({"timestamp": "2026-11-20T20:25:00Z"}, "timestamp: must be at most 5 minutes in the future"),
    ({"timestamp": "2026-01-20T20:25:00Z"}, "timestamp: is before the grace period"),
    ({"customer_id": "both"}, "exactly one of customer_id and external_customer_id must be given"),
    ({"external_customer_id": None, "customer_id": "nobody-knows"}, "there is no customer nobody-knows"),
    ({"properties": {"nested": {}}}, "properties.nested: must be a number, a boolean or a string"),
    ({"properties": {"none": None}}, "properties.none: must be a number, a boolean or a string"),
    ({"properties": {"tokens": 1e30}}, "properties.tokens: must have at most 18 digits before the point"),
    ({"properties": {"tokens": 1e-12}}, "properties.tokens: must have at most 18 digits before the point"),
    ({"event_name": ""}, "event_name: must not be empty"),
    ({"idempotency_key": ""}, "idempotency_key: must not be empty"),
    ({"price": 1}, "unknown field `price`"),
]


@pytest.mark.parametrize(("change", "error"), WRONG)
async def test_one_wrong_event_refuses_the_batch(orb: Orb, change: dict[str, Any], error: str) -> None:
    answer = await send(orb, EVENT | {"idempotency_key": "good"}, EVENT | change)
    assert answer.status_code == 400
    (failed,) = answer.json()["validation_failed"]
    assert error in failed["validation_errors"][0]
    assert answer.json()["type"].endswith("#400-request-validation-errors")
    again = await send(orb, EVENT | {"idempotency_key": "good"}, debug="true")
    assert again.json()["debug"] == {"duplicate": [], "ingested": ["good"]}


async def test_one_key_for_two_events_refuses_the_batch(orb: Orb) -> None:
    answer = await send(orb, EVENT, EVENT | {"event_name": "another"})
    assert answer.status_code == 400
    assert "was used for another event" in answer.json()["validation_failed"][0]["validation_errors"][0]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"events": 1}', '{"events": [], "more": 1}'])
async def test_a_broken_body_is_a_problem(orb: Orb, body: str) -> None:
    answer = await orb.http.post("/v1/ingest", content=body)
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith("body: ")


async def test_amounts_keep_every_digit_however_many_there_are(orb: Orb) -> None:
    """28 digits, which a Decimal has by default, would not do."""
    await send(orb, EVENT | {"properties": {"tokens": 123_456_789_012_345_678}})
    (subscription,) = await orb.subscriptions("northwind")
    before = D((await orb.read("/invoices/upcoming", subscription_id=subscription["id"]))["subtotal"])
    tiny = EVENT | {"idempotency_key": "tiny", "properties": {"tokens": 0.000000001}}
    await send(orb, tiny)
    after = D((await orb.read("/invoices/upcoming", subscription_id=subscription["id"]))["subtotal"])
    assert after - before == D("0.00000000000045")


async def test_more_events_a_minute_than_the_plan_has_are_refused_whole(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-20T20:15:30+00:00", rate_plan="trial") as orb:
        events = [EVENT | {"idempotency_key": str(number)} for number in range(101)]
        answer = await send(orb, *events)
        assert (answer.status_code, answer.json()["detail"]) == (429, "Rate limit exceeded (100 per 1 minute)")
        taken = await send(orb, *events[:100], debug="true")
        assert taken.json()["debug"]["duplicate"] == []


@pytest.mark.parametrize("value", ["a/b", "~tilde", "*", "", "a.b", '"quoted"', "$", "[0]"])
async def test_groups_may_have_any_name(orb: Orb, value: str) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    await send(orb, EVENT | {"properties": {"tokens": 10**9, "workspace_id": value}})
    span = {"timeframe_start": "2026-11-01T04:00:00Z", "timeframe_end": "2026-11-21T05:00:00Z"}
    groups = exact(await orb.groups(subscription["id"], grouping_keys=["workspace_id"], **span))["data"]
    assert groups[0]["grouping_values"] == [value]
