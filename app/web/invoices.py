"""The bill in full, the history of invoices, and one invoice: for people a page each, for programs a document."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app import log
from app.account.account import Account
from app.account.statements import BadCursor
from app.cards import bill, invoices
from app.cards.base import Empty, Failed, Outcome, Ready, failed
from app.dashboard import listing, summary
from app.orb.errors import Invalid, OrbError, TimedOut
from app.orb.path import BadId, orb_id
from app.orb.wire import Subscription
from app.query import BadQuery, Query
from app.web import validated
from app.web.api import needs
from app.web.desk import Desk, Moment, desk
from app.web.lists import CURSOR, LIMIT, parameters
from app.web.pages import Page
from app.web.problems import unavailable, unknown
from app.web.session import who
from app.web.viewer import Viewer

_USUAL = "20"
PATTERNS = {"cursor": CURSOR, "limit": LIMIT}


async def show_page(request: Request) -> Response:
    """`GET /invoices`: the history."""
    asking = Asking(request, "invoices")
    cursor, limit = asked(request)
    outcome = await asking.answer(lambda account: invoices.load_page(account, cursor, limit))
    return await asking.page("invoices.html", outcome, limit=limit, later=cursor is not None)


async def list_page(request: Request) -> Response:
    """`GET /api/invoices`: one page of the history, and the cursor of the next."""
    asking = Asking(request, "invoices")
    cursor, limit = asked(request)
    outcome = await asking.answer(lambda account: invoices.load_page(account, cursor, limit))
    return asking.document(_data(outcome))


async def show_invoice(request: Request) -> Response:
    """`GET /invoices/{id}`: one invoice whole."""
    asking = Asking(request, "invoices")
    outcome = await asking.invoice()
    return await asking.page("invoice.html", outcome)


async def one_invoice(request: Request) -> Response:
    """`GET /api/invoices/{id}`: the same as one document."""
    asking = Asking(request, "invoices")
    found = _flat(_data(await asking.invoice()))
    return asking.document({**_flat(found.pop("invoice")), **found})


async def show_upcoming(request: Request) -> Response:
    """`GET /invoices/upcoming/{subscription_id}`: the bill so far, in full."""
    asking = Asking(request, "bill")
    subscription, outcome = await asking.upcoming()
    return await asking.page("upcoming.html", outcome, subscription=subscription)


async def one_upcoming(request: Request) -> Response:
    """`GET /api/invoices/upcoming/{subscription_id}`: the same as one document."""
    asking = Asking(request, "bill")
    subscription, outcome = await asking.upcoming()
    return asking.document({**_flat(bill_of(subscription, outcome)), "as_of": outcome.as_of, "stale": outcome.stale})


def bill_of(subscription: Subscription | None, outcome: Outcome) -> bill.Bill:
    """The one bill that was asked for, or why there is none. Raises the 503 of one that failed."""
    if isinstance(outcome, Ready):
        found: bill.Bill = outcome.data.subscriptions[0]
        return found
    if isinstance(outcome, Failed) or subscription is None:
        raise unavailable(outcome if isinstance(outcome, Failed) else failed(TimedOut("subscriptions")))
    return bill.Bill(subscription.id, subscription.title, "empty", outcome.code, outcome.message)


class Asking:
    """One request for an invoice or several: who asks, and for what. Raises the refusals of who may not."""

    def __init__(self, request: Request, word: str) -> None:
        self._request, self._front, self._viewer = request, desk(request), who(request)
        needs(self._viewer, word)
        if "invoice" in request.path_params or "subscription" in request.path_params:
            parameters(request, {})
        self._moment: Moment = self._front.moment()
        self._account = self._front.account(self._viewer, self._moment)

    async def answer(self, load: Callable[[Account], Awaitable[Outcome]]) -> Outcome:
        """What `load` comes to within the deadline; an error of Orb's is an outcome too."""
        try:
            with anyio.CancelScope(deadline=self._moment.deadline):
                return await load(self._account)
            return failed(TimedOut("invoices"))
        except (BadCursor, OrbError) as error:
            if isinstance(error, BadCursor) or (isinstance(error, Invalid) and "cursor" in self._request.query_params):
                raise BadQuery("cursor is not one of this list") from None
            log.warning("invoices failed", code=error.code, error=type(error).__name__)
            return failed(error)

    async def invoice(self) -> Outcome:
        """The invoice of the address. Raises the 404 of what does not exist where it is not this viewer's."""
        name = _id(self._request.path_params["invoice"])
        outcome = await self.answer(lambda account: invoices.load_invoice(account, name))
        if isinstance(outcome, Empty):
            raise unknown()
        return outcome

    async def upcoming(self) -> tuple[Subscription | None, Outcome]:
        """The subscription of the address and its bill. Raises the 404 as well where it is not this viewer's."""
        name = _id(self._request.path_params["subscription"])
        try:
            listed = (await self._account.listing()).subscriptions
        except OrbError as error:
            return None, failed(error)
        subscription = next((each for each in listed if each.id == name), None)
        if subscription is None:
            raise unknown()
        return subscription, await self.answer(lambda account: bill.load(account, Query(subscription_id=name)))

    def document(self, data: object) -> Response:
        return validated.document(self._request, self._viewer, data)

    async def page(self, template: str, outcome: Outcome, **more: object) -> Response:
        """The page, whose status is 503 where it has no figures because Orb failed."""
        found = await listing(self._account)
        said = summary(found, {"invoices": outcome}, self._front.refresh_age, self._front.now())
        shell = Sheet(self._request, self._front, self._viewer, Query())
        timezone = found.zone.key if found else "UTC"
        body = shell.main(template, outcome=outcome, timezone=timezone, **more)
        whole = b"".join((shell.head(), shell.identity(found), body, shell.foot(said)))
        if not isinstance(outcome, Failed):
            return HTMLResponse(whole)
        again = unavailable(outcome).retry_after
        return HTMLResponse(whole, 503, {"Retry-After": str(again)})


class Sheet(Page):
    """A page of the shell whose main part is one template."""

    def __init__(self, request: Request, front: Desk, viewer: Viewer, query: Query) -> None:
        super().__init__(request, front, viewer, query)
        self._shared |= {"place": "invoices", "path": request.url.path}

    def main(self, template: str, **data: object) -> bytes:
        return self.part(template, **data)


def asked(request: Request) -> tuple[str | None, int]:
    """The cursor and the limit of an address. Raises BadQuery, which names what is wrong."""
    found = parameters(request, PATTERNS)
    return found.get("cursor"), int(found.get("limit", _USUAL))


def _id(text: str) -> str:
    try:
        return orb_id(text)
    except BadId:
        raise unknown() from None


def _data(outcome: Outcome) -> Any:
    if isinstance(outcome, Ready):
        return outcome.data
    raise unavailable(outcome if isinstance(outcome, Failed) else failed(TimedOut("invoices")))


def _flat(found: Any) -> dict[str, Any]:
    return {each.name: getattr(found, each.name) for each in fields(found)}
