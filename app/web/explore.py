"""Explore: freeform analytics, and what more usage would cost. Nothing runs until somebody asks it to."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.account.account import Account
from app.account.evaluated import OwnPrice
from app.asking import Asked, BadQuestion
from app.cards import explore
from app.cards.base import Cell, failed
from app.cards.explore import Exploration, UnknownPrice, earliest
from app.dashboard import period_now
from app.days import day_of, zone
from app.listing import Listing
from app.orb.errors import Invalid, OrbError
from app.query import BadQuery
from app.web import asked_form, asked_json, body
from app.web.api import needs
from app.web.asked_form import LABELS, Form
from app.web.desk import Desk, desk
from app.web.leaving import while_there
from app.web.problems import Problem, unavailable, unknown
from app.web.render import encoder, reader_of, words
from app.web.session import who
from app.web.sheet import write
from app.web.turns import NotYet
from app.web.viewer import Viewer
from app.words import Text

# Somebody asked and is watching, and Orb says that it may take seconds: longer than a card may wait, and shorter than
# the minute after which what stands between them and us hangs up.
_PATIENCE = 30
_MOST_FIELDS = 400
_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)

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
    content = await body.read(request, body.JSON)
    try:
        asked = asked_json.asked(content, front.grouping_keys)
        data = await _answered(request, front, front.account(viewer, front.moment()), asked)
    except (BadQuestion, UnknownPrice, NotYet, OrbError) as error:
        raise _problem(error) from None
    return Response(encoder(reader_of(request, viewer)).encode(data), media_type=body.JSON)


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


class Page:
    """The page of one reader: a form, and under it what came of it."""

    def __init__(self, request: Request, front: Desk, viewer: Viewer, found: Form) -> None:
        self._front = front
        self._viewer = viewer
        self._reader = reader_of(request, viewer)
        self._form = found
        self._listing: Listing | None = None
        self._prices: tuple[OwnPrice, ...] = ()
        self._failure: OrbError | None = None
        self.account = front.account(viewer, front.moment())

    async def load(self) -> None:
        """Asks which prices there are. When Orb does not say, the page does."""
        try:
            self._listing, self._prices = await self.account.listing(), await self.account.prices()
        except OrbError as error:
            self._failure = error

    def asked(self) -> Asked:
        """The question that was filled in. Raises BadQuestion."""
        keys = self._front.grouping_keys
        if not self._form.is_estimate:
            return asked_form.asked(self._form, keys, self._days())
        today = self._today()
        return asked_form.estimate(self._form, keys, self._front.now(), (today, today + _DAY))

    def answer(self, data: Exploration | None = None, problem: Problem | None = None) -> Response:
        front, found = self._front, self._listing
        if problem is None and self._failure is not None:
            problem = unavailable(failed(self._failure))
        start, end = self._days()
        html = front.templates.get_template("explore.html").render(
            words(self._reader),
            scope=self._viewer.scope,
            sandbox=front.invented is not None,
            place="explore",
            again="",
            listing=found,
            period=period_now(found, front.now()) if found else None,
            timezone=self._timezone,
            form=self._form,
            prices=self._prices,
            titles={price.id: price.subscriptions for price in self._prices},
            several=len({each for price in self._prices for each in price.subscriptions}) > 1,
            keys=front.grouping_keys,
            comparisons=asked_form.comparisons(),
            start=start,
            end=end,
            first=self._first(),
            data=data,
            problem=problem,
        )
        headers = {} if problem is None or problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
        return HTMLResponse(html, problem.status if problem else 200, headers=headers)

    def sheet(self, data: Exploration) -> Response:
        """The answer as a file, with what every figure rests on in each row."""
        common: dict[str, Cell] = {
            "basis": "estimate" if data.estimate else data.basis,
            "period": data.window,
            "timezone": data.timezone,
            "as_of": data.as_of,
        }
        headers = {"Content-Disposition": 'attachment; filename="explore.csv"'}
        return Response(write(explore.table(data), common, self._reader), media_type="text/csv", headers=headers)

    @property
    def _timezone(self) -> str:
        return self._listing.zone.key if self._listing else "UTC"

    def _today(self) -> date:
        return day_of(self._front.now(), zone(self._timezone))

    def _first(self) -> date:
        """The first day of which all prices may be asked about."""
        place = zone(self._timezone)
        bounds = [day_of(each.since - _INSTANT, place) + _DAY for each in self._prices if each.since]
        return max([earliest(self._front.now(), place), *bounds])

    def _days(self) -> tuple[date, date]:
        """What the form starts with: the billing period so far, or the last thirty days."""
        today, period = self._today(), self._listing.period if self._listing else None
        start = day_of(period.start, zone(self._timezone)) if period else today - timedelta(days=29)
        return min(max(start, self._first()), today), today + _DAY
