"""Orb's documents of subscriptions."""

from datetime import datetime

from app.sandbox.catalogue.currencies import digits_of
from app.sandbox.catalogue.plans import Price
from app.sandbox.documents.adjustments import adjustment_document
from app.sandbox.documents.customers import customer_document, customer_reference
from app.sandbox.documents.plans import plan_document, price_document
from app.sandbox.identity import opaque
from app.sandbox.wire import Document, instant, instant_or_null, money
from app.sandbox.world.world import Subscription, World


def subscription_document(world: World, subscription: Subscription, now: datetime) -> Document:
    """Show a subscription as Orb's `Subscription`: its billing period is null unless it is active."""
    plan, status = subscription.plan, subscription.status(now)
    period, threshold = _period(subscription, now), plan.invoicing_threshold
    return {
        "metadata": {},
        "id": subscription.id,
        "customer": customer_document(world, subscription.customer),
        "plan": plan_document(plan),
        "start_date": instant(subscription.start),
        "end_date": instant_or_null(subscription.end),
        "created_at": instant(subscription.created),
        **period,
        "status": status,
        "trial_info": {"end_date": instant_or_null(subscription.trial_end)},
        "active_plan_phase_order": None,
        "fixed_fee_quantity_schedule": [
            {
                "price_id": price.id,
                "start_date": instant(subscription.start),
                "end_date": instant_or_null(subscription.end),
                "quantity": price.fixed,
            }
            for price in plan.prices
            if price.fixed is not None
        ],
        "default_invoice_memo": None,
        "auto_collection": True,
        "auto_issuance": True,
        "net_terms": 14,
        "redeemed_coupon": None,
        "billing_cycle_day": subscription.anchor.day,
        "billing_cycle_anchor_configuration": {"day": subscription.anchor.day, "month": None, "year": None},
        "invoicing_threshold": threshold and money(threshold, digits_of(plan.invoiced_in)),
        "price_intervals": [_interval(subscription, price, period) for price in plan.prices],
        "adjustment_intervals": [
            {
                "id": opaque("adjustment-interval", subscription.id, adjustment.id),
                "start_date": instant(subscription.start),
                "end_date": instant_or_null(subscription.end),
                "adjustment": adjustment_document(plan, adjustment) | {"plan_phase_order": None},
                "applies_to_price_interval_ids": [
                    _interval_id(subscription, price) for price in plan.prices if adjustment.applies(price.key)
                ],
            }
            for adjustment in plan.adjustments
        ],
        "discount_intervals": [],
        "minimum_intervals": [],
        "maximum_intervals": [],
        "name": plan.name,
        "pending_subscription_change": _pending_change(world, subscription, now),
    }


def summary_document(subscription: Subscription, now: datetime) -> Document:
    """Show a subscription without its prices and periods, its plan and customer as references."""
    plan = subscription.plan
    return {
        "metadata": {},
        "id": subscription.id,
        "name": plan.name,
        "status": subscription.status(now),
        "start_date": instant(subscription.start),
        "end_date": instant_or_null(subscription.end),
        "created_at": instant(subscription.created),
        "plan": {"id": plan.id, "external_plan_id": plan.key, "name": plan.name},
        "customer": customer_reference(subscription.customer),
    }


def _pending_change(world: World, subscription: Subscription, now: datetime) -> Document | None:
    """Show that another plan of the customer's is to begin where this one ends."""
    begins = {other.start for other in world.of(subscription.customer)}
    if subscription.end is None or subscription.end <= now or subscription.end not in begins:
        return None
    return {"id": opaque("subscription-change", subscription.id)}


def _period(subscription: Subscription, now: datetime) -> dict[str, str | None]:
    start, end = subscription.period(now) if subscription.status(now) == "active" else (None, None)
    return {
        "current_billing_period_start_date": instant_or_null(start),
        "current_billing_period_end_date": instant_or_null(end),
    }


def _interval_id(subscription: Subscription, price: Price) -> str:
    return opaque("price-interval", subscription.id, price.key)


def _interval(subscription: Subscription, price: Price, period: dict[str, str | None]) -> Document:
    return {
        "id": _interval_id(subscription, price),
        "start_date": instant(subscription.start),
        "end_date": instant_or_null(subscription.end),
        "billing_cycle_day": subscription.anchor.day,
        **period,
        "price": price_document(subscription.plan, price),
        "fixed_fee_quantity_transitions": [] if price.fixed is not None else None,
        "can_defer_billing": False,
        "filter": None,
        "usage_customer_ids": None,
        "metric_parameter_overrides": None,
        "allocation_price": None,
    }
