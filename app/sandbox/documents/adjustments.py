"""Orb's documents of adjustments: discounts, minimums, maximums."""

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.currencies import digits_of
from app.sandbox.catalogue.plans import Plan
from app.sandbox.wire import Document, money, number


def adjustment_document(plan: Plan, adjustment: Adjustment) -> Document:
    """Show an adjustment as plans and subscriptions do."""
    return {
        "id": adjustment.id,
        "adjustment_type": adjustment.kind,
        "applies_to_price_ids": _price_ids(plan, adjustment),
        "filters": [],
        "is_invoice_level": adjustment.is_invoice_level,
        "replaces_adjustment_id": None,
        "reason": adjustment.reason,
        **_value(plan, adjustment),
    }


def _value(plan: Plan, adjustment: Adjustment) -> Document:
    amount = money(adjustment.value, digits_of(plan.invoiced_in))
    match adjustment.kind:
        case "usage_discount" | "percentage_discount":
            return {adjustment.kind: number(adjustment.value)}
        case "amount_discount":
            return {"amount_discount": amount}
        case "minimum":
            first = next(price for price in plan.prices if adjustment.applies(price.key))
            return {"minimum_amount": amount, "item_id": first.item_id}
        case "maximum":
            return {"maximum_amount": amount}


def minimum_document(plan: Plan) -> Document | None:
    """Show what an invoice of the plan is at least, where there is such a thing."""
    return _bound(plan, "minimum")


def maximum_document(plan: Plan) -> Document | None:
    """Show what an invoice of the plan is at most, where there is such a thing."""
    return _bound(plan, "maximum")


def _bound(plan: Plan, kind: str) -> Document | None:
    for adjustment in plan.adjustments:
        if adjustment.kind == kind and adjustment.is_invoice_level:
            amount = money(adjustment.value, digits_of(plan.invoiced_in))
            prices = _price_ids(plan, adjustment)
            return {f"{kind}_amount": amount, "applies_to_price_ids": prices, "filters": []}
    return None


def discount_documents(plan: Plan) -> list[Document]:
    """Show the discounts of a plan's invoices, as invoices list them."""
    return [
        {
            "discount_type": adjustment.kind.removesuffix("_discount"),
            "applies_to_price_ids": _price_ids(plan, adjustment),
            "filters": [],
            "reason": adjustment.reason,
            **_value(plan, adjustment),
        }
        for adjustment in plan.adjustments
        if adjustment.kind in {"amount_discount", "percentage_discount"} and adjustment.is_invoice_level
    ]


def _price_ids(plan: Plan, adjustment: Adjustment) -> list[str]:
    return [price.id for price in plan.prices if adjustment.applies(price.key)]
