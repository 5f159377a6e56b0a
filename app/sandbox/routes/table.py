"""The routes under /v1, by the names that the control panel's faults use."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.desk import Desk
from app.sandbox.faults import Faults, Faulty
from app.sandbox.routes import alerting, ingest, licensing, measuring, paying, people, spending

Answer = Callable[[Desk, Request], Awaitable[Response]]

_CUSTOMER = "/v1/customers/{customer_id}"
_EXTERNAL = "/v1/customers/external_customer_id/{external_customer_id}"
_SUBSCRIPTION = "/v1/subscriptions/{subscription_id}"
# Whatever the caller calls a license, slashes included.
_LICENSE = "{external_license_id:path}"

_ROUTES: tuple[tuple[str, str, str, Answer], ...] = (
    ("ping", "GET", "/v1/ping", people.ping),
    ("customers", "GET", "/v1/customers", people.list_customers),
    ("customer", "GET", _EXTERNAL, people.show_customer),
    ("customer", "GET", _CUSTOMER, people.show_customer),
    ("subscriptions", "GET", "/v1/subscriptions", people.list_subscriptions),
    ("subscription", "GET", _SUBSCRIPTION, people.show_subscription),
    ("upcoming_invoice", "GET", "/v1/invoices/upcoming", paying.upcoming_invoice),
    ("credits_ledger", "GET", f"{_EXTERNAL}/credits/ledger", paying.credits_ledger),
    ("credits_ledger", "GET", f"{_CUSTOMER}/credits/ledger", paying.credits_ledger),
    ("credit_blocks", "GET", f"{_EXTERNAL}/credits", paying.credit_blocks),
    ("credit_blocks", "GET", f"{_CUSTOMER}/credits", paying.credit_blocks),
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
)

NAMES = frozenset(name for name, _, _, _ in _ROUTES)


class _Answering:
    """ASGI app that lets one function answer at the desk."""

    def __init__(self, desk: Desk, answer: Answer) -> None:
        self._desk, self._answer = desk, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(self._desk, Request(scope, receive, send))
        await response(scope, receive, send)


def orb_routes(desk: Desk, faults: Faults) -> list[Route]:
    """Make the routes of Orb's API, each open to faults."""

    def endpoint(name: str, answer: Answer) -> ASGIApp:
        return Faulty(name, _Answering(desk, answer), faults)

    return [
        Route(path, endpoint(name, answer), methods=[method], name=f"{name} {path}")
        for name, method, path, answer in _ROUTES
    ]
