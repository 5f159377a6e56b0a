"""The control panel as a page: what is in force, the last requests, and a form for each order. It needs no script."""

import time
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import parse_qsl

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.sandbox.faults import Fault, Kind
from app.sandbox.limits import PLANS
from app.sandbox.panel.controls import ROUTES, Controls, Pace, Rates, Time
from app.sandbox.problems import Problem, invalid
from app.sandbox.webhooks.events import event_document
from app.sandbox.webhooks.panel import ChosenEndpoint, Firing, Manner, add, fire
from app.sandbox.webhooks.payloads import TYPES

T = TypeVar("T")

_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text("utf-8")
_TEMPLATE = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).get_template("page.html")
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers would send our own forms from Origin null
    "X-Content-Type-Options": "nosniff",
}
_SHOWN = 50
_EVENTS = 10


class Page:
    """The panel's page, and the forms on it: each says in `do` what it orders."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/_sandbox", self.show, methods=["GET"]),
            Route("/_sandbox", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:  # noqa: ARG002
        """Show what is in force."""
        return self._render()

    async def act(self, request: Request) -> Response:
        """Do what a form orders and go back to the page, or say on the page what is wrong with the order."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            section = self._obey(form.pop("do", ""), form)
        except Problem as wrong:
            return self._render(wrong.errors or [wrong.title], 400)
        return RedirectResponse(f"/_sandbox#{section}", 303)

    def _obey(self, what: str, form: dict[str, str]) -> str:
        """Carry an order out, and name the section of the page that shows it."""
        controls, webhooks = self._controls, self._controls.desk.webhooks
        orders: dict[str, tuple[str, Callable[[], object]]] = {
            "stop": ("clock", lambda: controls.set_clock(_order(form, Time))),
            "advance": ("clock", lambda: controls.set_clock(_order(form, Time))),
            "release": ("clock", controls.desk.clock.release),
            "limits": ("limits", lambda: controls.set_limits(_order({"retry_after": None} | form, Rates))),
            "latency": ("latency", lambda: controls.set_latency(_order(form, Pace))),
            "fault": ("faults", lambda: controls.add_fault(_order(form, Fault))),
            "clear_faults": ("faults", controls.faults.clear),
            "listen": ("webhooks", lambda: add(webhooks, _order(form, ChosenEndpoint))),
            "fire": ("webhooks", lambda: fire(webhooks, [_order(form, Firing)], Manner())),
            "retry": ("webhooks", webhooks.retry),
            "clear_requests": ("requests", controls.journal.clear),
        }
        if what not in orders:
            raise invalid(f"do: {what or 'nothing'} is no order")
        section, carry_out = orders[what]
        carry_out()
        return section

    def _render(self, errors: list[str] | None = None, status: int = 200) -> Response:
        controls, now = self._controls, time.monotonic()
        webhooks = controls.desk.webhooks
        page = _TEMPLATE.render(
            style=_STYLE,
            errors=errors or [],
            clock=controls.clock_document(),
            limits=controls.desk.limits.document(),
            latency=controls.latency_document(),
            faults=controls.faults.listed(),
            requests=[_row(entry, now) for entry in controls.journal.since()[: -_SHOWN - 1 : -1]],
            endpoints=[endpoint for _, endpoint in webhooks.endpoints.numbered()],
            events=[event_document(event, payload=False) for event in [*webhooks.events][: -_EVENTS - 1 : -1]],
            types=TYPES,
            customers=controls.desk.world().customers,
            plans=PLANS,
            routes=ROUTES,
            kinds=get_args(Kind),
        )
        return HTMLResponse(page, status, _HEADERS)


def _order(form: object, kind: type[T]) -> T:
    """Read an order from the texts of a form; what was left empty is not in it."""
    try:
        return msgspec.convert(form, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise invalid(str(wrong)) from None


def _row(entry: dict[str, Any], now: float) -> dict[str, Any]:
    """Prepare a request for the table; `took` is in milliseconds, None while there is no answer."""
    took = None if entry["ended"] is None else round((entry["ended"] - entry["started"]) * 1000)
    return {**entry, "ago": round(now - entry["started"]), "took": took}
