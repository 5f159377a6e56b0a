"""The list behind the licenses card, page by page, for programs and for people: by license, by day, or by both."""

from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.account.account import Account
from app.allocations import License, rows
from app.cache.freshness import Answer
from app.cards.base import Outcome, empty, failed, ready
from app.cards.licenses import CARD
from app.dashboard import listing, summary
from app.listing import Listing
from app.orb import wire
from app.orb.errors import OrbError
from app.orb.licenses import LicenseUsages
from app.query import BadQuery, Query
from app.web import lists
from app.web.desk import Desk, desk
from app.web.pages import Page
from app.web.problems import unknown
from app.web.session import who
from app.web.viewer import Viewer
from app.words import Text

PATTERNS = {
    "subscription_id": lists.ID,
    "license_type_id": lists.ID,
    "cursor": lists.CURSOR,
    "group_by": "license|day|license,day",
    "limit": lists.LIMIT,
}
_USUAL = 20
# The list behind the card, on a page of its own.
_LIST = replace(CARD, word="license_list", title=Text("License use"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of which list is wanted."""

    subscription_id: str | None = None
    license_type_id: str | None = None
    cursor: str | None = None
    group_by: str = "license"
    limit: int = _USUAL


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a list, and what it is of; without a subscription that has licenses there is none."""

    listing: Listing
    subscription: wire.Subscription | None = None
    answer: Answer[LicenseUsages] | None = None
    licenses: tuple[License, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A page for people; `ways` lead to the other lists, `next` to the page after this one."""

    subscription: str
    group_by: str
    licenses: tuple[License, ...]
    ways: dict[str, str]
    first: str | None
    next: str | None


async def documents(request: Request) -> Response:
    """`GET /api/licenses`: what was used of each allocation this billing period."""
    front, viewer, asked = _asked(request)
    try:
        found = await _find(front.account(viewer, front.moment()), asked)
    except OrbError as error:
        raise lists.unavailable(error) from None
    return lists.page(request, viewer, found.licenses, found.next_cursor)


async def page(request: Request) -> Response:
    """`GET /licenses`: the same list on a page for people."""
    front, viewer, asked = _asked(request)
    account = front.account(viewer, front.moment())
    try:
        outcome = _outcome(asked, await _find(account, asked))
    except OrbError as error:
        outcome = replace(failed(error), retryable=False)  # asking for this page again is the way to try again
    found, paper = await listing(account), Page(request, front, viewer, Query())
    said = summary(found, {_LIST.word: outcome}, front.refresh_age, front.now())
    parts = (paper.head(), paper.identity(found), paper.card(_LIST, outcome, found), paper.foot(said))
    return HTMLResponse(b"".join(parts))


def _asked(request: Request) -> tuple[Desk, Viewer, Asked]:
    """The page that the address asks for. Raises BadQuery, or the 404 of what does not exist for this viewer."""
    viewer = who(request)
    if CARD.word not in viewer.scope:
        raise unknown()
    found = lists.parameters(request, PATTERNS)
    limit = int(found.pop("limit", _USUAL))
    return desk(request), viewer, Asked(**found, limit=limit)


async def _find(account: Account, asked: Asked) -> Found:
    """One page of the list. Raises the 404 of what does not exist for ids that are not this viewer's."""
    found = await account.listing()
    subscription = _subscription(found, asked)
    if subscription is None:
        return Found(found)
    licenses = (await account.licenses(subscription)).reading.value
    types = [each.license_type_id for each in licenses.data]
    if asked.license_type_id not in (None, *types):
        raise unknown()
    if not types:
        return Found(found, subscription)
    answer = await _usage(account, subscription, asked.license_type_id or types[0], asked)
    usage = answer.reading.value
    cursor = usage.pagination_metadata.next_cursor if usage.pagination_metadata.has_more else None
    return Found(found, subscription, answer, tuple(rows(usage.data, licenses)), cursor)


def _subscription(found: Listing, asked: Asked) -> wire.Subscription | None:
    """The one that is asked for, or the only one there is."""
    if asked.subscription_id is None:
        if len(found.active) > 1:
            raise BadQuery("subscription_id is needed: there are several subscriptions")
        return next(iter(found.active), None)
    for each in found.subscriptions:
        if each.id == asked.subscription_id:
            return each
    raise unknown()


async def _usage(account: Account, subscription: wire.Subscription, kind: str, asked: Asked) -> Answer[LicenseUsages]:
    """The page. Raises BadQuery where it is the cursor that Orb refuses."""
    question = partial(account.license_usage, subscription, kind, asked.group_by)
    return await lists.of_this_list(asked.cursor, partial(question, limit=asked.limit, cursor=asked.cursor))


def _outcome(asked: Asked, found: Found) -> Outcome:
    if not (found.subscription and found.answer):
        return empty(found.listing, "no_licenses")
    asked = replace(asked, subscription_id=found.subscription.id)
    ways = {each: _address(replace(asked, group_by=each), None) for each in ("license", "day", "license,day")}
    shown = Shown(
        found.subscription.title,
        asked.group_by,
        found.licenses,
        ways,
        _address(asked, None) if asked.cursor else None,
        _address(asked, found.next_cursor) if found.next_cursor else None,
    )
    return ready(found.listing, shown, [found.answer])


def _address(asked: Asked, cursor: str | None) -> str:
    pairs = {
        "subscription_id": asked.subscription_id,
        "license_type_id": asked.license_type_id,
        "group_by": asked.group_by,
        "limit": None if asked.limit == _USUAL else str(asked.limit),
        "cursor": cursor,
    }
    return "/licenses?" + urlencode({name: text for name, text in pairs.items() if text})
