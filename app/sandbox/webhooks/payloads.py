"""What events say: the payload of every type, built from the resources of the world."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.sandbox.problems import invalid
from app.sandbox.webhooks import alerts, properties, resources
from app.sandbox.webhooks.endpoints import Style
from app.sandbox.webhooks.scene import Scene
from app.sandbox.wire import Document, instant

_Resource = Callable[[Scene, Style], Document]
_Properties = Callable[[Scene], Document]

#: For each type of event what it shows, under the first word of its name, and what it says of it.
_TYPES: dict[str, tuple[_Resource | None, _Properties]] = {
    "customer.balance_transaction_created": (resources.customer, properties.balance_transaction),
    "customer.credit_balance_depleted": (resources.customer, properties.balance("credit_balance_depleted")),
    "customer.credit_balance_dropped": (resources.customer, properties.balance_dropped),
    "customer.credit_balance_recovered": (resources.customer, properties.balance("credit_balance_recovered")),
    "customer.credit_ledger_incremented": (resources.customer, properties.granted),
    "customer.edited": (resources.customer, properties.customer_before),
    "invoice.edited": (resources.draft_invoice, properties.invoice_before),
    "invoice.issued": (resources.issued_invoice, properties.issued),
    "invoice.payment_failed": (resources.unpaid_invoice, properties.payment),
    "invoice.payment_succeeded": (resources.paid_invoice, properties.payment_received),
    "resource_event.test": (None, properties.test_message),
    "subscription.alert_disabled": (resources.brief_subscription, alerts.alert_disabled),
    "subscription.cancellation_scheduled": (resources.leaving_subscription, properties.cancelled),
    "subscription.cost_exceeded": (resources.subscription, alerts.cost_exceeded),
    "subscription.created": (resources.subscription, properties.nothing),
    "subscription.edited": (resources.subscription, properties.subscription_before),
    "subscription.ended": (resources.ended_subscription, properties.nothing),
    "subscription.invoicing_threshold_exceeded": (resources.brief_subscription, alerts.invoicing_threshold_exceeded),
    "subscription.license_balance_threshold_reached": (
        resources.brief_subscription,
        alerts.license_balance_threshold_reached,
    ),
    "subscription.plan_changed": (resources.subscription, properties.previous_plan),
    "subscription.spend_exceeded": (resources.subscription, alerts.spend_exceeded),
    "subscription.started": (resources.subscription, properties.nothing),
    "subscription.trial_ended": (resources.subscription, properties.nothing),
    "subscription.usage_exceeded": (resources.subscription, alerts.usage_exceeded),
}

TYPES = tuple(_TYPES)


def payload(
    identity: str, event_type: str, created: datetime, scene: Scene, style: Style, more: dict[str, Any]
) -> Document:
    """Write an event; `more` stands in place of the properties of its names.

    Raises a 400 Problem for a type that the sandbox cannot send, and for one that does not fit the customer.
    """
    if event_type not in _TYPES:
        raise invalid(f"type: must be one of {', '.join(TYPES)}")
    resource, said = _TYPES[event_type]
    shown = {event_type.partition(".")[0]: resource(scene, style)} if resource else {}
    return {
        "id": identity,
        "created_at": instant(created),
        "type": event_type,
        **shown,
        "properties": said(scene) | more,
        "payload_style": style,
    }
