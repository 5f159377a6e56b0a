"""Usage as Orb tells it: how much of each billable metric, day by day, whole or by one event property."""

from decimal import Decimal

from app.days import Period
from app.orb.decode import Amount, Answer, Instant
from app.orb.wire import Paging, Subscription


class BillableMetric(Answer, frozen=True, gc=False):
    id: str
    name: str


class Bucket(Answer, frozen=True, gc=False):
    """One day as Orb cut it, or in cumulative view the billing period up to the end of that day."""

    quantity: Amount
    timeframe_start: Instant
    timeframe_end: Instant


class MetricUsage(Answer, frozen=True, gc=False):
    billable_metric: BillableMetric
    view_mode: str
    usage: tuple[Bucket, ...]


class Usage(Answer, frozen=True, gc=False):
    data: tuple[MetricUsage, ...]


class MetricGroup(Answer, frozen=True, gc=False):
    """One value of an event property."""

    property_key: str
    property_value: str


class GroupUsage(Answer, frozen=True, gc=False):
    billable_metric: BillableMetric
    metric_group: MetricGroup
    view_mode: str
    usage: tuple[Bucket, ...]


class GroupedUsage(Answer, frozen=True, gc=False):
    data: tuple[GroupUsage, ...]
    pagination_metadata: Paging | None = None


def whole(buckets: tuple[Bucket, ...], view_mode: str, window: Period) -> Decimal | None:
    """What Orb itself says that `window` comes to; None where it gives days alone, which need not add up.

    It says so in a single day that is the whole window, and in the last of the running totals that begin with it.
    """
    if view_mode == "periodic":
        only = [each for each in buckets if (each.timeframe_start, each.timeframe_end) == (window.start, window.end)]
        return only[0].quantity if len(buckets) == 1 and only else None
    if not buckets or any(each.timeframe_start != window.start for each in buckets):
        return None
    return max(buckets, key=lambda each: each.timeframe_end).quantity


def adds_up(found: GroupedUsage, subscription: Subscription, metric: str, key: str) -> bool:
    """Whether these groups prove that the metric adds up from its parts, as sums and counts do.

    Orb groups one that does not (unique counts, peaks) by its prices' `invoice_grouping_key` and by nothing else.
    """
    prices = [each.price for each in subscription.price_intervals]
    keys = {each.invoice_grouping_key for each in prices if each.billable_metric and each.billable_metric.id == metric}
    return bool(found.data) and bool(keys) and key not in keys
