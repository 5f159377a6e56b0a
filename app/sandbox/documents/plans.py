"""Orb's documents of plans: their prices, discounts and minimums."""

from functools import lru_cache

import msgspec

from app.sandbox.catalogue.plans import MONTHS, Plan, Price
from app.sandbox.identity import opaque
from app.sandbox.wire import Document, encode, money, plain

_CATALOGUE_MADE = "2020-01-15T18:02:11+00:00"


@lru_cache(maxsize=512)
def price_document(plan: Plan, price: Price) -> msgspec.Raw:
    """Show a price as Orb's `Price`, already written: it recurs in every bucket of a cost series."""
    return msgspec.Raw(
        encode(
            {
                "metadata": {},
                "external_price_id": None,
                "replaces_price_id": None,
                "created_at": _CATALOGUE_MADE,
                "cadence": plan.cadence,
                "billing_mode": "in_arrear",
                "billing_cycle_configuration": {"duration": MONTHS[plan.cadence], "duration_unit": "month"},
                "invoicing_cycle_configuration": None,
                "fixed_price_quantity": price.fixed,
                "plan_phase_order": None,
                "currency": plan.currency,
                "conversion_rate": None,
                "conversion_rate_config": None,
                "credit_allocation": None,
                "composite_price_filters": None,
                "discount": None,
                "minimum": None,
                "minimum_amount": None,
                "maximum": None,
                "maximum_amount": None,
                "invoice_grouping_key": None,
                "dimensional_price_configuration": None,
                "license_type": None,
                "id": price.id,
                "name": price.name,
                "price_type": "usage_price" if price.fixed is None else "fixed_price",
                "model_type": price.model,
                f"{price.model}_config": _model_config(price),
                "billable_metric": {"id": opaque("metric", price.key)} if price.fixed is None else None,
                "item": {"id": price.item_id, "name": price.item},
            }
        )
    )


def _model_config(price: Price) -> Document:
    if price.tiers:
        return {"tiers": [tier_document(price, place) for place in range(len(price.tiers))], "prorated": False}
    if price.package:
        return {"package_amount": plain(price.unit_amount), "package_size": price.package}
    return {"unit_amount": plain(price.unit_amount), "prorated": False}


def tier_document(price: Price, place: int) -> Document:
    """Show one tier of a price."""
    tier = price.tiers[place]
    return {"first_unit": tier.first, "last_unit": tier.last, "unit_amount": plain(tier.unit_amount)}


def minimum_document(plan: Plan) -> Document | None:
    """Show a plan's minimum, where it has one."""
    if plan.minimum is None:
        return None
    return {
        "minimum_amount": money(plan.minimum, plan.digits),
        "applies_to_price_ids": [price.id for price in plan.prices],
        "filters": [],
    }


def discount_document(plan: Plan) -> Document | None:
    """Show a plan's discount, where it has one."""
    if plan.discount is None:
        return None
    return {
        "discount_type": "percentage",
        "percentage_discount": plan.discount,
        "applies_to_price_ids": [price.id for price in plan.prices],
        "filters": [],
        "reason": plan.discount_reason,
    }


def adjustment_documents(plan: Plan) -> list[Document]:
    """Show what changes a plan's prices: first the discount, then the minimum."""
    common = {
        "applies_to_price_ids": [price.id for price in plan.prices],
        "filters": [],
        "is_invoice_level": True,
        "plan_phase_order": None,
        "replaces_adjustment_id": None,
    }
    adjustments: list[Document] = []
    if plan.discount is not None:
        adjustments.append(
            common
            | {
                "id": opaque("discount", plan.key),
                "adjustment_type": "percentage_discount",
                "percentage_discount": plan.discount,
                "reason": plan.discount_reason,
            }
        )
    if plan.minimum is not None:
        adjustments.append(
            common
            | {
                "id": opaque("minimum", plan.key),
                "adjustment_type": "minimum",
                "minimum_amount": money(plan.minimum, plan.digits),
                "item_id": plan.prices[0].item_id,
                "reason": None,
            }
        )
    return adjustments


def plan_document(plan: Plan) -> Document:
    """Show a plan as Orb's `Plan`."""
    return {
        "metadata": {},
        "id": plan.id,
        "name": plan.name,
        "description": plan.name,
        "maximum_amount": None,
        "minimum_amount": None if plan.minimum is None else money(plan.minimum, plan.digits),
        "created_at": _CATALOGUE_MADE,
        "status": "active",
        "maximum": None,
        "minimum": minimum_document(plan),
        "discount": discount_document(plan),
        "product": {"id": opaque("product"), "name": "Platform", "created_at": _CATALOGUE_MADE},
        "version": 1,
        "trial_config": {"trial_period": None, "trial_period_unit": "days"},
        "plan_phases": None,
        "base_plan": None,
        "base_plan_id": None,
        "external_plan_id": plan.key,
        "currency": plan.currency,
        "invoicing_currency": "USD" if plan.prepaid else plan.currency,
        "net_terms": 14,
        "default_invoice_memo": None,
        "prices": [price_document(plan, price) for price in plan.prices],
        "adjustments": adjustment_documents(plan),
    }
