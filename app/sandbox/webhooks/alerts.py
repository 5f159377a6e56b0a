"""Alerts in webhooks: the `alert_configuration` that an event brings, and what was exceeded."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from app.sandbox.documents.customers import customer_reference
from app.sandbox.identity import opaque
from app.sandbox.problems import invalid
from app.sandbox.webhooks.scene import Scene
from app.sandbox.wire import Document, instant, number, plain


def alert(scene: Scene, kind: str, *thresholds: str, **more: object) -> Document:
    """Show an alert on a subscription. Thresholds are strings in webhooks, though numbers in the API."""
    subscription = scene.subscription
    return _alert(scene, kind, subscription.id, subscription.created, thresholds) | {
        "subscription": {"id": subscription.id},
        "currency": subscription.plan.currency,
        **more,
    }


def balance_alert(scene: Scene, kind: str, unit: str, *thresholds: str) -> Document:
    """Show an alert on a customer's balance of a pricing unit."""
    customer = scene.customer
    sounding = [{"in_alert": True, "threshold_value": threshold} for threshold in thresholds]
    return _alert(scene, kind, customer.id, customer.created, thresholds) | {
        "currency": unit,
        "balance_alert_status": sounding,
    }


def _alert(scene: Scene, kind: str, of: str, created: datetime, thresholds: tuple[str, ...]) -> Document:
    return {
        "id": opaque("alert", kind, of),
        "type": kind,
        "created_at": instant(created.replace(microsecond=0)),
        "enabled": True,
        "thresholds": [{"value": threshold} for threshold in thresholds] or None,
        "customer": customer_reference(scene.customer),
        "plan": None,
        "subscription": None,
        "metric": None,
        "currency": None,
    }


def usage_exceeded(scene: Scene) -> Document:
    """Tell that the first metered price has brought more than its threshold."""
    line = next((line for line in _draft(scene)["line_items"] if line["price"]["billable_metric"]), None)
    if line is None:
        raise invalid(f"customer: {scene.customer.external_id} has no metered price on this subscription")
    quantity, metric = Decimal(line["quantity"]), line["price"]["billable_metric"]
    return {
        "alert_configuration": alert(scene, "usage_exceeded", plain(below(quantity)), metric=metric, currency=None),
        "billable_metric_id": metric["id"],
        "evaluated_quantity": number(quantity),
        "quantity_threshold": number(below(quantity)),
        **timeframe(scene),
    }


def cost_exceeded(scene: Scene) -> Document:
    """Tell that the subscription has cost more than its threshold."""
    return _amount_exceeded(scene, "cost_exceeded")


def spend_exceeded(scene: Scene) -> Document:
    """Tell that what is spent on the subscription is more than its threshold."""
    return _amount_exceeded(scene, "spend_exceeded")


def _amount_exceeded(scene: Scene, kind: str) -> Document:
    evaluated = _draft(scene)["subtotal"]
    threshold = plain(below(Decimal(evaluated)))
    return {
        "alert_configuration": alert(scene, kind, threshold),
        "amount_threshold": threshold,
        "evaluated_amount": evaluated,
        **timeframe(scene),
    }


def invoicing_threshold_exceeded(scene: Scene) -> Document:
    """Tell that an invoice was made because the subscription costs as much as it may before it is billed."""
    draft = _draft(scene)
    return {
        "evaluated_amount": draft["subtotal"],
        "invoice_id": draft["id"],
        "invoicing_threshold": plain(below(Decimal(draft["subtotal"]))),
        "threshold_invoice_created": True,
    }


def license_balance_threshold_reached(scene: Scene) -> Document:
    """Tell that a license has used up most of its credits. The world has no licenses: this one is made up."""
    seat = opaque("license-type", "seat")
    return {
        "alert_configuration": alert(scene, "license_balance_threshold_reached", "0.8", license_type={"id": seat}),
        "licenses": [{"external_license_id": "seat-1", "license_type_id": seat, "threshold_percentage": "0.8"}],
        **timeframe(scene),
    }


def alert_disabled(scene: Scene) -> Document:
    """Tell that somebody switched the subscription's alert on cost off."""
    return {
        "alert_configuration": cost_exceeded(scene)["alert_configuration"] | {"enabled": False},
        "cardinality": None,
        "cardinality_limit": None,
        "reason": "user",
    }


def timeframe(scene: Scene) -> Document:
    """Give the billing period that an alert on a subscription watches."""
    start, end = scene.subscription.period(scene.lived())
    return {"timeframe_start": instant(start), "timeframe_end": instant(end)}


def below(amount: Decimal) -> Decimal:
    """Find a threshold that somebody would have set and that an amount has crossed: its first digit, then zeros."""
    if amount < 1:
        return Decimal(0)
    step = Decimal(10) ** amount.adjusted()
    return (amount / step).to_integral_value(ROUND_DOWN) * step


def _draft(scene: Scene) -> Document:
    return scene.draft(scene.lived())
