"""Orb's document of the upcoming invoice."""

from datetime import datetime, timedelta

from app.sandbox.documents.adjustments import discount_documents, maximum_document, minimum_document
from app.sandbox.documents.customers import address_document, customer_reference
from app.sandbox.documents.lines import line_document
from app.sandbox.identity import opaque
from app.sandbox.rating.bill import Bill
from app.sandbox.wire import Document, instant, money
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
    discounts, minimum, maximum = discount_documents(plan), minimum_document(plan), maximum_document(plan)
    shown = [line for line in bill.lines if zero_lines or line.line.quantity]
    return {
        "metadata": {},
        "id": invoice_id(subscription, bill.start),
        "invoice_number": f"{opaque('number', customer.external_id)[:6].upper()}-{bill.start:%y%m}",
        "status": "draft",
        "currency": plan.invoiced_in,
        "subtotal": money(bill.subtotal, bill.digits),
        "total": money(bill.total, bill.digits),
        "amount_due": money(bill.amount_due, bill.digits),
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
        "discount": next(iter(discounts), None),
        "discounts": discounts,
        "minimum": minimum,
        "minimum_amount": minimum and minimum["minimum_amount"],
        "maximum": maximum,
        "maximum_amount": maximum and maximum["maximum_amount"],
        "customer_balance_transactions": _balance_transactions(bill),
        "credit_notes": [],
        "payment_attempts": [],
        "line_items": [line_document(bill, invoice_id(subscription, bill.start), line) for line in shown],
    }


def _balance_transactions(bill: Bill) -> list[Document]:
    """Show what the account balance pays. Orb does not say which sign it uses: amounts are positive here."""
    if not bill.applied:
        return []
    customer, digits = bill.subscription.customer, bill.digits
    draft = invoice_id(bill.subscription, bill.start)
    return [
        {
            "id": opaque("balance-transaction", draft),
            "action": "applied_to_invoice",
            "type": "decrement" if bill.applied > 0 else "increment",
            "amount": money(abs(bill.applied), digits),
            "starting_balance": money(customer.balance, digits),
            "ending_balance": money(customer.balance - bill.applied, digits),
            "created_at": instant(bill.start),
            "description": None,
            "credit_note": None,
            "invoice": {"id": draft},
        }
    ]
