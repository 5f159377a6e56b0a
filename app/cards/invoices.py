"""The invoices that a customer got: the history, newest first, and each one whole. Their figure is the amount due.

Source: Orb's invoices. Not a card of the dashboard but pages of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.account.account import Account
from app.addresses import web_address
from app.cards.base import Outcome, empty, ready
from app.days import day_of
from app.listing import Listing, Nothing
from app.money import Money, difference, total, unit
from app.orb import wire
from app.orb.invoices import Attempt, BalanceTransaction, CreditNote, Issued
from app.statement import Line, Step, bridge, lines
from app.words import Text

_STATUSES = {
    "issued": Text("Issued"),
    "synced": Text("Issued"),  # handed on to the books, as far as Orb knows
    "paid": Text("Paid"),
    "void": Text("Void"),
    "overdue": Text("Overdue"),
}
_SOURCES = {"one_off": Text("One-off invoice"), "partial": Text("Part of a period")}
_ACTIONS = {
    "applied_to_invoice": Text("Applied to this invoice"),
    "manual_adjustment": Text("Adjusted by hand"),
    "prorated_refund": Text("Given back for unused time"),
    "revert_prorated_refund": Text("Refund for unused time taken back"),
    "return_from_voiding": Text("Given back when the invoice was voided"),
    "credit_note_applied": Text("Credit note"),
    "credit_note_voided": Text("Credit note voided"),
    "overpayment_refund": Text("Overpayment given back"),
    "external_payment": Text("Paid another way"),
    "small_invoice_carryover": Text("Carried over to the next invoice"),
    "prepaid_commit_cancel": Text("Commitment cancelled"),
}
_REASONS = {
    "duplicate": Text("It was charged twice"),
    "fraudulent": Text("It was not authorized"),
    "order_change": Text("The order changed"),
    "product_unsatisfactory": Text("The service was not as it should be"),
    "Duplicate": Text("It was charged twice"),
    "Fraudulent": Text("It was not authorized"),
    "Order change": Text("The order changed"),
    "Product unsatisfactory": Text("The service was not as it should be"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice in the history. `status` is Orb's, or `overdue`; links are there when a browser may follow them."""

    id: str
    invoice_number: str
    status: str
    status_text: Text
    subscription_id: str | None
    subscription: str | None
    invoice_date: datetime | None
    due_date: datetime | None
    amount_due: wire.AmountDue
    hosted_invoice_url: str | None
    invoice_pdf: str | None


@dataclass(frozen=True, slots=True)
class History:
    """Some invoices, newest first; `next_cursor` asks for those before them."""

    data: tuple[Row, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to collect an invoice."""

    amount: Money
    created_at: datetime
    succeeded: bool
    receipt_pdf: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """A credit note: what was given back of an invoice, and why. One that was voided gives nothing back."""

    number: str
    total: Money
    reason: Text | None
    memo: str | None
    voided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Movement:
    """What an invoice did to the account balance: `amount` is what it moved, `balance` what it was then."""

    label: Text
    created_at: datetime
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Whole:
    """One invoice whole. `subtotal` plus every step of `bridge` is `amount_due`, exactly; `tax` is in the bridge."""

    invoice: Row
    name: str
    source: Text | None
    memo: str | None
    issued_at: datetime | None
    paid_at: datetime | None
    voided_at: datetime | None
    payment_failed_at: datetime | None
    next_attempt_at: datetime | None
    subtotal: wire.Subtotal
    tax: Money
    total: Money
    amount_due: wire.AmountDue
    lines: tuple[Line, ...]
    hidden_line_item_count: int
    bridge: tuple[Step, ...]
    payment_attempts: tuple[Payment, ...]
    credit_notes: tuple[Note, ...]
    customer_balance_transactions: tuple[Movement, ...]


async def load_page(account: Account, cursor: str | None, limit: int) -> Outcome:
    """One page of the history."""
    listing = await account.listing()
    page = await account.invoices(cursor, limit)
    rows = tuple(row(each, listing, account.now) for each in page.invoices)
    return ready(listing, History(rows, page.next_cursor), page.answers)


async def load_invoice(account: Account, invoice: str) -> Outcome:
    """One invoice; empty where there is none of that id for this viewer."""
    answer = await account.invoice(invoice)
    found = answer.reading.value
    if isinstance(found, Nothing):
        return empty(None, found.code)
    listing = await account.listing()
    return ready(listing, view(found, listing, account.now), [answer])


def row(invoice: Issued, listing: Listing, now: datetime) -> Row:
    """An invoice as the history shows it, at that moment where the customer is."""
    status = "overdue" if is_overdue(invoice, listing.zone, now) else invoice.status
    return Row(
        invoice.id,
        invoice.invoice_number,
        status,
        _STATUSES.get(status, Text("Issued")),
        invoice.whose,
        next((each.title for each in listing.subscriptions if each.id == invoice.whose), None),
        invoice.invoice_date or invoice.issued_at,
        invoice.due_date,
        wire.AmountDue(invoice),
        web_address(invoice.hosted_invoice_url),
        web_address(invoice.invoice_pdf),
    )


def is_overdue(invoice: Issued, where: ZoneInfo, now: datetime) -> bool:
    """Whether something is still to be paid, and its last day is over where the customer is. Orb has no such status."""
    if invoice.status not in ("issued", "synced") or invoice.amount_due <= 0 or invoice.due_date is None:
        return False
    return day_of(invoice.due_date, where) < day_of(now, where)


def view(invoice: Issued, listing: Listing, now: datetime) -> Whole:
    """One invoice in its own words."""
    currency = unit(invoice.currency)
    shown = row(invoice, listing, now)
    collection = invoice.auto_collection
    return Whole(
        shown,
        shown.invoice_number or shown.id,
        _SOURCES.get(invoice.invoice_source),
        invoice.memo,
        invoice.issued_at,
        invoice.paid_at,
        invoice.voided_at,
        invoice.payment_failed_at,
        collection.next_attempt_at if collection else None,
        wire.Subtotal(invoice.subtotal, currency),
        Money(total([tax.amount for line in invoice.line_items for tax in line.tax_amounts]), currency),
        Money(invoice.total, currency),
        wire.AmountDue(invoice),
        lines(invoice),
        invoice.hidden_line_item_count,
        bridge(invoice),
        *_aftermath(invoice, lambda amount: Money(amount, currency)),
    )


def _aftermath(
    invoice: Issued, money: Callable[[Decimal], Money]
) -> tuple[tuple[Payment, ...], tuple[Note, ...], tuple[Movement, ...]]:
    """What was paid, given back and moved because of it."""
    return (
        tuple(_payment(each, money) for each in invoice.payment_attempts),
        tuple(_note(each, money) for each in invoice.credit_notes),
        tuple(_movement(each, money) for each in invoice.customer_balance_transactions),
    )


def _payment(attempt: Attempt, money: Callable[[Decimal], Money]) -> Payment:
    receipt = web_address(attempt.receipt_pdf)
    return Payment(money(attempt.amount), attempt.created_at, attempt.succeeded, receipt)


def _note(note: CreditNote, money: Callable[[Decimal], Money]) -> Note:
    return Note(note.credit_note_number, money(note.total), _REASONS.get(note.reason), note.memo, note.voided_at)


def _movement(moved: BalanceTransaction, money: Callable[[Decimal], Money]) -> Movement:
    label = _ACTIONS.get(moved.action, Text("Account balance changed"))
    amount = difference(moved.ending_balance, moved.starting_balance)
    return Movement(label, moved.created_at, money(amount), money(moved.ending_balance))
