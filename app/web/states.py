"""`GET /_states`, beside the sandbox alone: every state of every card on one page, for those who work on them."""

from collections.abc import Iterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from app.cards.base import Card, Late, Outcome, Ready, failed
from app.dashboard import CARDS, WORDS, listing, load_one
from app.listing import Listing
from app.orb.errors import (
    Busy,
    Foreign,
    Malformed,
    RateLimited,
    Refused,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from app.orb.path import CustomerRef
from app.query import parse
from app.sentences import sentence
from app.web.desk import Desk, desk
from app.web.pages import Page
from app.web.stream import Emit, Streamed
from app.web.viewer import SCOPE, Viewer
from app.words import Text

# Whose card is in a state that no other one's is.
_INVENTED = {
    "bill": (
        "northwind", "halcyon", "lattice", "springboard", "gulf", "yamato", "calder", "trollheim", "fresh", "quiet",
        "sunset", "nobody",
    ),
    "credits": ("lumen", "sparkworks", "faro", "trollheim", "zeroth", "quiet"),
    "spend": ("northwind", "halcyon", "lattice", "meridian", "fresh", "orchard-east", "nobody"),
    "breakdown": ("northwind", "babel", "atelier", "mote", "fresh"),
    "usage": ("northwind", "chorus", "fresh", "orchard-east"),
    "licenses": ("quill", "northwind"),
    "alerts": ("northwind", "lumen", "quiet"),
}  # fmt: skip
_ERRORS = (
    Unreachable("x"), TimedOut("x"), RateLimited(), Busy("x"), Unauthorized("x"), Malformed("x"), TooLarge("x"),
    Foreign("x"), Refused(500), ValueError("x"),
)  # fmt: skip
_NO_NEWER = Text("This is the last that is known. {reason}", reason=sentence("orb_unreachable"))


async def show(request: Request) -> Response:
    front = desk(request)

    async def write(emit: Emit) -> None:
        states = _States(request, front)
        await emit(states.part("states_head.html"))
        for card in CARDS:
            await emit(states.part("states_card.html", card=card))
            for name in _INVENTED[card.word]:
                await emit(await states.of(card, name))
            for part in states.without(card):
                await emit(part)
        await emit(states.part("states_foot.html"))

    return Streamed(write, "text/html")


class _States:
    def __init__(self, request: Request, front: Desk) -> None:
        self._request = request
        self._front = front
        self._query = parse([], grouping_keys=front.grouping_keys, words=WORDS)
        self._number = 0
        self._last: tuple[Ready, Listing | None] | None = None

    def part(self, name: str, **data: object) -> bytes:
        return self._page("nobody").part(name, **data)

    async def of(self, card: Card, name: str) -> bytes:
        """The card of an invented customer, as it is now."""
        front, query = self._front, self._query
        moment = front.moment()
        account = front.account(_viewer(name), moment)
        outcome = await load_one(card, account, query, moment.deadline)
        found = await listing(account)
        if isinstance(outcome, Ready):
            self._last = outcome, found
        return self._drawn(card, outcome, found, name)

    def without(self, card: Card) -> Iterator[bytes]:
        """What it looks like on its way, when it could not be renewed, and, once for all of them, when it failed."""
        yield self._drawn(card, Late(), None, "late")
        if self._last is not None:
            outcome, found = self._last
            yield self._drawn(card, replace(outcome, stale=True, message=_NO_NEWER), found, "stale")
        for error in _ERRORS if card is CARDS[0] else ():
            yield self._drawn(card, failed(error), None, failed(error).code or "")

    def _drawn(self, card: Card, outcome: Outcome, found: Listing | None, about: str) -> bytes:
        self._number += 1
        page = self._page(about if isinstance(outcome, Ready) else "nobody")
        return page.part("states_label.html", about=about) + page.card(
            card, outcome, found, anchor=f"{card.word}-{self._number}"
        )

    def _page(self, name: str) -> Page:
        return Page(self._request, self._front, _viewer(name), self._query, place="states", words=())


def _viewer(name: str) -> Viewer:
    return Viewer(CustomerRef("external_customer_id", name), SCOPE, None, 0)
