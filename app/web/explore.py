"""Explore: freeform analytics, and what more usage would cost. Nothing runs until somebody asks it to."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from app.account.account import Account
from app.asking import Asked, BadQuestion
from app.cards import explore
from app.cards.base import failed
from app.cards.explore import Exploration, UnknownPrice
from app.orb.errors import Invalid, OrbError
from app.query import BadQuery
from app.web import asked_form, asked_json, body
from app.web.api import needs
from app.web.asked_form import LABELS
from app.web.desk import Desk, desk
from app.web.explore_page import Page
from app.web.leaving import while_there
from app.web.lists import parameters
from app.web.problems import Problem, unavailable, unknown
from app.web.render import encoder, reader_of
from app.web.session import who
from app.web.turns import NotYet
from app.words import Text

# Somebody asked and is watching, and Orb says that it may take seconds: longer than a card may wait, and shorter than
# the minute after which what stands between them and us hangs up.
_PATIENCE = 30
_MOST_FIELDS = 400

_REFUSED = Text(
    "The billing system cannot answer this. A value may not fit its property, or the days may be too far back."
)
_TURNS = {
    "busy": Text("Another query of this account is still running. Try again when it is done."),
    "too_many": Text("That was six queries within a minute. Try again in a moment."),
}


async def show(request: Request) -> Response:
    """`GET /explore`: the form as its address fills it in. Asks Orb for the list of subscriptions alone."""
    viewer, front = who(request), desk(request)
    needs(viewer, "explore")
    found = asked_form.form(request.query_params.multi_items())
    page = Page(request, front, viewer, found)
    await page.load()
    try:
        if found.fields:
            page.asked()
    except BadQuestion as error:
        return page.answer(problem=_problem(error, LABELS))
    return page.answer()


async def run(request: Request) -> Response:
    """`POST /explore`: runs what was filled in; the answer under the form, or as a file."""
    viewer, front = who(request), desk(request)
    needs(viewer, "explore")
    parameters(request, {})
    found = asked_form.form(_pairs(await body.read(request, body.FORM)))
    if found["format"]:
        needs(viewer, "export")
    page = Page(request, front, viewer, found)
    await page.load()
    try:
        data = await _answered(request, front, page.account, page.asked())
    except (BadQuestion, UnknownPrice, NotYet, OrbError) as error:
        return page.answer(problem=_problem(error, LABELS))
    return page.sheet(data) if found["format"] else page.answer(data)


async def answer(request: Request) -> Response:
    """`POST /api/explore`: the same for programs."""
    viewer, front = who(request), desk(request)
    needs(viewer, "explore")
    parameters(request, {})
    content = await body.read(request, body.JSON)
    try:
        asked = asked_json.asked(content, front.grouping_keys)
        data = await _answered(request, front, front.account(viewer, front.moment()), asked)
    except (BadQuestion, UnknownPrice, NotYet, OrbError) as error:
        raise _problem(error) from None
    return Response(encoder(reader_of(request)).encode(data), media_type=body.JSON)


async def _answered(request: Request, front: Desk, account: Account, asked: Asked) -> Exploration:
    """What Orb makes of the question, in this customer's turn, as long as somebody waits for it."""
    question = await explore.question(account, asked, front.grouping_keys)
    customer = (await account.listing()).customer
    if customer is None:
        raise UnknownPrice
    with front.turns.turn(customer.id):
        deadline = max(_PATIENCE, front.patience)
        return await while_there(request, partial(explore.run, account, question, deadline))


def _problem(error: Exception, labels: Mapping[str, Text] | None = None) -> Problem:
    """Why there is no answer; with `labels` in the words of the form."""
    match error:
        case BadQuestion():
            return Problem(400, "bad_query", error.text if labels is None else error.named(labels))
        case UnknownPrice():
            return unknown()
        case NotYet():
            return Problem(429, error.code, _TURNS[error.code], error.retry_after)
        case Invalid():
            return Problem(400, "refused", _REFUSED)
    return unavailable(failed(error))


def _pairs(content: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadQuery("the form cannot be read") from None
