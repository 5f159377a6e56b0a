"""The dashboard for programs: one JSON document, or the same as a stream of cards as they land."""

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from app.account.account import Account
from app.dashboard import CARDS, Landed, listing, load_one, loading, summary
from app.orb.errors import OrbError
from app.web import validated
from app.web.desk import desk
from app.web.document import card_object, passing, whole, without_cards
from app.web.kept import question
from app.web.noted import Noted
from app.web.problems import Problem, unknown
from app.web.render import encoder, reader_of
from app.web.session import who
from app.web.stream import Emit, Streamed
from app.web.viewer import Viewer
from app.web.wishes import wishes

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
    media_type = _wanted(request, (_JSON, *_STREAMS))
    asked = None if live or media_type in _STREAMS else question(request, viewer)
    if asked and (document := front.kept.find(asked)):
        return validated.answer(request, document)
    query, cards = front.question(request, viewer)
    moment, noted = front.moment(live=live), Noted(front.cache)
    account = front.account(viewer, moment, noted)
    await known(account, query.subscription_id)
    reader = reader_of(request)

    async def write(emit: Emit) -> None:
        frame = _STREAMS[media_type]
        landed: dict[str, Landed] = {}
        async with loading(account, query, cards, moment.deadline) as arriving:
            async for each in arriving:
                landed[each.card.word] = each
                message = {"card": each.card.word, **card_object(each.card, each.outcome)}
                await emit(frame("card", encoder(reader).encode(message)))
        outcomes = {word: each.outcome for word, each in landed.items()}
        said = summary(await listing(account), outcomes, front.refresh_age, front.now())
        closing = without_cards(said, reader)
        await emit(frame("done", encoder(reader).encode({"done": True, **closing})))

    if media_type in _STREAMS:
        return Streamed(write, media_type)
    async with loading(account, query, cards, moment.deadline) as arriving:
        landed = [each async for each in arriving]
    landed.sort(key=lambda each: CARDS.index(each.card))
    outcomes = {each.card.word: each.outcome for each in landed}
    said = summary(await listing(account), outcomes, front.refresh_age, front.now())
    found: Mapping[str, object] = whole(said, landed, reader)
    changing = {name: found[name] for name in passing(said)}
    if asked is None:
        return validated.document(request, viewer, found, changing)
    document = validated.made(request, viewer, found, changing)
    front.kept.keep(asked, document, noted, landed, said)
    return validated.answer(request, document)


async def card(request: Request) -> Response:
    """`GET /api/cards/{card}`: one card, 200 with its status."""
    viewer, front = who(request), desk(request)
    _wanted(request, (_JSON,))
    query, (wanted,) = front.question(request, viewer, request.path_params["card"])
    moment = front.moment()
    account = front.account(viewer, moment)
    await known(account, query.subscription_id)
    outcome = await load_one(wanted, account, query, moment.deadline)
    return validated.document(request, viewer, card_object(wanted, outcome))


def needs(viewer: Viewer, word: str) -> None:
    """Raises Problem unless the viewer's token allows it."""
    if word not in viewer.scope:
        raise Problem(403, "out_of_scope", f"Your session does not allow {word}.")


async def known(account: Account, subscription: str | None) -> None:
    """Raises the 404 of what does not exist unless this viewer may see that subscription.

    When Orb does not say in time, the cards say so themselves.
    """
    if subscription is None:
        return
    try:
        found = await account.listing()
    except OrbError:
        return
    if all(each.id != subscription for each in found.subscriptions):
        raise unknown()


def _wanted(request: Request, offered: Sequence[str]) -> str:
    """The media type to answer in: the one `offered` that the request likes best, JSON where it does not care.

    Raises Problem, 406.
    """
    for wanted in wishes(request.headers.get("accept", "").strip() or "*/*"):
        if wanted in offered:
            return wanted
        if wanted in ("application/*", "*/*"):
            return _JSON
    raise Problem(406, "not_acceptable", f"There is {', '.join(offered)}.")
