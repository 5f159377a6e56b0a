"""Orb's document of the upcoming invoice."""

from datetime import datetime, timedelta

from app.sandbox.catalogue.plans import Plan
from app.sandbox.documents.customers import address_document, customer_reference
from app.sandbox.documents.plans import (
    adjustment_documents,
    discount_document,
    minimum_document,
    price_document,
    tier_document,
)
from app.sandbox.identity import opaque
from app.sandbox.rating.bill import Bill, BillLine
from app.sandbox.rating.rating import tier_parts
from app.sandbox.wire import Document, instant, money, number, plain
from app.sandbox.world.world import Subscription

#: How long Orb waits for late events after a period, by default.
_GRACE = timedelta(hours=12)


def invoice_id(subscription: Subscription, period_start: datetime) -> str:
    """Name the invoice of a billing period, the same from its first draft on."""
    return opaque("invoice", subscription.id, period_start.isoformat())


def upcoming_invoice_document(bill: Bill, *, zero_lines: bool = True) -> Document:
    """Show a bill as Orb's upcoming invoice: a draft with `target_date` in place of `invoice_date`."""
    subscription, plan = bill.subscription, bill.subscription.plan
    customer = subscription.customer
    issue = instant(bill.end + _GRACE)
    discount, minimum = discount_document(plan), minimum_document(plan)
    shown = [line for line in bill.lines if zero_lines or line.line.quantity]
    return {
        "metadata": {},
        "id": invoice_id(subscription, bill.start),
        "invoice_number": f"{opaque('number', customer.external_id)[:6].upper()}-{bill.start:%y%m}",
        "status": "draft",
        "currency": plan.currency,
        "subtotal": money(bill.subtotal, plan.digits),
        "total": money(bill.total, plan.digits),
        "amount_due": money(bill.amount_due, plan.digits),
        "hidden_line_item_count": len(bill.lines) - len(shown),
        "created_at": instant(bill.start),
        "due_date": None,
        "target_date": instant(bill.end),
        "issued_at": None,
        "paid_at": None,
        "voided_at": None,
        "scheduled_issue_at": issue,
        "eligible_to_issue_at": issue,
        "issue_failed_at": None,
        "sync_failed_at": None,
        "payment_failed_at": None,
        "payment_started_at": None,
        "payment_received_at": None,
        "will_auto_issue": True,
        "auto_collection": {
            "enabled": True,
            "next_attempt_at": None,
            "previously_attempted_at": None,
            "num_attempts": 0,
        },
        "customer": customer_reference(customer),
        "subscription": {"id": subscription.id},
        "invoice_source": "subscription",
        "memo": None,
        "billing_address": address_document(customer),
        "shipping_address": None,
        "customer_tax_id": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "discount": discount,
        "discounts": [discount] if discount else [],
        "minimum": minimum,
        "minimum_amount": minimum["minimum_amount"] if minimum else None,
        "maximum": None,
        "maximum_amount": None,
        "customer_balance_transactions": _balance_transactions(bill),
        "credit_notes": [],
        "payment_attempts": [],
        "line_items": [_line_document(bill, line) for line in shown],
    }


def _balance_transactions(bill: Bill) -> list[Document]:
    """Show what the account balance pays. Orb does not say which sign it uses: amounts are positive here."""
    if not bill.applied:
        return []
    customer, digits = bill.subscription.customer, bill.subscription.plan.digits
    draft = invoice_id(bill.subscription, bill.start)
    return [
        {
            "id": opaque("balance-transaction", draft),
            "action": "applied_to_invoice",
            "type": "decrement",
            "amount": money(bill.applied, digits),
            "starting_balance": money(customer.balance, digits),
            "ending_balance": money(customer.balance - bill.applied, digits),
            "created_at": instant(bill.start),
            "description": None,
            "credit_note": None,
            "invoice": {"id": draft},
        }
    ]


def _line_document(bill: Bill, bill_line: BillLine) -> Document:
    line, plan = bill_line.line, bill.subscription.plan
    return {
        "id": opaque("line", invoice_id(bill.subscription, bill.start), line.price.key),
        "name": line.price.name,
        "quantity": number(line.quantity),
        "start_date": instant(bill.start),
        "end_date": instant(bill.end),
        "subtotal": money(line.subtotal, plan.digits),
        "adjustments": _line_adjustments(bill_line, plan),
        "adjusted_subtotal": money(line.total, plan.digits),
        "credits_applied": money(bill_line.credits, plan.digits),
        "partially_invoiced_amount": money(line.total * 0, plan.digits),
        "amount": money(bill_line.amount, plan.digits),
        "tax_amounts": _tax_documents(bill_line, plan),
        "grouping": None,
        "filter": None,
        "usage_customer_ids": None,
        "price": price_document(plan, line.price),
        "sub_line_items": [
            {
                "type": "tier",
                "name": f"Tier {place + 1}",
                "quantity": number(quantity),
                "amount": money(amount, plan.digits),
                "grouping": None,
                "tier_config": tier_document(line.price, place),
            }
            for place, (_, quantity, amount) in enumerate(tier_parts(line.price, line.quantity, plan.digits))
        ],
    }


def _line_adjustments(bill_line: BillLine, plan: Plan) -> list[Document]:
    """Show each adjustment with the positive amount by which a discount lowers, a minimum raises, the line."""
    applied = {"percentage_discount": bill_line.line.discount, "minimum": bill_line.line.top_up}
    return [
        {key: value for key, value in adjustment.items() if key != "plan_phase_order"}
        | {"amount": money(applied[adjustment["adjustment_type"]], plan.digits)}
        for adjustment in adjustment_documents(plan)
        if applied[adjustment["adjustment_type"]]
    ]


def _tax_documents(bill_line: BillLine, plan: Plan) -> list[Document]:
    if plan.tax is None:
        return []
    return [
        {
            "amount": money(bill_line.tax, plan.digits),
            "tax_rate_description": plan.tax.name,
            "tax_rate_percentage": plain(plan.tax.percentage),
            "tax_reason": "taxed",
        }
    ]
