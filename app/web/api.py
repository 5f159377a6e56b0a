"""The dashboard for programs: one JSON document, or the same as a stream of cards as they land."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

import msgspec
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.requests import Request
from starlette.responses import Response

from app.account.account import Account
from app.dashboard import WORDS, Landed, Summary, listing, load_one, loading, summary
from app.orb.errors import OrbError
from app.web import validated
from app.web.desk import Desk, desk
from app.web.document import card_object, passing, without_cards, written
from app.web.gone import unless_gone
from app.web.kept import Document, Made, made, question
from app.web.leaving import while_there
from app.web.noted import Noted
from app.web.problems import Problem, unknown
from app.web.reader import Reader
from app.web.render import encoder, reader_of
from app.web.session import who
from app.web.short import offer
from app.web.stream import Emit, Streamed
from app.web.viewer import Viewer
from app.web.wishes import wishes

Frame = Callable[[str, bytes], bytes]
Load = Callable[[], AbstractAsyncContextManager[MemoryObjectReceiveStream[Landed]]]

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
    asked = question(request, viewer)
    shared = not live and media_type == _JSON
    if shared and (document := front.kept.find(asked)):
        offer(request, asked, document)
        return validated.answer(request, document)
    moment, noted = front.moment(live=live), Noted(front.cache)
    if shared and (document := await front.kept.joined(asked, moment.freshness.began, moment.deadline)):
        return validated.answer(request, document)
    await unless_gone(request)
    query, cards = front.question(request, viewer)
    account = front.account(viewer, moment, noted)
    await known(account, query.subscription_id)
    load = partial(loading, account, query, cards, moment.deadline)
    if media_type in _STREAMS:
        return Streamed(partial(_stream, request, account, load, _STREAMS[media_type]), media_type)

    async def make() -> Made:
        reader = reader_of(request)
        cards, landed = await _landed(load, reader)
        said = await _summary(front, account, landed)
        data: Mapping[str, object] = {**without_cards(said, reader), "cards": cards}
        changing = {name: data[name] for name in passing(said)}
        return made(validated.made(request, viewer, data, changing), noted, landed, said)

    async def had() -> Document:
        if not shared:
            return (await make()).document
        return await front.kept.get(asked, moment.freshness.began, moment.deadline, make)

    return validated.answer(request, await while_there(request, had))


async def _landed(load: Load, reader: Reader) -> tuple[Mapping[str, msgspec.Raw], list[Landed]]:
    """All cards in page order, each written while others are still on their way."""
    async with load() as arriving:
        found = [(each, written(each, reader)) async for each in arriving]
    found.sort(key=lambda each: WORDS.index(each[0].card.word))
    return {landed.card.word: card for landed, card in found}, [landed for landed, _ in found]


async def _summary(front: Desk, account: Account, landed: Iterable[Landed]) -> Summary:
    outcomes = {each.card.word: each.outcome for each in landed}
    return summary(await listing(account), outcomes, front.refresh_age, front.now())


async def _stream(request: Request, account: Account, load: Load, frame: Frame, emit: Emit) -> None:
    """Each card as it lands, and then what they say together."""
    reader, landed = reader_of(request), list[Landed]()
    async with load() as arriving:
        async for each in arriving:
            landed.append(each)
            message = {"card": each.card.word, **card_object(each.card, each.outcome)}
            await emit(frame("card", encoder(reader).encode(message)))
    closing = without_cards(await _summary(desk(request), account, landed), reader)
    await emit(frame("done", encoder(reader).encode({"done": True, **closing})))


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
