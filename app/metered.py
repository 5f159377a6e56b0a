"""Quantities of one subscription, by metric and day: what of them Orb itself totals, and what may not be summed.

Orb does not tell which metrics count uniques or peaks, whose days do not add up: a total is Orb's own, or the groups
of a metric prove that it adds up, or there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from app.days import DayName, Period, day_of
from app.labels import Label, value_label
from app.listing import Nothing
from app.money import Quantity, total
from app.orb import wire
from app.orb.errors import OrbError
from app.orb.usage import Bucket, GroupedUsage, GroupUsage, MetricUsage, Usage, adds_up, whole
from app.query import Query
from app.reading import Reading
from app.sentences import sentence
from app.words import Text

_MOMENT = timedelta(microseconds=1)

_RUNNING = Text("Days do not always add up to a total. The running totals have it.")
_OTHER_DAYS = Text("Days do not always add up to a total. It is known for the billing period alone.")
_GROUPS_OTHER_DAYS = Text("Groups are counted over the billing period alone: their days do not always add up.")


@dataclass(frozen=True, slots=True)
class UsageDay:
    """One bucket as Orb cut it; in cumulative view, the billing period up to the end of the day. `partial` marks the
    day that is not over.
    """

    start: datetime
    end: datetime
    label: DayName
    quantity: Quantity
    partial: bool


@dataclass(frozen=True, slots=True)
class UsageGroup:
    """One value of the property. `key` is Orb's string untouched."""

    key: str
    label: Label | Text
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Way:
    """Where else the question is answered."""

    kind: str
    href: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One billable metric. Without `total` there is `total_reason`; groups are None unless they were asked for, and
    where they cannot be had: then `groups_reason`. `adds_up` says that groups were seen to add up, as those of sums
    and counts do; others may overlap.
    """

    billable_metric_id: str
    name: str
    total: Quantity | None
    total_reason: Text | None
    days: tuple[UsageDay, ...]
    groups: tuple[UsageGroup, ...] | None = None
    has_more: bool = False
    adds_up: bool = False
    groups_reason: Text | None = None
    ways: tuple[Way, ...] = ()

    @property
    def used(self) -> bool:
        return any(day.quantity.value for day in self.days) or bool(self.total and self.total.value)


@dataclass(frozen=True, slots=True)
class SubscriptionUsage:
    """One subscription's metrics. `period` is the whole axis, days to come included; `window` what has figures."""

    subscription_id: str
    name: str
    status: str
    code: str | None = None
    message: Text | None = None
    period: Period | None = None
    window: Period | None = None
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One subscription's usage over `window`, on `axis`. `bill` is its bill so far, where that is at hand and
    covers the same days.
    """

    subscription: wire.Subscription
    axis: Period
    window: Period
    bill: Reading[Any] | None = None


# The groups of one metric as Orb gave them, or why there are none.
Groups = GroupedUsage | Nothing | OrbError


def totalling(question: Question) -> str:
    """The view in which Orb itself counts each group over the whole window, where there is one."""
    period = question.subscription.period
    inside = period is not None and period.start == question.window.start
    return "cumulative" if inside else "periodic"


def view(
    question: Question, usage: Usage, groups: Mapping[str, Groups], query: Query, zone: ZoneInfo, now: datetime
) -> SubscriptionUsage:
    """One subscription's metrics for people; `groups` are those of each metric, where they were asked for."""
    metrics = tuple(_metric(question, row, groups.get(row.billable_metric.id), query, zone, now) for row in usage.data)
    own = (question.subscription.id, question.subscription.title)
    if not any(metric.used for metric in metrics):
        return SubscriptionUsage(
            *own, "empty", "no_usage", sentence("no_usage_then" if query.timeframe_start else "not_used")
        )
    return SubscriptionUsage(*own, "ready", period=question.axis, window=question.window, metrics=metrics)


def _metric(
    question: Question, row: MetricUsage, groups: Groups | None, query: Query, zone: ZoneInfo, now: datetime
) -> Metric:
    counted, reason = _total(question, row, groups, query)
    found = Metric(
        row.billable_metric.id,
        row.billable_metric.name,
        None if counted is None else Quantity(counted),
        reason,
        tuple(_day(bucket, query.view_mode, zone, now) for bucket in row.usage),
        ways=(_by_running_totals(query),) if reason == _RUNNING else (),
    )
    return found if groups is None else _with_groups(found, question, groups, query)


