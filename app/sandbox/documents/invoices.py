"""Orb's documents of invoices: the upcoming one, those there are, and their summaries."""

from datetime import datetime

from app.sandbox.documents.adjustments import discount_documents, maximum_document, minimum_document
from app.sandbox.documents.customers import address_document, customer_reference
from app.sandbox.documents.lines import line_document
from app.sandbox.documents.payments import (
    attempt_documents,
    balance_transaction_documents,
    collection_document,
    credit_note_documents,
)
from app.sandbox.identity import opaque
from app.sandbox.rating.bill import Bill
from app.sandbox.rating.collection import Standing
from app.sandbox.rating.history import Invoice
from app.sandbox.wire import Document, instant, instant_or_null, money
from app.sandbox.world.periods import local_day
from app.sandbox.world.world import Subscription

_PAGES = "https://invoices.orb-sandbox.example"


def invoice_id(subscription: Subscription, period_start: datetime) -> str:
    """Name the invoice of a billing period, the same from its first draft on."""
    return opaque("invoice", subscription.id, period_start.isoformat())


def id_of(invoice: Invoice) -> str:
    """Name an invoice; that of a billing period as `invoice_id` does."""
    if invoice.source == "subscription":
        return invoice_id(invoice.subscription, invoice.start)
    return opaque("invoice", *invoice.key)


def upcoming_invoice_document(bill: Bill, *, zero_lines: bool = True) -> Document:
    """Show a bill as Orb's upcoming invoice: a draft with `target_date` in place of `invoice_date`."""
    invoice = Invoice(bill.subscription, "subscription", bill.start, bill.end)
    document = invoice_document(invoice, bill, Standing("draft"), zero_lines=zero_lines)
    document["target_date"] = document.pop("invoice_date")
    return document


def invoice_document(invoice: Invoice, bill: Bill, standing: Standing, *, zero_lines: bool = True) -> Document:
    """Show an invoice as Orb's `Invoice`."""
    plan, name = bill.subscription.plan, id_of(invoice)
    discounts, minimum, maximum = discount_documents(plan), minimum_document(plan), maximum_document(plan)
    shown = [line for line in bill.lines if zero_lines or line.line.quantity]
    return summary_document(invoice, bill, standing) | {
        "subtotal": money(bill.subtotal, bill.digits),
        "hidden_line_item_count": len(bill.lines) - len(shown),
        "discount": next(iter(discounts), None),
        "discounts": discounts,
        "minimum": minimum,
        "minimum_amount": minimum and minimum["minimum_amount"],
        "maximum": maximum,
        "maximum_amount": maximum and maximum["maximum_amount"],
        "line_items": [line_document(bill, name, line) for line in shown],
    }


def summary_document(invoice: Invoice, bill: Bill, standing: Standing) -> Document:
    """Show an invoice without what it is made of."""
    subscription, name, attempts = bill.subscription, id_of(invoice), standing.attempts
    draft = standing.status == "draft"
    failed = [attempt.at for attempt in attempts if not attempt.succeeded]
    return {
        "metadata": {},
        "id": name,
        "invoice_number": number_of(invoice),
        "status": standing.status,
        "currency": subscription.plan.invoiced_in,
        "total": money(bill.total, bill.digits),
        "amount_due": money(bill.amount_due, bill.digits),
        "created_at": instant(invoice.start if invoice.source == "subscription" else invoice.end),
        "invoice_date": instant(invoice.end),
        "due_date": instant_or_null(None if draft else invoice.due),
        "issued_at": instant_or_null(standing.issued),
        "paid_at": instant_or_null(standing.paid),
        "voided_at": instant_or_null(standing.voided),
        "scheduled_issue_at": instant(invoice.issue) if draft else None,
        "eligible_to_issue_at": instant(invoice.issue) if draft else None,
        "issue_failed_at": None,
        "sync_failed_at": None,
        "payment_failed_at": instant_or_null(failed[-1] if failed else None),
        "payment_started_at": instant_or_null(attempts[-1].at if attempts else None),
        "payment_received_at": instant_or_null(standing.paid if attempts else None),
        "will_auto_issue": draft,
        "auto_collection": collection_document(standing),
        "customer": customer_reference(subscription.customer),
        "subscription": None if invoice.source == "one_off" else {"id": subscription.id},
        "invoice_source": invoice.source,
        "memo": None,
        "billing_address": address_document(subscription.customer),
        "shipping_address": None,
        "customer_tax_id": None,
        "hosted_invoice_url": None if draft else f"{_PAGES}/view?token={opaque('hosted', name)}",
        "invoice_pdf": None if draft else f"{_PAGES}/pdf/{opaque('pdf', name)}",
        "customer_balance_transactions": balance_transaction_documents(invoice, bill, standing, name),
        "credit_notes": credit_note_documents(standing, name, number_of(invoice), bill.digits),
        "payment_attempts": attempt_documents(standing, bill, name, _PAGES),
    }


def number_of(invoice: Invoice) -> str:
    """Number an invoice: letters for the subscription, the local day its period began, and the day it was cut off."""
    zone = invoice.subscription.customer.zone
    prefix = opaque("number", invoice.subscription.id)[:6].upper()
    cut = f"-{local_day(invoice.end, zone):%d}" if invoice.source == "partial" else ""
    return f"{prefix}-{local_day(invoice.start, zone):%y%m%d}{cut}"
