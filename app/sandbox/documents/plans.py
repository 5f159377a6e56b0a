"""Orb's documents of plans and their prices."""

from functools import lru_cache
from typing import assert_never

import msgspec

from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.catalogue.models import (
    MODEL_TYPES,
    Bulk,
    BulkTier,
    Matrix,
    Model,
    Package,
    Percent,
    Tier,
    Tiered,
    Unit,
)
from app.sandbox.catalogue.plans import MONTHS, Plan, Price
from app.sandbox.documents.adjustments import (
    adjustment_document,
    discount_documents,
    maximum_document,
    minimum_document,
)
from app.sandbox.identity import opaque
from app.sandbox.wire import Document, encode, number, plain

_CATALOGUE_MADE = "2020-01-15T18:02:11+00:00"


@lru_cache(maxsize=512)
def price_document(plan: Plan, price: Price) -> msgspec.Raw:
    """Show a price as Orb's `Price`, already written: it recurs in every bucket of a cost series."""
    model_type = MODEL_TYPES[type(price.model)]
    return msgspec.Raw(
        encode(
            {
                "metadata": {},
                "external_price_id": price.key,
                "replaces_price_id": None,
                "created_at": _CATALOGUE_MADE,
                "cadence": plan.cadence,
                "billing_mode": "in_arrear",
                "billing_cycle_configuration": {"duration": MONTHS[plan.cadence], "duration_unit": "month"},
                "invoicing_cycle_configuration": None,
                "fixed_price_quantity": price.fixed,
                "plan_phase_order": None,
                "currency": price.currency,
                "conversion_rate": None if price.conversion_rate is None else number(price.conversion_rate),
                "conversion_rate_config": _conversion(price),
                "credit_allocation": None,
                "composite_price_filters": None,
                "discount": None,
                "minimum": None,
                "minimum_amount": None,
                "maximum": None,
                "maximum_amount": None,
                "invoice_grouping_key": price.invoice_grouping_key,
                "dimensional_price_configuration": None,
                "license_type": license_type_document(price.license_type),
                "id": price.id,
                "name": price.name,
                "price_type": "usage_price" if price.fixed is None else "fixed_price",
                "model_type": model_type,
                f"{model_type}_config": _model_config(price.model),
                "billable_metric": {"id": price.metric.id} if price.metric else None,
                "item": {"id": price.item_id, "name": price.item},
            }
        )
    )


def _model_config(model: Model) -> Document:
    match model:
        case Unit():
            return {"unit_amount": plain(model.unit_amount), "prorated": False}
        case Package():
            return {"package_amount": plain(model.package_amount), "package_size": model.package_size}
        case Tiered():
            return {"tiers": [tier_document(tier) for tier in model.tiers], "prorated": False}
        case Bulk():
            return {"tiers": [_bulk_tier(tier) for tier in model.tiers]}
        case Matrix():
            return {
                "dimensions": list(model.dimensions),
                "default_unit_amount": plain(model.default_unit_amount),
                "matrix_values": [
                    {"dimension_values": list(values), "unit_amount": plain(amount)} for values, amount in model.cells
                ],
            }
        case Percent():
            return {"percent": number(model.percent)}
        case _:
            assert_never(model)


def tier_document(tier: Tier) -> Document:
    """Show one tier of a price."""
    return {"first_unit": tier.first_unit, "last_unit": tier.last_unit, "unit_amount": plain(tier.unit_amount)}


def _bulk_tier(tier: BulkTier) -> Document:
    return {"maximum_units": tier.maximum_units, "unit_amount": plain(tier.unit_amount)}


def _conversion(price: Price) -> Document | None:
    if price.conversion_rate is None:
        return None
    return {"conversion_rate_type": "unit", "unit_config": {"unit_amount": plain(price.conversion_rate)}}


def license_type_document(license_type: LicenseType | None) -> Document | None:
    """Show a license type."""
    if license_type is None:
        return None
    return {"id": license_type.id, "name": license_type.name, "grouping_key": license_type.grouping_key}


def plan_document(plan: Plan) -> Document:
    """Show a plan as Orb's `Plan`."""
    minimum, maximum = minimum_document(plan), maximum_document(plan)
    return {
        "metadata": {},
        "id": plan.id,
        "name": plan.name,
        "description": plan.name,
        "maximum_amount": maximum and maximum["maximum_amount"],
        "minimum_amount": minimum and minimum["minimum_amount"],
        "created_at": _CATALOGUE_MADE,
        "status": "active",
        "maximum": maximum,
        "minimum": minimum,
        "discount": next(iter(discount_documents(plan)), None),
        "product": {"id": opaque("product"), "name": "Platform", "created_at": _CATALOGUE_MADE},
        "version": 1,
        "trial_config": {"trial_period": plan.trial_days, "trial_period_unit": "days"},
        "plan_phases": None,
        "base_plan": None,
        "base_plan_id": None,
        "external_plan_id": plan.key,
        "currency": plan.currency,
        "invoicing_currency": plan.invoiced_in,
        "net_terms": 14,
        "default_invoice_memo": None,
        "prices": [price_document(plan, price) for price in plan.prices],
        "adjustments": [adjustment_document(plan, each) | {"plan_phase_order": None} for each in plan.adjustments],
    }
