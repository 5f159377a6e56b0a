"""What webhooks say: every type, in both styles, as the official client declares it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pydantic
import pytest
from orb.types.unwrap_webhook_event import UnwrapWebhookEvent
from orb.types.webhooks.unwrap_standard_webhook_event import UnwrapStandardWebhookEvent

from .sandbox_client import Invented, Orb
from .webhook_receiver import PANEL

TYPES = (
    "invoice.issued",
    "invoice.edited",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "subscription.created",
    "subscription.started",
    "subscription.ended",
    "subscription.edited",
    "subscription.plan_changed",
    "subscription.cancellation_scheduled",
    "subscription.trial_ended",
    "customer.edited",
    "customer.balance_transaction_created",
    "customer.credit_ledger_incremented",
    "customer.credit_balance_depleted",
    "customer.credit_balance_dropped",
    "customer.credit_balance_recovered",
    "subscription.usage_exceeded",
    "subscription.cost_exceeded",
    "subscription.spend_exceeded",
    "subscription.invoicing_threshold_exceeded",
    "subscription.license_balance_threshold_reached",
    "subscription.alert_disabled",
    "resource_event.test",
)
EVERYBODY = ("northwind", "halcyon", "lumen", "quiet", "sunset", "fresh", "meridian", "nobody", "yamato", "atelier")
DECLARED = {"expanded": UnwrapWebhookEvent, "standard": UnwrapStandardWebhookEvent}
# The client's price interval does not know this field, which its newer documentation has.
NEWER_THAN_THE_CLIENT = {"subscription.price_intervals.allocation_price"}


class Listed(msgspec.Struct):
    payload: msgspec.Raw


@pytest.fixture
def events(invented: Invented) -> Invented:
    return invented


def model_of(event_type: str, style: str) -> Any:
    models = get_args(DECLARED[style])
    return next(each for each in models if get_args(each.model_fields["type"].annotation) == (event_type,))


def undeclared(value: Any, path: str = "") -> Iterator[str]:
    """Every field in a validated document that its model does not have."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{path}{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from undeclared(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, list):
        for each in value:
            yield from undeclared(each, path)


async def fire(orb: Orb, event_type: str, who: str | None = "northwind", **more: Any) -> bytes:
    order = {"type": event_type, "customer": who} | more
    answer = await orb.http.post(f"{PANEL}/fire", json=order)
    assert answer.status_code == 200, answer.text
    event = await orb.get(f"/webhook_events/{answer.json()['data'][0]['id']}")
    return bytes(msgspec.json.decode(event.content, type=Listed).payload)


async def read(orb: Orb, event_type: str, who: str | None = "northwind", **more: Any) -> Any:
    return msgspec.json.Decoder(float_hook=Decimal).decode(await fire(orb, event_type, who, **more))


def fits(event_type: str, who: str) -> bool:
    if event_type == "customer.credit_ledger_incremented":
        return who == "lumen"
    if event_type.startswith("invoice."):
        return who not in {"nobody", "quiet"}
    return who != "nobody" or not event_type.startswith("subscription.")


@pytest.mark.parametrize("style", ["expanded", "standard"])
@pytest.mark.parametrize("event_type", TYPES)
async def test_every_type_is_what_the_client_declares_of_everybody(orb: Orb, event_type: str, style: str) -> None:
    model = model_of(event_type, style)
    whom = [who for who in EVERYBODY if fits(event_type, who)]
    assert whom
    for who in whom:
        event = model.model_validate_json(await fire(orb, event_type, who, payload_style=style), strict=True)
        assert (event.type, event.payload_style, event.created_at.microsecond) == (event_type, style, 0)
        assert set(undeclared(event)) <= NEWER_THAN_THE_CLIENT


@pytest.mark.parametrize("event_type", TYPES)
async def test_an_event_that_cannot_befall_a_customer_is_refused(orb: Orb, event_type: str) -> None:
    for who in (who for who in EVERYBODY if not fits(event_type, who)):
        answer = await orb.http.post(f"{PANEL}/fire", json={"type": event_type, "customer": who})
        assert answer.status_code == 400
        assert answer.json()["validation_errors"][0].startswith(f"customer: {who} ")
    nameless = await orb.http.post(f"{PANEL}/fire", json={"type": event_type})
    assert nameless.status_code == (200 if event_type == "resource_event.test" else 400)


