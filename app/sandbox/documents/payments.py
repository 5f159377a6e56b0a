"""Orb's documents of what moves an invoice's money: attempts, credit notes, the account balance."""

from app.sandbox.identity import opaque
from app.sandbox.rating.bill import Bill
from app.sandbox.rating.collection import Standing
from app.sandbox.rating.history import Invoice
from app.sandbox.wire import Document, instant, instant_or_null, money


def collection_document(standing: Standing) -> Document:
    """Show how far automatic collection is."""
    attempts = standing.attempts
    return {
        "enabled": True,
        "next_attempt_at": instant_or_null(standing.next_attempt),
        "previously_attempted_at": instant_or_null(attempts[-1].at if attempts else None),
        "num_attempts": len(attempts),
    }


def attempt_documents(standing: Standing, bill: Bill, invoice: str, pages: str) -> list[Document]:
    """Show the attempts to collect an invoice, oldest first; `pages` is where receipts are."""
    return [
        {
            "id": opaque("attempt", invoice, str(place)),
            "amount": money(bill.amount_due, bill.digits),
            "created_at": instant(attempt.at),
            "payment_provider": "stripe",
            "payment_provider_id": f"pi_{opaque('payment', invoice, str(place))}",
            "receipt_pdf": f"{pages}/receipt/{opaque('receipt', invoice)}" if attempt.succeeded else None,
            "succeeded": attempt.succeeded,
        }
        for place, attempt in enumerate(standing.attempts)
    ]


def credit_note_documents(standing: Standing, invoice: str, number: str, digits: int) -> list[Document]:
    """Show what was given back of an invoice."""
    if standing.refund is None:
        return []
    return [
        {
            "id": opaque("credit-note", invoice),
            "credit_note_number": f"{number}-CN1",
            "memo": "For the outage in this period",
            "reason": "product_unsatisfactory",
            "total": money(standing.refund, digits),
            "type": "refund",
            "voided_at": None,
        }
    ]


def balance_transaction_documents(invoice: Invoice, bill: Bill, standing: Standing, name: str) -> list[Document]:
    """Show what the account balance pays. Orb does not say which sign it uses: amounts are positive here."""
    if not bill.applied:
        return []
    return [
        {
            "id": opaque("balance-transaction", name),
            "action": "applied_to_invoice",
            "type": "decrement" if bill.applied > 0 else "increment",
            "amount": money(abs(bill.applied), bill.digits),
            "starting_balance": money(bill.balance, bill.digits),
            "ending_balance": money(bill.balance - bill.applied, bill.digits),
            "created_at": instant(standing.issued or invoice.start),
            "description": None,
            "credit_note": None,
            "invoice": {"id": name},
        }
    ]
