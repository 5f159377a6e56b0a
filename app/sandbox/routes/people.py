"""Routes of customers and subscriptions, and the ping."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk, asked_customer, known_subscription
from app.sandbox.documents.customers import customer_document
from app.sandbox.documents.subscriptions import subscription_document, summary_document
from app.sandbox.routes.paging import USUAL, page
from app.sandbox.routes.questions import one_of, page_size, read_query, span, text, within
from app.sandbox.wire import Document
from app.sandbox.world.world import Customer, Subscription

_PAGE = {"limit": page_size, "cursor": text, **span("created_at")}
_PLANS = {"plan_id": text, "external_plan_id": text}
_OWNERS = {"customer_id": text, "external_customer_id": text}
_STATUS = one_of("active", "ended", "upcoming")


async def ping(desk: Desk, request: Request) -> Response:
    """GET /ping: say that the key is good."""
    read_query(request, {})
    return await desk.reply({"response": "pong"}, 20)


async def list_customers(desk: Desk, request: Request) -> Response:
    """GET /customers: everybody, newest first."""
    asked = read_query(request, _PAGE)
    everyone = enumerate(sorted(desk.world().customers, key=lambda c: (c.created, c.id)))
    wanted = [(number, c) for number, c in everyone if within(asked, "created_at", c.created)]
    customers, metadata = page(wanted, asked.get("limit", USUAL), asked.get("cursor"))
    data = [_customer_document(desk, customer) for customer in customers]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 30)


async def show_customer(desk: Desk, request: Request) -> Response:
    """GET /customers/{id} and /customers/external_customer_id/{x}."""
    read_query(request, {})
    return await desk.reply(_customer_document(desk, asked_customer(desk.world(), request)), 20)


async def list_subscriptions(desk: Desk, request: Request) -> Response:
    """GET /subscriptions: those of some customers, or of the whole account, newest first."""
    asked = read_query(request, _PAGE | _PLANS, _OWNERS | {"status": _STATUS})
    return await _subscriptions(desk, asked, partial(_subscription_document, desk))


async def list_subscription_summaries(desk: Desk, request: Request) -> Response:
    """GET /subscriptions/summary: the same without prices and periods, filtered by one value each."""
    asked = read_query(request, _PAGE | _PLANS | _OWNERS | {"status": _STATUS})
    single = {name: [asked[name]] for name in (*_OWNERS, "status") if name in asked}
    return await _subscriptions(desk, asked | single, summary_document)


async def show_subscription(desk: Desk, request: Request) -> Response:
    """GET /subscriptions/{id}."""
    read_query(request, {})
    subscription = known_subscription(desk.world(), request.path_params["subscription_id"])
    return await desk.reply(_subscription_document(desk, subscription, desk.clock()), 30)


async def _subscriptions(
    desk: Desk, asked: dict[str, Any], document: Callable[[Subscription, datetime], Document]
) -> Response:
    now = desk.clock()
    wanted = [
        (number, s)
        for number, s in enumerate(desk.world().subscriptions)
        if s.customer.id in asked.get("customer_id", [s.customer.id])
        and s.customer.external_id in asked.get("external_customer_id", [s.customer.external_id])
        and s.status(now) in asked.get("status", [s.status(now)])
        and s.plan.id == asked.get("plan_id", s.plan.id)
        and s.plan.key == asked.get("external_plan_id", s.plan.key)
        and within(asked, "created_at", s.created)
    ]
    subscriptions, metadata = page(wanted, asked.get("limit", USUAL), asked.get("cursor"))
    data = [document(subscription, now) for subscription in subscriptions]
    return await desk.reply({"data": data, "pagination_metadata": metadata}, 30)


def _customer_document(desk: Desk, customer: Customer) -> Document:
    """Show a customer with the account balance as it is now."""
    return customer_document(desk.world(), desk.books.customer_at(customer, desk.clock()))


def _subscription_document(desk: Desk, subscription: Subscription, now: datetime) -> Document:
    document = subscription_document(desk.world(), subscription, now)
    return document | {"customer": _customer_document(desk, subscription.customer)}
