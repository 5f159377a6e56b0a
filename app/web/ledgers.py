"""The lists behind the credits card: every movement and every block, page by page, for programs and for people."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Outcome, failed, ready
from app.cards.credits import CARD
from app.dashboard import listing, summary
from app.money import unit
from app.orb import wire
from app.orb.errors import OrbError
from app.prepaid.blocks import described, drawdown
from app.prepaid.movements import Entry, entries
from app.query import BadQuery, Query
from app.web import lists
from app.web.api import needs
from app.web.desk import Desk, desk
from app.web.lists import CURSOR, LIMIT, of_this_list, parameters, unavailable
from app.web.pages import Page
from app.web.session import who
from app.words import Text

T = TypeVar("T")

PATTERNS = {"currency": r"[^\x00-\x1f\x7f]{1,64}", "cursor": CURSOR, "limit": LIMIT}
# The ledger behind the credits card, on a page of its own.
_ACTIVITY = replace(CARD, word="ledger", title=Text("Credit activity"))
_USUALLY = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of which unit's list is wanted."""

    currency: str
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """A page of a ledger for people; `older` is the address of the next one."""

    unit: str
    entries: tuple[Entry, ...]
    newest: str | None
    older: str | None


async def ledger(request: Request) -> Response:
    """`GET /api/credits/ledger`: the movements of one pricing unit, newest first."""
    front, asked = _asked(request)
    account = front.account(who(request), front.moment())
    try:
        page = (await _ledger(account, asked)).reading.value
    except OrbError as error:
        raise unavailable(error) from None
    found = await listing(account)
    rows = entries(page, unit(asked.currency), found.zone if found else None)
    return lists.page(request, who(request), rows, page.pagination_metadata.next_cursor)


async def blocks(request: Request) -> Response:
    """`GET /api/credits/blocks`: the blocks of one pricing unit, each page in the order in which they are drawn."""
    front, asked = _asked(request)
    account = front.account(who(request), front.moment())
    question = partial(account.credit_block_page, asked.currency, limit=asked.limit, cursor=asked.cursor)
    try:
        reading = (await of_this_list(asked.cursor, question)).reading
    except OrbError as error:
        raise unavailable(error) from None
    found, page, now = await listing(account), reading.value, reading.since
    paid_in, zone = (found.paid_in, found.zone) if found else (None, None)
    rows = [described(each, unit(asked.currency), paid_in, zone, now) for each in drawdown(page.data, now)]
    return lists.page(request, who(request), rows, page.pagination_metadata.next_cursor)


async def activity(request: Request) -> Response:
    """`GET /credits/ledger`: the same movements on a page for people."""
    front, asked = _asked(request)
    viewer = who(request)
    account = front.account(viewer, front.moment())
    try:
        outcome = await _activity(account, asked)
    except OrbError as error:
        outcome = replace(failed(error), retryable=False)  # asking for this page again is the way to try again
    # The button would renew the dashboard, not this page.
    viewer = replace(viewer, scope=viewer.scope - {"refresh"})
    found, page = await listing(account), Page(request, front, viewer, Query())
    said = summary(found, {_ACTIVITY.word: outcome}, front.refresh_age, front.now())
    parts = (page.head(), page.identity(found), page.card(_ACTIVITY, outcome, found), page.foot(said))
    return HTMLResponse(b"".join(parts))


async def _activity(account: Account, asked: Asked) -> Outcome:
    answer = await _ledger(account, asked)
    page, found = answer.reading.value, await listing(account)
    rows = entries(page, unit(asked.currency), found.zone if found else None)
    cursor = page.pagination_metadata.next_cursor
    newest = _address(asked, None) if asked.cursor else None
    return ready(found, Activity(asked.currency, rows, newest, _address(asked, cursor) if cursor else None), [answer])


def _address(asked: Asked, cursor: str | None) -> str:
    pairs = {"currency": asked.currency}
    if asked.limit != _USUALLY:
        pairs["limit"] = str(asked.limit)
    if cursor is not None:
        pairs["cursor"] = cursor
    return "/credits/ledger?" + urlencode(pairs)


def _asked(request: Request) -> tuple[Desk, Asked]:
    """The page that the address asks for. Raises BadQuery, or Problem where credits are out of the viewer's scope."""
    front = desk(request)
    needs(who(request), "credits")
    found = parameters(request, PATTERNS)
    currency = found.get("currency", front.credit_currencies[0])
    if currency not in front.credit_currencies:
        raise BadQuery(f"currency must be one of {', '.join(front.credit_currencies)}")
    return front, Asked(currency, int(found.get("limit", _USUALLY)), found.get("cursor"))


async def _ledger(account: Account, asked: Asked) -> Answer[wire.Ledger]:
    question = partial(account.credits_ledger, asked.currency, limit=asked.limit, cursor=asked.cursor)
    return await of_this_list(asked.cursor, question)
