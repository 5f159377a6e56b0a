"""The routes under /v1, by the names that the control panel's faults use."""

from collections.abc import Awaitable, Callable
from decimal import localcontext

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.desk import Desk
from app.sandbox.failing import Faulty
from app.sandbox.faults import Faults
from app.sandbox.journal import Named
from app.sandbox.limits import Limited, class_of
from app.sandbox.routes import (
    alerting,
    evaluating,
    ingest,
    invoicing,
    licensing,
    measuring,
    paying,
    people,
    portal,
    spending,
)
from app.sandbox.webhooks import history
from app.sandbox.webhooks import routes as webhooks

Answer = Callable[[Desk, Request], Awaitable[Response]]

_CUSTOMER = "/v1/customers/{customer_id}"
_EXTERNAL = "/v1/customers/external_customer_id/{external_customer_id}"
_SUBSCRIPTION = "/v1/subscriptions/{subscription_id}"
_ENDPOINT = "/v1/webhook_endpoints/{webhook_endpoint_id}"
# Whatever the caller calls a license, slashes included.
_LICENSE = "{external_license_id:path}"

_ROUTES: tuple[tuple[str, str, str, Answer], ...] = (
    ("ping", "GET", "/v1/ping", people.ping),
    ("customers", "GET", "/v1/customers", people.list_customers),
    ("customer", "GET", _EXTERNAL, people.show_customer),
    ("customer", "GET", _CUSTOMER, people.show_customer),
    ("subscriptions", "GET", "/v1/subscriptions", people.list_subscriptions),
    ("subscriptions_summary", "GET", "/v1/subscriptions/summary", people.list_subscription_summaries),
    ("subscription", "GET", _SUBSCRIPTION, people.show_subscription),
    ("upcoming_invoice", "GET", "/v1/invoices/upcoming", paying.upcoming_invoice),
    ("invoices_summary", "GET", "/v1/invoices/summary", invoicing.list_summaries),
    ("invoices", "GET", "/v1/invoices", invoicing.list_invoices),
    ("invoice", "GET", "/v1/invoices/{invoice_id}", invoicing.show_invoice),
    ("credits_ledger", "GET", f"{_EXTERNAL}/credits/ledger", paying.credits_ledger),
    ("credits_ledger", "GET", f"{_CUSTOMER}/credits/ledger", paying.credits_ledger),
    ("credit_blocks", "GET", f"{_EXTERNAL}/credits", paying.credit_blocks),
    ("credit_blocks", "GET", f"{_CUSTOMER}/credits", paying.credit_blocks),
    ("credit_block", "GET", "/v1/credit_blocks/{block_id}", paying.credit_block),
    ("portal_session", "POST", f"{_EXTERNAL}/portal_sessions", portal.mint_session),
    ("portal_session", "POST", f"{_CUSTOMER}/portal_sessions", portal.mint_session),
    ("subscription_costs", "GET", f"{_SUBSCRIPTION}/costs", spending.subscription_costs),
    ("usage", "GET", f"{_SUBSCRIPTION}/usage", measuring.subscription_usage),
    ("customer_costs", "GET", f"{_EXTERNAL}/costs", spending.customer_costs),
    ("customer_costs", "GET", f"{_CUSTOMER}/costs", spending.customer_costs),
    ("license_types", "GET", "/v1/license_types", licensing.list_license_types),
    ("license_type", "GET", "/v1/license_types/{license_type_id}", licensing.show_license_type),
    ("licenses", "GET", "/v1/licenses", licensing.list_licenses),
    ("license_usage", "GET", "/v1/licenses/usage", licensing.all_license_usage),
    ("license_usage", "GET", f"/v1/licenses/external_licenses/{_LICENSE}/usage", licensing.license_usage),
    ("license", "GET", f"/v1/licenses/external_license_id/{_LICENSE}", licensing.show_license),
    ("license_usage", "GET", "/v1/licenses/{license_id}/usage", licensing.license_usage),
    ("license", "GET", "/v1/licenses/{license_id}", licensing.show_license),
    ("alerts", "GET", "/v1/alerts", alerting.list_alerts),
    ("create_alert", "POST", "/v1/alerts/subscription_id/{subscription_id}", alerting.create_subscription_alert),
    ("create_alert", "POST", "/v1/alerts/customer_id/{customer_id}", alerting.create_balance_alert),
    (
        "create_alert",
        "POST",
        "/v1/alerts/external_customer_id/{external_customer_id}",
        alerting.create_balance_alert,
    ),
    ("switch_alert", "POST", "/v1/alerts/{alert_id}/enable", alerting.enable_alert),
    ("switch_alert", "POST", "/v1/alerts/{alert_id}/disable", alerting.disable_alert),
    ("alert", "GET", "/v1/alerts/{alert_id}", alerting.show_alert),
    ("change_alert", "PUT", "/v1/alerts/{alert_id}", alerting.change_alert),
    ("ingest", "POST", "/v1/ingest", ingest.ingest),
    ("grouped_costs", "POST", f"{_SUBSCRIPTION}/grouped_costs", spending.grouped_costs),
    ("webhook_endpoints", "GET", "/v1/webhook_endpoints", webhooks.list_endpoints),
    ("webhook_endpoints", "POST", "/v1/webhook_endpoints", webhooks.create_endpoint),
    ("webhook_endpoint", "GET", _ENDPOINT, webhooks.show_endpoint),
    ("webhook_endpoint", "PUT", _ENDPOINT, webhooks.change_endpoint),
    ("webhook_endpoint", "DELETE", _ENDPOINT, webhooks.delete_endpoint),
    ("webhook_endpoint", "POST", f"{_ENDPOINT}/enable", webhooks.enable_endpoint),
    ("webhook_endpoint", "POST", f"{_ENDPOINT}/disable", webhooks.disable_endpoint),
    ("webhook_events", "GET", "/v1/webhook_events", history.list_events),
    ("webhook_event", "GET", "/v1/webhook_events/{webhook_event_id}", history.show_event),
    ("evaluate", "POST", "/v1/prices/evaluate", evaluating.evaluate_multiple),
    ("evaluate_preview_events", "POST", "/v1/prices/evaluate_preview_events", evaluating.evaluate_preview_events),
    ("evaluate_price", "POST", "/v1/prices/{price_id}/evaluate", evaluating.evaluate_price),
)

#: Decimals are exact up to so many digits: more than any product of a sum of quantities and a price has.
_DIGITS = 80

NAMES = frozenset(name for name, _, _, _ in _ROUTES)
POSTS = frozenset(path for _, method, path, _ in _ROUTES if method == "POST")


class _Answering:
    """ASGI app that lets one function answer at the desk."""

    def __init__(self, desk: Desk, answer: Answer) -> None:
        self._desk, self._answer = desk, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep(self._desk.added)
        with localcontext(prec=_DIGITS):
            response = await self._answer(self._desk, Request(scope, receive, send))
        await response(scope, receive, send)


def orb_routes(desk: Desk, faults: Faults) -> list[Route]:
    """Make the routes of Orb's API, each behind its rate limit and open to faults."""

    def endpoint(name: str, method: str, answer: Answer) -> ASGIApp:
        rate_class = class_of(name, method)
        faulty = Faulty(name, _Answering(desk, answer), faults)
        return Named(name, rate_class, Limited(rate_class, faulty, desk.limits))

    return [
        Route(path, endpoint(name, method, answer), methods=[method], name=f"{name} {path}")
        for name, method, path, answer in _ROUTES
    ]
