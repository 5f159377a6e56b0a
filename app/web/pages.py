"""The dashboard for people: a page that leaves in page order as its cards land, complete without script."""

from dataclasses import replace
from urllib.parse import urlencode

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app import log
from app.cards.base import Card, Late, Outcome, failed
from app.dashboard import WORDS, Landed, Summary, chosen, listing, load_one, loading, period_now, summary
from app.labels import NO_LABELS, property_label
from app.listing import Listing
from app.orb.path import CustomerRef
from app.query import Query
from app.web.api import known
from app.web.catalogue import ENGLISH
from app.web.desk import Desk, desk
from app.web.document import updated
from app.web.gone import unless_gone
from app.web.kept import Document, answer, made, question
from app.web.noted import Noted
from app.web.problems import signed_out
from app.web.reader import reader
from app.web.render import reader_of, shared, words
from app.web.session import who
from app.web.short import offer
from app.web.stream import Emit, Streamed
from app.web.timeframe import Timeframe
from app.web.viewer import NotSignedIn, Viewer
from app.words import Written

# A card that is not there by then is sent as late, and filled in afterwards.
_SOON = 0.8
_MARGIN = 0.1  # an older answer is taken that much earlier, so that its card is still in time
_SANDBOX_SESSION = 3600


async def show(request: Request) -> Response:
    """`GET /`: the head at once, then the cards in page order."""
    front = desk(request)
    try:
        viewer = who(request)
    except NotSignedIn:
        return await _sign_in_page(request, front)
    asked = question(request, viewer)
    if document := front.kept.find(asked):
        offer(request, asked, document)
        return answer(request, document, "text/html")
    await unless_gone(request)
    query, cards = front.question(request, viewer)
    moment, noted = front.moment(soon=_SOON - _MARGIN), Noted(front.cache)
    account = front.account(viewer, moment, noted)
    await known(account, query.subscription_id)
    page, parts = Page(request, front, viewer, query), list[bytes]()

    async def write(send: Emit) -> None:
        async def emit(part: bytes) -> None:
            parts.append(part)
            await send(part)

        await emit(page.head())
        soon = anyio.current_time() + _SOON
        async with loading(account, query, cards, moment.deadline) as arriving:
            found = None
            with anyio.move_on_at(soon):
                found = await listing(account)
            await emit(page.identity(found))
            outcomes: dict[str, Outcome] = {}
            for card in cards:
                outcome = await _await(card, outcomes, arriving, soon)
                await emit(page.card(card, outcome, found))
        said = summary(found, outcomes, front.refresh_age, front.now())
        await emit(page.foot(said))
        landed = [Landed(card, outcomes[card.word]) for card in cards]
        front.kept.keep(asked, made(Document(b"".join(parts)), noted, landed, said))

    return Streamed(write, "text/html")


async def card(request: Request) -> Response:
    """`GET /cards/{card}`: one card on a page of its own; waits as long as patience allows."""
    viewer, front = who(request), desk(request)
    query, (wanted,) = front.question(request, viewer, request.path_params["card"])
    moment = front.moment()
    account, page = front.account(viewer, moment), Page(request, front, viewer, query)
    await known(account, query.subscription_id)
    # It takes its place among the others of its page, and says what it would say beside them.
    beside = replace(query, cards=tuple(each.word for each in chosen(query, viewer.scope)))
    outcome = await load_one(wanted, account, beside, moment.deadline)
    found = await listing(account)
    said = summary(found, {wanted.word: outcome}, front.refresh_age, front.now())
    parts = (page.head(), page.identity(found), page.card(wanted, outcome, found), page.foot(said))
    return HTMLResponse(b"".join(parts))


class Page:
    """One reader's page, part by part in the order in which it leaves.

    `more` takes the place of what templates are told by the same names.
    """

    def __init__(self, request: Request, front: Desk, viewer: Viewer, query: Query, **more: object) -> None:
        self._front = front
        self._query = query
        self._reader = reader_of(request)
        self._shared = {
            **shared(request),
            "query": query,
            "again": again(request),
            "here": lambda **changes: again(request, **changes),
            "asked": dict(request.query_params),
            "now": front.now(),
            "scope": viewer.scope,
            "words": WORDS,
            "place": "dashboard",
            "property_label": property_label(query.group_by, query.group_label),
            "properties": [property_label(key, label) for key, label in front.grouping_keys.items()],
            "sandbox": front.invented is not None,
            **more,
        }

    def head(self) -> bytes:
        return self.part("head.html")

    def identity(self, found: Listing | None) -> bytes:
        period = period_now(found, self._front.now()) if found else None
        frame = Timeframe.of(self._query, found) if found else None
        today = self._front.now().astimezone(found.zone).date() if found else None
        return self.part("identity.html", listing=found, period=period, frame=frame, today=today)

    def card(self, card: Card, outcome: Outcome, found: Listing | None, anchor: str | None = None) -> bytes:
        """`anchor` names it on a page that has it more than once."""
        about = {"card": card, "timezone": found.zone.key if found else "UTC", "anchor": anchor or card.word}
        about["names"] = {each.id: each.title for each in found.subscriptions} if found else {}
        try:
            return self.part("card.html", outcome=outcome, **about)
        except Exception as error:  # a mistake in one card's template costs that card
            log.bug("card not drawn", error, card=card.word)
            return self.part("card.html", outcome=failed(error), **about)

    def foot(self, said: Summary) -> bytes:
        return self.part("foot.html", summary=said, updated=Written(updated(said, self._reader)))

    def part(self, name: str, **data: object) -> bytes:
        return self._front.templates.get_template(name).render({**self._shared, **data}).encode()


async def _await(
    card: Card, outcomes: dict[str, Outcome], arriving: MemoryObjectReceiveStream[Landed], soon: float
) -> Outcome:
    """The card's outcome once it has landed, or Late at `soon`; what lands meanwhile goes to `outcomes`."""
    try:
        while card.word not in outcomes:
            landed = arriving.receive_nowait()
            outcomes[landed.card.word] = landed.outcome
    except anyio.WouldBlock:
        with anyio.move_on_at(soon):
            while card.word not in outcomes:
                landed = await arriving.receive()
                outcomes[landed.card.word] = landed.outcome
    return outcomes.setdefault(card.word, Late())


async def _sign_in_page(request: Request, front: Desk) -> Response:
    """Without a session: the sandbox's customers to choose from, else the way to where one signs in."""
    if front.invented is None or "authorization" in request.headers:
        return signed_out(request)
    customers = [
        (each, front.tokens.sign(CustomerRef("external_customer_id", each.external_customer_id), ttl=_SANDBOX_SESSION))
        for each in await front.invented()
    ]
    page = front.templates.get_template("sign_in.html")  # for who works on them, in English
    return HTMLResponse(page.render(customers=customers, **{**shared(request), **words(reader(ENGLISH, NO_LABELS))}))


def again(request: Request, **changes: str | None) -> str:
    """The query of this request, to be asked again with `changes`: with its question mark, or nothing.

    What is changed to None is left out.
    """
    asked = {**request.query_params, **changes}
    pairs = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"?{pairs}" if pairs else ""
