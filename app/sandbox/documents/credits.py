"""Orb's documents of credits: ledger entries and blocks. Their amounts are JSON numbers."""

from datetime import datetime
from decimal import Decimal

from app.sandbox.documents.customers import customer_reference
from app.sandbox.documents.invoices import invoice_id
from app.sandbox.identity import opaque
from app.sandbox.rating.entries import Entry, Ledger
from app.sandbox.wire import Document, instant, instant_or_null, number, plain
from app.sandbox.world.blocks import Block


def entry_document(ledger: Ledger, entry: Entry) -> Document:
    """Show a ledger entry, with the fields that its type brings."""
    return {
        "id": opaque("entry", ledger.customer.id, _identity(entry)),
        "ledger_sequence_number": entry.number,
        "entry_type": entry.kind,
        "entry_status": "pending" if entry.pending else "committed",
        "customer": customer_reference(ledger.customer),
        "starting_balance": number(entry.starting),
        "ending_balance": number(entry.ending),
        "amount": number(entry.amount),
        "currency": ledger.unit,
        "created_at": instant(entry.created),
        "description": entry.description,
        "metadata": {},
        "credit_block": {
            "id": entry.block.id,
            "expiry_date": instant_or_null(entry.block.expiry),
            "per_unit_cost_basis": plain(entry.block.cost_basis),
            "filters": _filters(entry.block),
        },
        **_particulars(entry),
    }


def _identity(entry: Entry) -> str:
    return f"{entry.number}/{entry.kind}/{entry.block.id}"


def _particulars(entry: Entry) -> Document:
    match entry.kind:
        case "increment":
            return {"created_invoices": None}
        case "decrement":
            assert entry.drawn is not None  # noqa: S101  # only draws make decrements
            return {
                "price_id": entry.drawn.price.id,
                "invoice_id": invoice_id(entry.drawn.subscription, entry.drawn.period_start),
                "event_id": None,
            }
        case "expiration_change":
            return {"new_block_expiry_date": instant_or_null(entry.new_expiry)}
        case "void":
            return {"void_amount": number(entry.amount), "void_reason": None}
        case "void_initiated":
            return {
                "void_amount": number(entry.amount),
                "void_reason": None,
                "new_block_expiry_date": instant_or_null(entry.new_expiry),
            }
        case _:
            return {}


def block_document(block: Block, left: Decimal) -> Document:
    """Show a credit block and what is left in it."""
    return {
        "id": block.id,
        "balance": number(left),
        "effective_date": instant(block.effective),
        "expiry_date": instant_or_null(block.expiry),
        "per_unit_cost_basis": plain(block.cost_basis),
        "status": "active" if block.paid else "pending_payment",
        "maximum_initial_balance": number(block.amount),
        "filters": _filters(block),
        "metadata": {},
        "credit_block_source": block.source,
        "credit_allocation": None,
        "credit_commitment": None,
    }


def _filters(block: Block) -> list[Document]:
    if block.item_id is None:
        return []
    return [{"field": "item_id", "operator": "includes", "values": [block.item_id]}]


def standing(blocks: list[Block], left: dict[Block, Decimal], now: datetime) -> list[tuple[Block, Decimal]]:
    """List what can be listed by default: blocks that are neither lapsed nor empty, unpaid ones included."""
    return [
        (block, left.get(block, block.amount))
        for block in blocks
        if (block.expiry is None or block.expiry > now) and left.get(block, block.amount)
    ]