def _day(bucket: Bucket, view_mode: str, zone: ZoneInfo, now: datetime) -> UsageDay:
    # A cumulative bucket begins with the period: the day that it stands for is the one that it ends with.
    moment = bucket.timeframe_end - _MOMENT if view_mode == "cumulative" else bucket.timeframe_start
    return UsageDay(
        bucket.timeframe_start,
        bucket.timeframe_end,
        DayName(day_of(moment, zone)),
        Quantity(bucket.quantity),
        bucket.timeframe_end > now,
    )


def _total(
    question: Question, row: MetricUsage, groups: Groups | None, query: Query
) -> tuple[Decimal | None, Text | None]:
    """What the window comes to by Orb's own count, or why there is none.

    Days are summed for a metric alone whose groups prove that it adds up.
    """
    told = whole(row.usage, query.view_mode, question.window)
    if told is None:
        told = billed(question, row)
    if told is None and query.view_mode == "periodic" and _proven(question, groups, row.billable_metric.id, query):
        told = total([bucket.quantity for bucket in row.usage])
    if told is not None:
        return told, None
    runs = query.view_mode == "periodic" and totalling(question) == "cumulative"
    return None, _RUNNING if runs else _OTHER_DAYS


def billed(question: Question, row: MetricUsage) -> Decimal | None:
    """What the bill counts of this metric, where it is at hand."""
    period = question.subscription.period
    if question.bill is None or period is None:
        return None
    line = question.bill.value.line_of(row.billable_metric.id, period)
    return line.quantity if line else None


def _proven(question: Question, groups: Groups | None, metric: str, query: Query) -> bool:
    return isinstance(groups, GroupedUsage) and adds_up(groups, question.subscription, metric, query.group_by)


def _with_groups(metric: Metric, question: Question, groups: Groups, query: Query) -> Metric:
    """The metric with its largest groups; where there are none, why, and where else the question is answered."""
    if isinstance(groups, OrbError):
        return replace(metric, groups_reason=sentence(groups.code))
    if isinstance(groups, Nothing):
        return replace(metric, groups_reason=sentence(groups.why or groups.code), ways=(*metric.ways, _by_cost(query)))
    summed = _proven(question, groups, metric.billable_metric_id, query)
    counted = [(row.metric_group.property_value, _of_group(row, question, summed=summed)) for row in groups.data]
    known = [(key, quantity) for key, quantity in counted if quantity is not None]
    if len(known) < len(counted):
        return replace(metric, groups_reason=_GROUPS_OTHER_DAYS, ways=(*metric.ways, _by_cost(query)))
    ranked = sorted(known, key=lambda group: -group[1])
    more = len(ranked) > query.limit or (groups.pagination_metadata is not None and groups.pagination_metadata.has_more)
    shown = tuple(
        UsageGroup(key, value_label(query.group_by, key), Quantity(amount)) for key, amount in ranked[: query.limit]
    )
    return replace(metric, groups=shown, has_more=more, adds_up=summed)


def _of_group(row: GroupUsage, question: Question, *, summed: bool) -> Decimal | None:
    told = whole(row.usage, row.view_mode, question.window)
    if told is None and summed and row.view_mode == "periodic":
        return total([bucket.quantity for bucket in row.usage])
    return told


def _by_cost(query: Query) -> Way:
    """Cost by the same property: that adds up whatever the metric is."""
    return Way("breakdown", f"/?{urlencode({'cards': 'breakdown', 'group_by': query.group_by, **_chosen(query)})}")


def _by_running_totals(query: Query) -> Way:
    """The same in cumulative view, whose last day Orb itself counts from the start of the period."""
    return Way("cumulative", f"/cards/usage?{urlencode({'view_mode': 'cumulative', **_chosen(query)})}")


def _chosen(query: Query) -> dict[str, str]:
    """The days and the subscription that the query chose."""
    chosen = {name: getattr(query, name) for name in ("timeframe_start", "timeframe_end", "subscription_id")}
    return {name: str(value) for name, value in chosen.items() if value is not None}
