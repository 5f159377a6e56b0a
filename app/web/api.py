"""The dashboard for programs: one JSON document, or the same as a stream of cards as they land."""

from collections.abc import Callable
from typing import Any

from babel import Locale
from starlette.requests import Request
from starlette.responses import Response

from app.dashboard import CARDS, Landed, chosen, listing, load_one, loading, summary
from app.orb.errors import OrbError
from app.web.desk import Desk, Moment, desk
from app.web.document import card_object, whole, without_cards
from app.web.problems import Problem, unknown
from app.web.render import encoder, locale_of
from app.web.session import who
from app.web.stream import Emit, Streamed
from app.web.viewer import Viewer

Frame = Callable[[str, bytes], bytes]

_JSON = "application/json"
_NDJSON = "application/x-ndjson"
_SSE = "text/event-stream"


def _line(event: str, data: bytes) -> bytes:  # noqa: ARG001  the message itself says what it is
    return data + b"\n"


def _event(event: str, data: bytes) -> bytes:
    return b"event: " + event.encode("ascii") + b"\ndata: " + data + b"\n\n"


_STREAMS: dict[str, Frame] = {_NDJSON: _line, _SSE: _event}


async def dashboard(request: Request) -> Response:
    """`GET /api/dashboard`: the cards from kept answers, young enough."""
    return await _dashboard(request, live=False)


async def refresh(request: Request) -> Response:
    """`POST /api/dashboard/refresh`: the same, asked past Orb's cache."""
    return await _dashboard(request, live=True)


async def _dashboard(request: Request, *, live: bool) -> Response:
    viewer, front = who(request), desk(request)
    if live:
        needs(viewer, "refresh")
    media_type = _wanted(request)
    query, moment = front.query(request), front.moment(live=live)
    account, cards = front.account(viewer, moment), chosen(query, viewer.scope)
    await known(front, viewer, moment, query.subscription_id)
    locale = _locale(request, viewer)

    async def write(emit: Emit) -> None:
        frame = _STREAMS[media_type]
        landed: dict[str, Landed] = {}
        async with loading(account, query, cards, moment.deadline) as arriving:
            async for each in arriving:
                landed[each.card.word] = each
                message = {"card": each.card.word, **card_object(each.card, each.outcome)}
                await emit(frame("card", _encode(message, locale)))
        outcomes = {word: each.outcome for word, each in landed.items()}
        said = summary(await listing(account), outcomes, front.refresh_age, front.now())
        closing = without_cards(said)
        await emit(frame("done", _encode({"done": True, **closing}, locale)))

    if media_type in _STREAMS:
        return Streamed(write, media_type)
    async with loading(account, query, cards, moment.deadline) as arriving:
        landed = [each async for each in arriving]
    landed.sort(key=lambda each: CARDS.index(each.card))
    outcomes = {each.card.word: each.outcome for each in landed}
    said = summary(await listing(account), outcomes, front.refresh_age, front.now())
    answer = Response(_encode(whole(said, landed), locale), media_type=_JSON)
    answer.headers["Server-Timing"] = ", ".join(f"{each.card.word};dur={each.seconds * 1000:.1f}" for each in landed)
    return answer


async def card(request: Request) -> Response:
    """`GET /api/cards/{card}`: one card, 200 with its status."""
    viewer, front = who(request), desk(request)
    query, moment = front.query(request), front.moment()
    found = [each for each in chosen(query, viewer.scope) if each.word == request.path_params["card"]]
    if not found:
        raise unknown()
    await known(front, viewer, moment, query.subscription_id)
    outcome = await load_one(found[0], front.account(viewer, moment), query, moment.deadline)
    return Response(_encode(card_object(found[0], outcome), _locale(request, viewer)), media_type=_JSON)


def needs(viewer: Viewer, word: str) -> None:
    """Raises Problem unless the viewer's token allows it."""
    if word not in viewer.scope:
        raise Problem(403, "out_of_scope", f"Your session does not allow {word}.")


async def known(front: Desk, viewer: Viewer, moment: Moment, subscription: str | None) -> None:
    """Raises the 404 of what does not exist unless this viewer may see that subscription.

    When Orb does not say, the cards say so themselves.
    """
    if subscription is None:
        return
    try:
        listing = await front.account(viewer, moment).listing()
    except OrbError:
        return
    if all(each.id != subscription for each in listing.subscriptions):
        raise unknown()


def _encode(data: dict[str, Any], locale: Locale) -> bytes:
    return encoder(locale).encode(data)


def _locale(request: Request, viewer: Viewer) -> Locale:
    return locale_of(viewer.locale, request.headers.get("accept-language"))


def _wanted(request: Request) -> str:
    """The media type to answer in: the first of the request's wishes that there is. Raises Problem, 406."""
    for wish in request.headers.get("accept", "*/*").lower().split(","):
        wanted = wish.partition(";")[0].strip()
        if wanted in _STREAMS:
            return wanted
        if wanted in (_JSON, "application/*", "*/*"):
            return _JSON
    raise Problem(406, "not_acceptable", f"There is {_JSON}, {_NDJSON} and {_SSE}.")
