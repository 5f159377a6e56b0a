"""Orb's documents of the lines of an invoice."""

from app.sandbox.documents.adjustments import adjustment_document
from app.sandbox.documents.plans import price_document, tier_document
from app.sandbox.identity import opaque
from app.sandbox.rating.amounts import Part, parts, rate
from app.sandbox.rating.bill import Bill, BillLine
from app.sandbox.wire import Document, instant, money, number, plain


def line_document(bill: Bill, invoice: str, bill_line: BillLine) -> Document:
    """Show a line of an invoice; what is in the price's own currency has that currency's digits."""
    line, plan, digits = bill_line.line, bill.subscription.plan, bill_line.line.price.digits
    return {
        "id": opaque("line", invoice, line.price.key),
        "name": line.price.name,
        "quantity": number(line.quantity),
        "start_date": instant(bill.start),
        "end_date": instant(bill.end),
        "subtotal": money(line.subtotal, digits),
        "adjustments": [
            adjustment_document(plan, applied.adjustment) | {"amount": money(applied.amount, digits)}
            for applied in line.applied
        ],
        "adjusted_subtotal": money(line.total, digits),
        "credits_applied": money(bill_line.credits, digits),
        "partially_invoiced_amount": money(bill_line.partial, bill.digits),
        "amount": money(bill_line.amount, bill.digits),
        "tax_amounts": _tax_documents(bill, bill_line),
        "grouping": None,
        "filter": None,
        "usage_customer_ids": [user.id for user in bill.subscription.users]
        if len(bill.subscription.users) > 1
        else None,
        "price": price_document(plan, line.price),
        "sub_line_items": [*_parts(bill_line), *_groups(bill_line)],
    }


def _parts(bill_line: BillLine) -> list[Document]:
    """Show the tiers or the cells that a line is made of."""
    price = bill_line.line.price
    pieces = parts(price.model, bill_line.line.tally)
    return [
        _part_document(part, f"Tier {place}" if part.tier else " / ".join(_words(part)), price.digits)
        for place, part in enumerate(pieces, 1)
    ]


def _words(part: Part) -> list[str]:
    return [value if value is not None else "Other" for value in part.cell or ()]


def _part_document(part: Part, name: str, digits: int) -> Document:
    particular: Document = (
        {"type": "tier", "tier_config": tier_document(part.tier)}
        if part.tier
        else {"type": "matrix", "matrix_config": {"dimension_values": list(part.cell or ())}}
    )
    return {
        "name": name,
        "quantity": number(part.quantity),
        "amount": money(part.amount, digits),
        "grouping": None,
        **particular,
    }


def _groups(bill_line: BillLine) -> list[Document]:
    """Show the groups that a line is parted into. Their type is Orb's: the word null in quotes."""
    price = bill_line.line.price
    key = price.invoice_grouping_key
    return [
        {
            "type": "'null'",
            "name": values[-1] if values[-1] is not None else "Other",
            "quantity": number(quantity),
            "amount": money(rate(price.model, {values: quantity}), price.digits),
            "grouping": {"key": key, "value": values[-1]},
        }
        for values, quantity in bill_line.groups.items()
    ]


def _tax_documents(bill: Bill, bill_line: BillLine) -> list[Document]:
    tax = bill.subscription.plan.tax
    if tax is None:
        return []
    return [
        {
            "amount": money(bill_line.tax, bill.digits),
            "tax_rate_description": tax.name,
            "tax_rate_percentage": plain(tax.percentage),
            "tax_reason": "taxed",
        }
    ]
