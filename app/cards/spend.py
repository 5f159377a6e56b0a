"""What usage costs by day, at list price: Orb's own buckets, never cut anew.

Source: the cost series of the subscription, or of the customer where several are shown; the figure is the
subtotal, before discounts, minimums, credits and tax. Beside running totals, the thresholds of the subscription's
alerts that count the same.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import anyio

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Card, Links, Outcome, Row, Table, empty, links, ready
from app.days import Period
from app.listing import Listing
from app.money import unit
from app.orb import wire
from app.orb.alerts import Alert
from app.orb.errors import OrbError
from app.query import Query
from app.questions import ask, before, questions
from app.sentences import sentence
from app.series import Question, Series, SpendDay, compared, members, view
from app.thresholds import of_spend
from app.together import settled
from app.words import Text

_BRIEFLY = 0.5  # seconds that running totals wait for what is drawn beside them, or as long as their figures take


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend(Series):
    """The first series that could be had, and all others beside it; nothing is summed across units."""

    other_units: tuple[Series, ...]
    links: Links


# One series, None when there is nothing to show of it, and the answers that it rests on.
_Found = tuple[Series | None, list[Answer[wire.Costs]]]


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    shown = listing.shown(query.subscription_id)
    asked = questions(account, listing, shown, query)
    outcomes = await settled(OrbError, *(partial(_found, account, listing, each, query) for each in asked))
    answers = [answer for outcome in outcomes if not isinstance(outcome, OrbError) for answer in outcome[1]]
    error = next((outcome for outcome in outcomes if isinstance(outcome, OrbError)), None)
    parts = [_part(question, outcome, query) for question, outcome in zip(asked, outcomes, strict=True)]
    series = [part for part in parts if part is not None]
    if not any(day.subtotal.amount for each in series for day in each.days):
        if error is not None:
            raise error
        return empty(listing, "no_usage", _why_none(listing, query), answers)
    first = next(each for each in series if each.status == "ready")
    own: dict[str, Any] = {each.name: getattr(first, each.name) for each in fields(first)}
    others = tuple(each for each in series if each is not first)
    return ready(listing, Spend(**own, other_units=others, links=links(shown)), answers, whole=error is None)


def _why_none(listing: Listing, query: Query) -> str | None:
    if query.currency:
        return "other_currency"
    if listing.customer and listing.customer.parent:
        return "with_parent"
    return "no_cost_then" if query.timeframe_start else None


async def _found(account: Account, listing: Listing, question: Question, query: Query) -> _Found:
    earlier = before(question, listing) if query.compare else None
    wait, briefly = anyio.CancelScope(), anyio.current_time() + _BRIEFLY

    async def figures() -> tuple[Answer[wire.Costs], Answer[wire.Costs] | None]:
        try:
            return await _both(account, question, query, earlier)
        finally:
            wait.deadline = max(briefly, anyio.current_time())

    async def beside() -> tuple[Alert, ...]:
        with wait:
            return await _alerts(account, question, query)
        return ()

    found: list[Any] = await settled(OrbError, figures, beside)
    if isinstance(found[0], OrbError):
        raise found[0]
    (answer, past), alerts = found
    costs = answer.reading.value
    answers = [each for each in (answer, past) if each]
    if not costs.data or (question.beside and not any(cost.subtotal for cost in costs.data)):
        return None, answers
    series = view(question, costs, query.view_mode, listing.zone, account.now)
    if alerts and all(day.start == question.window.start for day in series.days):
        series = replace(series, thresholds=of_spend(alerts, unit(series.unit)))
    if earlier is None or past is None:
        return series, answers
    previous = view(earlier, past.reading.value, "periodic", listing.zone, account.now)
    return replace(series, previous=compared(series, previous)), answers


async def _alerts(account: Account, question: Question, query: Query) -> tuple[Alert, ...]:
    """The alerts that may count what the running totals of one subscription do; none where they cannot be had."""
    (first, *others), allowed = question.members, "alerts" in account.scope
    current = first.period is not None and question.window.start == first.period.start
    if query.view_mode != "cumulative" or not allowed or others or question.rolled_up or not current:
        return ()
    with suppress(OrbError):
        return (await account.late().subscription_alerts(first)).reading.value.data
    return ()


async def _both(
    account: Account, question: Question, query: Query, earlier: Question | None
) -> tuple[Answer[wire.Costs], Answer[wire.Costs] | None]:
    """The answer, and that for the days before where they are asked for; one that fails fails both."""
    if earlier is None:
        return await ask(account, question, query.view_mode), None
    outcomes = await settled(
        OrbError, partial(ask, account, question, query.view_mode), partial(ask, account, earlier, "periodic")
    )
    for outcome in outcomes:
        if isinstance(outcome, OrbError):
            raise outcome
    return outcomes[0], outcomes[1]  # type: ignore[return-value]


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
        subscriptions=members(question),
        status="failed",
        code=outcome.code,
        message=sentence(outcome.code),
    )


def table(data: Spend) -> Table:
    """Every price of every day, in Orb's buckets; those of the days before below them, where they are shown."""
    of_series = ("subscription_id", "subscription")
    columns = (
        *of_series,
        "timeframe_start",
        "timeframe_end",
        "price_id",
        "price",
        "subtotal",
        "unit",
        "view_mode",
        "period",
    )
    return Table(columns, tuple(row for series in (data, *data.other_units) for row in _rows(series)))


def _rows(series: Series) -> Iterator[Row]:
    # A series of several together has no id of one, but their names.
    only = series.subscriptions[0].subscription_id if len(series.subscriptions) == 1 else None
    own = (only, ", ".join(each.name for each in series.subscriptions))
    yield from (own + row for row in _of_days(series.days, series.unit, series.view_mode, series.period))
    if series.previous:
        past = series.previous
        yield from (own + row for row in _of_days(past.days, series.unit, "periodic", past.period))


def _of_days(days: tuple[SpendDay, ...], code: str, view_mode: str, period: Period) -> Iterator[Row]:
    for day in days:
        for price in day.prices:
            yield day.start, day.end, price.price_id, price.name, price.subtotal, code, view_mode, period


CARD = Card("spend", Text("Cost by day"), "subtotal", load, table)
