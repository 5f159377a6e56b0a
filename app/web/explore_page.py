"""The page of Explore: a form, what came of it, and the same as a file."""

from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.account.evaluated import OwnPrice
from app.asking import Asked
from app.cards import explore
from app.cards.base import Cell, failed
from app.cards.explore import Exploration, earliest
from app.dashboard import period_now
from app.days import day_of, zone
from app.listing import Listing
from app.orb.errors import OrbError
from app.web import asked_form
from app.web.asked_form import Form
from app.web.desk import Desk
from app.web.problems import Problem, unavailable
from app.web.render import reader_of, shared
from app.web.sheet import write
from app.web.viewer import Viewer

_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)


class Page:
    """The page of one reader: a form, and under it what came of it."""

    def __init__(self, request: Request, front: Desk, viewer: Viewer, found: Form) -> None:
        self._front = front
        self._viewer = viewer
        self._reader = reader_of(request)
        self._shared = shared(request)
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
            self._shared,
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
