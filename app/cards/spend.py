"""What usage costs by day, at list price: Orb's own buckets, never cut anew.

Source: the cost series of the subscription, or of the customer where several are shown; the figure is the
subtotal, before discounts, minimums, credits and tax.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from app.account.account import Account
from app.cache.cache import Answer
from app.cards.base import Card, Links, Outcome, Table, empty, links, ready, sentence
from app.days import DayName, Period, day_of
from app.listing import Listing
from app.money import Money, Unit, unit
from app.orb import wire
from app.orb.errors import Malformed, OrbError
from app.query import Query
from app.together import settled
from app.words import Text

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PriceSubtotal:
    price_id: str
    name: str
    subtotal: wire.Subtotal


@dataclass(frozen=True, slots=True)
class SpendDay:
    """One bucket as Orb cut it. `partial` marks the day that is not over; `total` is there in cumulative view."""

    start: datetime
    end: datetime
    label: DayName
    subtotal: wire.Subtotal
    total: Money | None
    partial: bool
    prices: tuple[PriceSubtotal, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A subscription whose cost is in a series."""

    subscription_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Series:
    """The days of one unit; none when they could not be had: `status` is `failed` then, and `code` says why.

    `unit` is empty where Orb does not tell it. `subtotal` is None where the buckets do not add up to one figure.
    `adjusted` says that a minimum, maximum or discount applies: then days do not add up to the bill.
    `period` is the whole axis, future days included. `subscriptions` are those that are in the series.
    """

    view_mode: str
    unit: str
    period: Period
    days: tuple[SpendDay, ...]
    subtotal: wire.Subtotal | None
    adjusted: bool
    subscriptions: tuple[Member, ...]
    status: str = "ready"
    code: str | None = None
    message: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend(Series):
    """The first series that could be had, and all others beside it; nothing is summed across units."""

    other_units: tuple[Series, ...]
    links: Links


@dataclass(frozen=True, slots=True)
class Question:
    """One cost series to ask for: which subscriptions are in it, over which window, on which axis."""

    members: tuple[wire.Subscription, ...]
    currency: str | None
    window: Period
    axis: Period
    rolled_up: bool

    @property
    def unit(self) -> str | None:
        return self.currency or self.members[0].currency


# One series, None when it has no bucket, and the answer that it rests on.
_Found = tuple[Series | None, Answer[wire.Costs]]


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    shown = listing.shown(query.subscription_id)
    questions = _questions(account, listing, shown, query)
    outcomes = await settled(OrbError, *(partial(_found, account, each, query, listing.zone) for each in questions))
    answers = [outcome[1] for outcome in outcomes if not isinstance(outcome, OrbError)]
    error = next((outcome for outcome in outcomes if isinstance(outcome, OrbError)), None)
    parts = [_part(question, outcome, query) for question, outcome in zip(questions, outcomes, strict=True)]
    series = [part for part in parts if part is not None]
    if not any(day.subtotal.amount for each in series for day in each.days):
        if error is not None:
            raise error
        return empty(listing, "no_usage", "other_currency" if query.currency else None, answers)
    first = next(each for each in series if each.status == "ready")
    own: dict[str, Any] = {each.name: getattr(first, each.name) for each in fields(first)}
    others = tuple(each for each in series if each is not first)
    return ready(listing, Spend(**own, other_units=others, links=links(shown)), answers, whole=error is None)


def _questions(account: Account, listing: Listing, shown: Sequence[wire.Subscription], query: Query) -> list[Question]:
    """One series for a single subscription; one per currency for all of several; one each for some of them."""
    rolled_up = account.rolls_up(listing, shown)
    if rolled_up:
        units = list(dict.fromkeys(each.currency for each in shown))
        asked = [(tuple(each for each in shown if each.currency == code), code) for code in units]
        asked = [(members, code) for members, code in asked if query.currency in (None, code)]
    else:
        asked = [((each,), query.currency) for each in shown]
    found = []
    for members, currency in asked:
        axis = listing.axis(_hull(members), query.timeframe_start, query.timeframe_end)
        window = account.so_far(listing, axis)
        if axis is not None and window is not None:
            found.append(Question(members, currency, window, axis, rolled_up))
    return found


def _hull(members: Sequence[wire.Subscription]) -> Period | None:
    """From the earliest start to the latest end of their current periods."""
    periods = [each.period for each in members if each.period]
    if not periods:
        return None
    return Period(min(each.start for each in periods), max(each.end for each in periods))


async def _found(account: Account, question: Question, query: Query, zone: ZoneInfo) -> _Found:
    answer = await _ask(account, question, query.view_mode)
    costs = answer.reading.value
    return view(question, costs, query, zone, account.now) if costs.data else None, answer


def _part(question: Question, outcome: _Found | OrbError, query: Query) -> Series | None:
    if not isinstance(outcome, OrbError):
        return outcome[0]
    return Series(
        query.view_mode,
        unit(question.unit).code if question.unit else "",
        question.axis,
        (),
        None,
        adjusted=False,
        subscriptions=_members(question),
        status="failed",
        code=outcome.code,
        message=sentence(outcome.code),
    )


def _members(question: Question) -> tuple[Member, ...]:
    return tuple(Member(each.id, each.title) for each in question.members)


async def _ask(account: Account, question: Question, view_mode: str) -> Answer[wire.Costs]:
    if not question.rolled_up:
        (only,) = question.members
        return await account.subscription_costs(only, view_mode, question.window, question.currency)
    if question.currency is None:
        raise Malformed("a plan without a currency")
    return await account.customer_costs(view_mode, question.window, question.currency)


def view(question: Question, costs: wire.Costs, query: Query, zone: ZoneInfo, now: datetime) -> Series:
    """One unit's series for people; `costs` has at least one bucket."""
    if question.unit is None:
        raise Malformed("a plan without a currency")
    counted = unit(question.unit)
    aligned = all(each.period and each.period.start == question.window.start for each in question.members)
    subtotal = wire.subtotal_of(costs, query.view_mode, aligned=aligned)
    return Series(
        query.view_mode,
        counted.code,
        question.axis,
        tuple(_day(cost, query.view_mode == "cumulative", counted, zone, now) for cost in costs.data),
        None if subtotal is None else wire.Subtotal(subtotal, counted),
        any(cost.subtotal != cost.total for cost in costs.data),
        _members(question),
    )


def _day(cost: wire.Cost, cumulative: bool, counted: Unit, zone: ZoneInfo, now: datetime) -> SpendDay:
    # A cumulative bucket begins with the period: the day that it stands for is the one that it ends with.
    moment = cost.timeframe_end - _MOMENT if cumulative else cost.timeframe_start
    return SpendDay(
        cost.timeframe_start,
        cost.timeframe_end,
        DayName(day_of(moment, zone)),
        wire.Subtotal(cost.subtotal, counted),
        Money(cost.total, counted) if cumulative else None,
        cost.timeframe_end > now,
        tuple(
            PriceSubtotal(each.price.id, each.price.name, wire.Subtotal(each.subtotal, counted))
            for each in cost.per_price_costs
        ),
    )


def table(data: Spend) -> Table:
    """Every price of every day, in Orb's buckets."""
    columns = ("timeframe_start", "timeframe_end", "price_id", "price", "subtotal", "unit", "view_mode", "period")
    rows = (
        (day.start, day.end, price.price_id, price.name, price.subtotal, series.unit, series.view_mode, series.period)
        for series in (data, *data.other_units)
        for day in series.days
        for price in day.prices
    )
    return Table(columns, tuple(rows))


CARD = Card("spend", Text("Cost by day"), "subtotal", load, table)
