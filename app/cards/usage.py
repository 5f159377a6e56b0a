"""How much was used, by day and metric: quantities, never money, in Orb's own buckets.

Source: the usage of each subscription.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Card, Outcome, Row, Table, empty, of_parts
from app.labels import Label, property_label
from app.listing import Listing, Nothing
from app.metered import Groups, Question, SubscriptionUsage, billed, totalling, view
from app.orb import wire
from app.orb.errors import OrbError
from app.orb.usage import GroupedUsage, Usage
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.words import Text

_AT_ONCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class UsageByDay:
    """`group_by` and its `label` are there when groups were asked for."""

    view_mode: str
    group_by: str | None
    label: Label | None
    subscriptions: tuple[SubscriptionUsage, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """One subscription's part, the answers that it rests on, and the first error among those."""

    part: SubscriptionUsage
    answers: tuple[Answer[Any], ...]
    error: OrbError | None = None


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    asked = [_question(account, listing, each, query) for each in listing.shown(query.subscription_id)]
    questions = [question for question in asked if question is not None]
    if not questions:
        return empty(listing, "no_usage", "no_usage_then" if query.timeframe_start else "not_used")
    outcomes = await settled(OrbError, *(partial(_find, account, each, query, listing.zone) for each in questions))
    parts = [_part(question.subscription, outcome) for question, outcome in zip(questions, outcomes, strict=True)]
    found = [outcome for outcome in outcomes if not isinstance(outcome, OrbError)]
    errors = [outcome if isinstance(outcome, OrbError) else outcome.error for outcome in outcomes]
    answers = [answer for each in found for answer in each.answers]
    error = next((error for error in errors if error), None)
    return of_parts(listing, _data(query, parts), parts, answers, error)


def _data(query: Query, parts: Sequence[SubscriptionUsage]) -> UsageByDay:
    if not query.grouped:
        return UsageByDay(query.view_mode, None, None, tuple(parts))
    label = property_label(query.group_by, query.group_label)
    return UsageByDay(query.view_mode, query.group_by, label, tuple(parts))


def _question(account: Account, listing: Listing, each: wire.Subscription, query: Query) -> Question | None:
    axis = listing.axis(each.period, query.timeframe_start, query.timeframe_end)
    window = account.so_far(listing, axis)
    if axis is None or window is None:
        return None
    same_days = window == account.so_far(listing, each.period)
    bill = account.kept_invoice(each) if same_days and query.view_mode == "periodic" else None
    return Question(each, axis, window, bill if bill and isinstance(bill.value, wire.Invoice) else None)


def _part(subscription: wire.Subscription, outcome: _Found | OrbError) -> SubscriptionUsage:
    if isinstance(outcome, OrbError):
        return SubscriptionUsage(subscription.id, subscription.title, "failed", outcome.code, sentence(outcome.code))
    return outcome.part


async def _find(account: Account, question: Question, query: Query, zone: ZoneInfo) -> _Found:
    usage = await account.subscription_usage(question.subscription, query.view_mode, question.window)
    if question.bill and abs(question.bill.since - usage.reading.since) > _AT_ONCE:
        question = replace(question, bill=None)  # what it counts is of another moment than the days
    groups = await _groups(account, question, query, usage.reading.value) if query.grouped else {}
    part = view(
        question, usage.reading.value, {each: _value(asked) for each, asked in groups.items()}, query, zone, account.now
    )
    answers: list[Answer[Any]] = [usage, *(asked for asked in groups.values() if isinstance(asked, Answer))]
    if question.bill and any(billed(question, each) is not None for each in usage.reading.value.data):
        answers.append(Answer(question.bill))
    return _Found(part, tuple(answers), next((each for each in groups.values() if isinstance(each, OrbError)), None))


async def _groups(
    account: Account, question: Question, query: Query, usage: Usage
) -> dict[str, Answer[GroupedUsage | Nothing] | OrbError]:
    """The groups of every metric that has usage: one question each."""
    used = [row.billable_metric.id for row in usage.data if any(each.quantity for each in row.usage)]
    ask = partial(account.grouped_usage, question.subscription)
    rest = (query.group_by, totalling(question), question.window)
    outcomes = await settled(OrbError, *(partial(ask, metric, *rest) for metric in used))
    return dict(zip(used, outcomes, strict=True))


def _value(asked: Answer[GroupedUsage | Nothing] | OrbError) -> Groups:
    return asked if isinstance(asked, OrbError) else asked.reading.value


def table(data: UsageByDay) -> Table:
    """Every day of every metric, in Orb's buckets, then the groups that are shown."""
    own = ("subscription_id", "subscription", "billable_metric_id", "metric", "group_by", "group")
    columns = (*own, "timeframe_start", "timeframe_end", "quantity", "view_mode", "period")
    return Table(columns, tuple(row for part in data.subscriptions for row in _rows(data, part)))


def _rows(data: UsageByDay, part: SubscriptionUsage) -> Iterator[Row]:
    for metric in part.metrics:
        own = (part.subscription_id, part.name, metric.billable_metric_id, metric.name)
        for day in metric.days:
            yield (*own, None, None, day.start, day.end, day.quantity, data.view_mode, part.period)
        for group in metric.groups or ():
            if part.window:
                window = (part.window.start, part.window.end)
                yield (*own, data.group_by, group.key, *window, group.quantity, None, part.period)


CARD = Card("usage", Text("Usage by day"), "usage", load, table, late=True)
