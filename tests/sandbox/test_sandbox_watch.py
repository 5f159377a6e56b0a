"""Webhooks that nobody fires: time passes, usage comes in, and whoever listens is told."""

import json
from decimal import Decimal
from typing import Any

import pytest
from orb.types.unwrap_webhook_event import UnwrapWebhookEvent
from pydantic import TypeAdapter

from .sandbox_client import Orb

D = Decimal
DAY = 86_400


async def told(orb: Orb, **query: Any) -> list[Any]:
    """The events there are, oldest first."""
    events: list[Any] = []
    while True:
        page = await orb.read("/webhook_events", limit=100, **query)
        events += page["data"]
        if not page["pagination_metadata"]["has_more"]:
            return events[::-1]
        query["cursor"] = page["pagination_metadata"]["next_cursor"]


async def advance(orb: Orb, seconds: float) -> None:
    (await orb.http.post("/_sandbox/clock", json={"advance": seconds})).raise_for_status()


async def send(orb: Orb, who: str, event_name: str, key: str, **properties: Any) -> None:
    event = {"event_name": event_name, "external_customer_id": who, "timestamp": orb.now.isoformat()}
    body = {"events": [event | {"idempotency_key": key, "properties": properties}]}
    (await orb.http.post("/v1/ingest", json=body)).raise_for_status()


async def test_an_invoice_is_told_of_as_it_is_issued_and_as_it_is_paid(orb: Orb) -> None:
    await advance(orb, 11 * DAY)
    issued = [e for e in await told(orb, event_type="invoice.issued") if named(e) == "northwind"]
    (event,) = issued
    invoice = event["payload"]["invoice"]
    assert (event["created_at"], invoice["status"]) == (invoice["issued_at"], "issued")
    shown = await orb.read(f"/invoices/{invoice['id']}")
    assert (shown["amount_due"], shown["line_items"]) == (invoice["amount_due"], invoice["line_items"])

    await advance(orb, 8 * DAY)
    paid = [e for e in await told(orb, event_type="invoice.payment_succeeded") if named(e) == "northwind"]
    assert [e["payload"]["invoice"]["id"] for e in paid] == [invoice["id"]]
    assert paid[0]["payload"]["invoice"]["status"] == "paid"
    assert (await orb.read(f"/invoices/{invoice['id']}"))["status"] == "paid"


def named(event: Any) -> str:
    name: str = event["payload"]["invoice"]["customer"]["external_customer_id"]
    return name


async def test_what_ends_and_begins_is_told_of_in_its_order(orb: Orb) -> None:
    await advance(orb, 40 * DAY)
    events = await told(orb)
    times = [event["created_at"] for event in events]
    assert times == sorted(times)
    types = {event["type"] for event in events}
    assert {"subscription.started", "subscription.ended", "subscription.trial_ended"} <= types
    assert "customer.credit_ledger_incremented" in types


async def test_every_event_that_comes_by_itself_is_one_that_the_official_client_knows(orb: Orb) -> None:
    await advance(orb, 40 * DAY)
    model: TypeAdapter[Any] = TypeAdapter(UnwrapWebhookEvent)
    answer = (await orb.get("/webhook_events", limit=100)).json()
    assert len(answer["data"]) > 40
    for event in answer["data"]:
        assert model.validate_json(json.dumps(event["payload"]), strict=True).type == event["type"]


async def test_a_clock_that_is_set_tells_of_nothing(orb: Orb) -> None:
    (await orb.http.post("/_sandbox/clock", json={"now": "2027-06-01T00:00:00Z"})).raise_for_status()
    await advance(orb, 1)
    assert await told(orb) == []


async def test_usage_that_crosses_a_threshold_is_told_of_once(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    metric = next(p["billable_metric"]["id"] for p in northwind["plan"]["prices"] if p["name"] == "Egress")
    path = f"/v1/alerts/subscription_id/{northwind['id']}"
    body = {"type": "usage_exceeded", "metric_id": metric, "thresholds": [{"value": 10**9}, {"value": 2 * 10**9}]}
    (await orb.http.post(path, json=body)).raise_for_status()
    for number, gigabytes in enumerate((1000, 10**9, 1000, 3 * 10**9)):
        await send(orb, "northwind", "egress", f"event-{number}", gigabytes=gigabytes)
    events = await told(orb, event_type="subscription.usage_exceeded")
    assert [D(e["payload"]["properties"]["quantity_threshold"]) for e in events] == [10**9, 2 * 10**9]
    properties = events[0]["payload"]["properties"]
    assert properties["billable_metric_id"] == metric
    assert D(properties["evaluated_quantity"]) > 10**9
    assert properties["alert_configuration"]["type"] == "usage_exceeded"


async def test_credits_that_run_low_are_told_of(orb: Orb) -> None:
    balance = D((await orb.read("/customers/external_customer_id/lumen/credits/ledger"))["data"][0]["ending_balance"])
    images = int(balance / D("0.8"))
    await send(orb, "lumen", "images", "many", images=images)
    dropped = await told(orb, event_type="customer.credit_balance_dropped")
    assert len(dropped) == 1
    assert dropped[0]["payload"]["customer"]["external_customer_id"] == "lumen"


async def test_usage_of_nobody_is_no_news(orb: Orb) -> None:
    await send(orb, "somebody-else", "gpu_inference", "one", tokens=10**12)
    assert await told(orb) == []


@pytest.mark.parametrize("switch", ["disable", "enable"])
async def test_an_alert_that_is_switched_off_tells_nothing(orb: Orb, switch: str) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    path = f"/v1/alerts/subscription_id/{northwind['id']}"
    rule = {"type": "spend_exceeded", "currency": "USD", "thresholds": [{"value": 1_000_000}]}
    made = await orb.http.post(path, json=rule)
    assert made.status_code == 201, made.text
    query = {"subscription_id": northwind["id"]}
    await orb.http.post(f"/v1/alerts/{made.json()['id']}/{switch}", params=query)
    await send(orb, "northwind", "gpu_inference", "much", tokens=10**10)
    events = await told(orb, event_type="subscription.spend_exceeded")
    sounded = [event["payload"]["properties"]["alert_configuration"]["id"] for event in events]
    assert (made.json()["id"] in sounded) == (switch == "enable")
