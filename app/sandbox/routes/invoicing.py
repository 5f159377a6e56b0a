"""Routes of the invoices there are: listed whole, listed in brief, and one by one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from anyio.lowlevel import checkpoint
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk
from app.sandbox.documents.invoices import id_of, invoice_document, summary_document
from app.sandbox.problems import unknown
from app.sandbox.rating.bill import Bill
from app.sandbox.rating.collection import Standing, standing
from app.sandbox.rating.history import Invoice
from app.sandbox.routes.due import DUE, passes_due
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import decimal, one_of, page_size, read_query, span, text, truth, within
from app.sandbox.wire import Document

_FILTERS = {
    "limit": page_size,
    "cursor": text,
    "customer_id": text,
    "external_customer_id": text,
    "subscription_id": text,
    "is_recurring": truth,
    "date_type": one_of("due_date", "invoice_date"),
    "amount": decimal,
    "amount[gt]": decimal,
    "amount[lt]": decimal,
    **span("invoice_date"),
    **DUE,
}
_ZERO_LINES = {"include_zero_quantity_line_items": truth}
_STATUSES = {"status": one_of("draft", "issued", "paid", "synced", "void")}
_USUAL_STATUSES = ["issued", "paid", "synced"]


async def list_invoices(desk: Desk, request: Request) -> Response:
    """GET /invoices: of a customer, a subscription or the whole account, latest invoice date first.

    Drafts have the figures of their last refresh. Orb does not say what `amount` is compared with: here, the total.
    """
    asked = read_query(request, _FILTERS | _ZERO_LINES, _STATUSES)
    found, metadata = await _page(desk, asked)
    zero_lines = asked.get("include_zero_quantity_line_items", True)
    data = [invoice_document(invoice, *_state(desk, invoice), zero_lines=zero_lines) for invoice in found]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 60)


async def list_summaries(desk: Desk, request: Request) -> Response:
    """GET /invoices/summary: the same without what the invoices are made of."""
    found, metadata = await _page(desk, read_query(request, _FILTERS | _ZERO_LINES, _STATUSES))
    data = [summary_document(invoice, *_state(desk, invoice)) for invoice in found]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 30)


async def show_invoice(desk: Desk, request: Request) -> Response:
    """GET /invoices/{id}: in any status; a draft is worked out anew, or comes from the cache on request."""
    zero_lines = read_query(request, _ZERO_LINES).get("include_zero_quantity_line_items", True)
    name, now = request.path_params["invoice_id"], desk.clock()
    invoice = next((each for each in _invoices(desk, {}) if id_of(each) == name), None)
    if invoice is None:
        raise unknown("Invoice", name)
    if now >= invoice.issue:
        return await desk.reply(invoice_document(invoice, *_state(desk, invoice), zero_lines=zero_lines), 30)

    def compute(at: datetime) -> Document:
        return invoice_document(invoice, desk.books.bill(invoice, at), Standing("draft"), zero_lines=zero_lines)

    return await desk.reply_cached(
        request, ("invoice", name, zero_lines), 60, invoice.start, compute, invoice.subscription.customer
    )


async def _page(desk: Desk, asked: dict[str, Any]) -> tuple[list[Invoice], Document]:
    now = desk.clock()
    numbered = [(_number(invoice), invoice) for invoice in _invoices(desk, asked) if _in_time(invoice, asked, now)]
    for _, invoice in numbered:
        desk.books.bill(invoice, invoice.computed(now))
        await checkpoint()  # the usage of a year takes seconds to make at first: others are answered meanwhile
    return page(numbered, asked.get("limit", USUAL), asked.get("cursor"), lambda each: _wanted(desk, each, asked))


def _invoices(desk: Desk, asked: dict[str, Any]) -> Iterator[Invoice]:
    """List the invoices that there are of those who are asked about."""
    for customer in desk.world().customers:
        named = asked.get("customer_id", customer.id), asked.get("external_customer_id", customer.external_id)
        if named == (customer.id, customer.external_id):
            yield from (each for each in desk.books.invoices(customer, desk.clock()) if _concerned(each, asked))


def _concerned(invoice: Invoice, asked: dict[str, Any]) -> bool:
    recurring = invoice.source != "one_off"
    subscription = invoice.subscription.id if recurring else None
    return (
        asked.get("subscription_id", subscription) == subscription and asked.get("is_recurring", recurring) == recurring
    )


def _in_time(invoice: Invoice, asked: dict[str, Any], now: datetime) -> bool:
    """Tell whether its dates are in the ranges asked for. A draft has no due date, and is in no range of those."""
    due = invoice.due if now >= invoice.issue else None
    dated = due if asked.get("date_type") == "due_date" else invoice.end
    ranged = any(name in asked for name in span("invoice_date"))
    return passes_due(asked, due, now) and (within(asked, "invoice_date", dated) if dated else not ranged)


def _wanted(desk: Desk, invoice: Invoice, asked: dict[str, Any]) -> bool:
    """Tell whether its status and total are what is asked for."""
    bill, state = _state(desk, invoice)
    return (
        state.status in asked.get("status", _USUAL_STATUSES)
        and bill.total == asked.get("amount", bill.total)
        and ("amount[gt]" not in asked or bill.total > asked["amount[gt]"])
        and ("amount[lt]" not in asked or bill.total < asked["amount[lt]"])
    )


def _state(desk: Desk, invoice: Invoice) -> tuple[Bill, Standing]:
    now = desk.clock()
    bill = desk.books.bill(invoice, invoice.computed(now))
    return bill, standing(invoice, bill, desk.world().staged, now)


def _number(invoice: Invoice) -> int:
    """Number it so that pages go by invoice date, and stay right while new ones arrive."""
    date = invoice.end - datetime.min.replace(tzinfo=UTC)
    chance = blake2b("/".join(invoice.key).encode(), digest_size=8).digest()
    return (int(date.total_seconds()) << 64) + int.from_bytes(chance)
