"""Routes of the upcoming invoice and of credits."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.desk import Desk, asked_customer, known_subscription
from app.sandbox.documents.credits import block_document, entry_document, standing
from app.sandbox.documents.invoices import upcoming_invoice_document
from app.sandbox.problems import invalid, unknown
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import decimal, one_of, page_size, read_query, span, text, truth, within
from app.sandbox.wire import Document

_PAGE = {"currency": text, "limit": page_size, "cursor": text}
_USUALLY: dict[str, Any] = {"currency": CREDITS, "limit": USUAL}
_ENTRY_TYPE = one_of(
    "increment",
    "decrement",
    "expiration_change",
    "credit_block_expiry",
    "void",
    "void_initiated",
    "amendment",
)


async def upcoming_invoice(desk: Desk, request: Request) -> Response:
    """GET /invoices/upcoming: the bill of one subscription so far."""
    asked = read_query(request, {"subscription_id": text, "include_zero_quantity_line_items": truth})
    if "subscription_id" not in asked:
        raise invalid("subscription_id: is required")
    name, zero_lines = asked["subscription_id"], asked.get("include_zero_quantity_line_items", True)
    now = desk.clock()
    world = desk.world()
    subscription = known_subscription(world, name)
    if subscription.status(now) == "ended":
        raise invalid("Subscription has status ended", detail="Cannot fetch upcoming invoice.")
    if subscription.status(now) != "active" or not subscription.plan.billed:
        raise unknown("UpcomingInvoice", name)

    def compute(at: datetime) -> Document:
        return upcoming_invoice_document(desk.books.upcoming(subscription, at), zero_lines=zero_lines)

    question = ("upcoming_invoice", name, zero_lines)
    return await desk.reply_cached(request, question, 60, subscription.start, compute, subscription.customer)


async def credits_ledger(desk: Desk, request: Request) -> Response:
    """GET …/credits/ledger: every change of the credit balance, newest first."""
    asked = _USUALLY | read_query(
        request,
        _PAGE
        | span("created_at")
        | {
            "entry_status": one_of("committed", "pending"),
            "entry_type": _ENTRY_TYPE,
            "minimum_amount": decimal,
        },
    )
    world = desk.world()
    customer = asked_customer(world, request)

    def compute(at: datetime) -> Document:
        ledger = ledger_of(desk.usage(at), world, customer, asked["currency"])
        wanted = [
            (entry.number, entry)
            for entry in (ledger.entries if ledger else [])
            if entry.pending == (asked.get("entry_status", "pending" if entry.pending else "") == "pending")
            and entry.kind == asked.get("entry_type", entry.kind)
            and entry.amount >= asked.get("minimum_amount", entry.amount)
            and within(asked, "created_at", entry.created)
        ]
        entries, metadata = page(wanted, asked["limit"], asked.get("cursor"))
        data = [entry_document(ledger, entry) for entry in entries] if ledger else []
        return {"data": data, "pagination_metadata": metadata}

    question = ("credits_ledger", customer.id, sorted(asked.items()))
    return await desk.reply_cached(request, question, 40, customer.created, compute, customer)


async def credit_blocks(desk: Desk, request: Request) -> Response:
    """GET …/credits: the blocks that make up the credit balance, newest first."""
    asked = _USUALLY | read_query(request, _PAGE | span("effective_date") | {"include_all_blocks": truth})
    world = desk.world()
    customer = asked_customer(world, request)
    owned = sorted((b for b in customer.blocks if b.unit == asked["currency"]), key=lambda b: b.effective)

    def compute(at: datetime) -> Document:
        ledger = ledger_of(desk.usage(at), world, customer, asked["currency"])
        blocks = [block for block in owned if (block.booked or block.effective) <= at]
        left = ledger.left if ledger else {}
        every = [(block, left.get(block, block.amount)) for block in blocks]
        shown = every if asked.get("include_all_blocks") else standing(blocks, left, at)
        wanted = [
            (blocks.index(block), (block, rest))
            for block, rest in shown
            if within(asked, "effective_date", block.effective)
        ]
        taken, metadata = page(wanted, asked["limit"], asked.get("cursor"))
        data = [block_document(block, rest) for block, rest in taken]
        return {"data": data, "pagination_metadata": metadata}

    question = ("credit_blocks", customer.id, sorted(asked.items()))
    return await desk.reply_cached(request, question, 40, customer.created, compute, customer)


async def credit_block(desk: Desk, request: Request) -> Response:
    """GET /credit_blocks/{id}: one block, lapsed and empty ones too."""
    read_query(request, {})
    world, now, name = desk.world(), desk.clock(), request.path_params["block_id"]
    given = ((c, b) for c in world.customers for b in c.blocks if b.id == name and (b.booked or b.effective) <= now)
    customer, block = next(given, (None, None))
    if customer is None or block is None:
        raise unknown("CreditBlock", name)
    ledger = ledger_of(desk.usage(now), world, customer, block.unit)
    left = ledger.left if ledger else {}
    return await desk.reply(block_document(block, left.get(block, block.amount)), 30)