async def test_an_issued_invoice_is_the_bill_of_the_last_billing_period(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    invoice = (await read(orb, "invoice.issued"))["invoice"]
    assert invoice["invoice_date"] == subscription["current_billing_period_start_date"]
    assert invoice["status"] == "issued"
    assert "target_date" not in invoice
    assert {line["end_date"] for line in invoice["line_items"]} == {invoice["invoice_date"]}
    assert sum(Decimal(line["subtotal"]) for line in invoice["line_items"]) == Decimal(invoice["subtotal"])


@pytest.mark.parametrize("who", ["fresh", "meridian"])
async def test_a_first_invoice_is_what_the_running_period_comes_to(orb: Orb, who: str) -> None:
    (subscription,) = await orb.subscriptions(who)
    upcoming = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
    invoice = (await read(orb, "invoice.issued", who))["invoice"]
    assert invoice["invoice_date"] == subscription["current_billing_period_end_date"]
    assert invoice["total"] == upcoming["total"]


async def test_the_last_invoice_of_who_left_is_of_the_last_period(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("sunset")
    invoice = (await read(orb, "invoice.issued", "sunset"))["invoice"]
    assert invoice["invoice_date"] == subscription["end_date"]


async def test_an_edited_invoice_is_the_upcoming_one(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    upcoming = await orb.read("/invoices/upcoming", subscription_id=subscription["id"])
    event = await read(orb, "invoice.edited")
    same = upcoming.keys() - {"target_date", "due_date"}
    assert {key: event["invoice"][key] for key in same} == {key: upcoming[key] for key in same}
    assert event["invoice"]["invoice_date"] == upcoming["target_date"]
    before = event["properties"]["previous_attributes"]
    assert Decimal(before["amount_due"]) < Decimal(upcoming["amount_due"])


async def test_a_payment_is_on_the_invoice(orb: Orb) -> None:
    for event_type, status, succeeded in (
        ("invoice.payment_succeeded", "paid", True),
        ("invoice.payment_failed", "issued", False),
    ):
        event = await read(orb, event_type)
        (attempt,) = event["invoice"]["payment_attempts"]
        assert (event["invoice"]["status"], attempt["succeeded"]) == (status, succeeded)
        assert attempt["amount"] == event["invoice"]["amount_due"]
        assert attempt["payment_provider_id"] == event["properties"]["payment_provider_transaction_id"]


async def test_a_subscription_is_the_one_that_the_api_shows(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("meridian")
    assert (await read(orb, "subscription.edited", "meridian"))["subscription"] == subscription
    summary = (await read(orb, "subscription.edited", "meridian", payload_style="standard"))["subscription"]
    assert "price_intervals" not in summary
    assert summary["plan"]["external_plan_id"] == subscription["plan"]["external_plan_id"]


async def test_an_end_is_in_the_subscription_and_in_the_world_only_if_it_is_real(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    ended = (await read(orb, "subscription.ended"))["subscription"]
    assert (ended["status"], ended["end_date"]) == ("ended", "2026-11-20T20:15:30.250000+00:00")
    leaving = await read(orb, "subscription.cancellation_scheduled")
    date = subscription["current_billing_period_end_date"]
    assert leaving["properties"]["cancellation_date"] == leaving["subscription"]["end_date"] == date
    assert leaving["subscription"]["status"] == "active"
    assert await orb.subscriptions("northwind") == [subscription]


async def test_alerts_have_strings_for_thresholds_that_were_crossed(orb: Orb) -> None:
    cost = (await read(orb, "subscription.cost_exceeded"))["properties"]
    (threshold,) = cost["alert_configuration"]["thresholds"]
    assert threshold == {"value": cost["amount_threshold"]}
    assert 0 < Decimal(cost["amount_threshold"]) <= Decimal(cost["evaluated_amount"])
    usage = (await read(orb, "subscription.usage_exceeded"))["properties"]
    assert 0 < usage["quantity_threshold"] <= usage["evaluated_quantity"]
    assert usage["alert_configuration"]["metric"] == {"id": usage["billable_metric_id"]}
    assert isinstance(usage["alert_configuration"]["thresholds"][0]["value"], str)


async def test_a_grant_is_the_newest_block_with_strings_for_amounts(orb: Orb) -> None:
    blocks = (await orb.read("/customers/external_customer_id/lumen/credits", limit=100))["data"]
    newest = next(block for block in blocks if block["status"] == "active")
    event = await read(orb, "customer.credit_ledger_incremented", "lumen")
    amounts = {name: str(newest[name]) for name in ("balance", "maximum_initial_balance")}
    assert event["properties"]["block"] == newest | amounts


async def test_one_subscription_of_several_can_be_named(orb: Orb) -> None:
    for subscription in await orb.subscriptions("halcyon"):
        event = await read(orb, "invoice.issued", "halcyon", subscription_id=subscription["id"])
        assert event["invoice"]["subscription"] == {"id": subscription["id"]}


async def test_a_customer_can_be_named_by_orbs_id(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("yamato")
    event = await read(orb, "customer.edited", subscription["customer"]["id"])
    assert event["customer"]["external_customer_id"] == "yamato"


async def test_what_is_said_of_an_event_can_be_chosen(orb: Orb) -> None:
    event = await read(orb, "customer.credit_balance_dropped", "lumen", properties={"balance_threshold": "7.5"})
    assert event["properties"]["balance_threshold"] == "7.5"
    assert event["properties"]["alert_configuration"]["type"] == "credit_balance_dropped"


@pytest.mark.parametrize(
    ("order", "status", "why"),
    [
        ({"type": "invoice.eaten", "customer": "northwind"}, 400, "type: must be one of"),
        ({"customer": "northwind"}, 400, "missing required field `type`"),
        ({"type": "customer.edited", "customer": "stranger"}, 404, "identifier: stranger"),
        ({"type": "invoice.issued", "customer": "northwind", "subscription_id": "nope"}, 404, "identifier: nope"),
        ({"type": "customer.edited", "customer": "northwind", "colour": "red"}, 400, "unknown field `colour`"),
        ({"type": "resource_event.test", "duplicates": -1}, 400, "duplicates: must not be negative"),
        ({"type": "resource_event.test", "duplicates": 1000}, 400, "more than 1000"),
        ({"type": "resource_event.test", "shuffle": "yes"}, 400, "Expected `bool`"),
        ({"events": [1]}, 400, "Expected `object`"),
        ([], 400, "Expected `object`"),
    ],
)
async def test_an_order_to_fire_must_make_sense(orb: Orb, order: Any, status: int, why: str) -> None:
    answer = await orb.http.post(f"{PANEL}/fire", json=order)
    assert answer.status_code == status
    assert why in answer.text
    assert (await orb.read("/webhook_events"))["data"] == []


async def test_a_subscription_of_somebody_else_is_not_found(orb: Orb) -> None:
    (foreign,) = await orb.subscriptions("yamato")
    order = {"type": "invoice.issued", "customer": "northwind", "subscription_id": foreign["id"]}
    assert (await orb.http.post(f"{PANEL}/fire", json=order)).status_code == 404


async def test_usage_of_a_plan_without_a_metered_price_is_refused(orb: Orb) -> None:
    order = {"type": "subscription.usage_exceeded", "customer": "orchard-west"}
    answer = await orb.http.post("/_sandbox/webhooks/fire", json=order)
    assert answer.status_code == 400
    assert "has no metered price" in answer.json()["validation_errors"][0]


async def test_an_invoice_is_due_when_the_api_says_so(orb: Orb) -> None:
    await orb.http.post("/_sandbox/webhooks/fire", json={"type": "invoice.issued", "customer": "northwind"})
    (event,) = (await orb.read("/webhook_events"))["data"]
    invoice = event["payload"]["invoice"]
    assert (await orb.read(f"/invoices/{invoice['id']}"))["due_date"] == invoice["due_date"]
    await orb.http.post("/_sandbox/webhooks/fire", json={"type": "invoice.edited", "customer": "northwind"})
    assert (await orb.read("/webhook_events"))["data"][0]["payload"]["invoice"]["due_date"] is None
