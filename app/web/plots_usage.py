"""What the usage card's template draws: one small chart a metric, and one table for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.chart import Plot, Tick, bars, line, shares
from app.days import zone
from app.metered import Metric, SubscriptionUsage, UsageDay
from app.money import Quantity, total
from app.words import Text

_OPEN = 6  # more charts than these are folded away
_NARROWEST = 7  # columns: fewer days would be blocks
_SINGLE_DAYS = 92  # past a quarter single days are too narrow to point at


@dataclass(frozen=True, slots=True)
class UsagePlot:
    """`places` are the columns of the days, `ticks` the gridlines that have a name. `axis` has every day of the period;
    `today` is the column of the one that is not over, if that is far enough from the first and the last. `most` is the
    day that has most, more than nothing. `pointed` says that there is room to point at single days.
    """

    plot: Plot
    places: tuple[int, ...]
    ticks: tuple[Tick, ...]
    axis: list[date]
    today: int | None
    most: UsageDay | None
    pointed: bool


@dataclass(frozen=True, slots=True)
class Sorted:
    """A subscription's metrics: those that are seen at once, those that are folded away, those without usage."""

    shown: tuple[Metric, ...]
    folded: tuple[Metric, ...]
    unused: tuple[Metric, ...]


def metrics(part: SubscriptionUsage) -> Sorted:
    used = tuple(metric for metric in part.metrics if metric.used)
    unused = tuple(metric for metric in part.metrics if not metric.used)
    return Sorted(used[:_OPEN], used[_OPEN:], unused)


def metric(metric: Metric, part: SubscriptionUsage, view_mode: str, timezone: str) -> UsagePlot:
    """One metric's days over the whole period; running totals are a line, days are bars."""
    axis = _axis(part, timezone)
    places = tuple(axis.index(day.label.day) for day in metric.days)
    columns = max(len(axis), _NARROWEST)
    growing = view_mode == "cumulative"
    plot = line(_runs(metric.days, places), columns) if growing else _bars(metric.days, places, columns)
    return UsagePlot(
        plot,
        places,
        tuple(tick for tick in plot.ticks if tick.value == 0 or tick in (plot.ticks[0], plot.ticks[-1])),
        axis,
        _today(metric.days, places, columns),
        None if growing else _most(metric.days),
        len(metric.days) <= _SINGLE_DAYS,
    )


def _axis(part: SubscriptionUsage, timezone: str) -> list[date]:
    """The days of the whole period, one axis for all of its charts: a day lies where it lies in every one."""
    named = {day.label.day for metric in part.metrics for day in metric.days}
    return sorted({*(part.period.dates(zone(timezone)) if part.period else ()), *named})


def _bars(days: Sequence[UsageDay], places: Sequence[int], count: int) -> Plot:
    columns = [[Decimal(0)] for _ in range(count)]
    for place, day in zip(places, days, strict=True):
        # Two buckets of one day stand on each other.
        columns[place] = [total([*columns[place], day.quantity.value])]
    return bars(columns, count, frozenset(place for place, day in zip(places, days, strict=True) if day.partial))


def _runs(days: Sequence[UsageDay], places: Sequence[int]) -> list[tuple[int, list[Decimal]]]:
    """The running totals, one run for each billing period."""
    runs: dict[datetime, tuple[int, list[Decimal]]] = {}
    for place, day in zip(places, days, strict=True):
        runs.setdefault(day.start, (place, []))[1].append(day.quantity.value)
    return list(runs.values())


def _most(days: Sequence[UsageDay]) -> UsageDay | None:
    most = max(days, key=lambda day: day.quantity.value, default=None)
    return most if most is not None and most.quantity.value > 0 else None


def _today(days: Sequence[UsageDay], places: Sequence[int], count: int) -> int | None:
    place = next((place for place, day in zip(places, days, strict=True) if day.partial), None)
    if place is None or count == _NARROWEST:
        return None
    return place if 0.3 <= (place + 0.5) / count <= 0.7 else None


@dataclass(frozen=True, slots=True)
class UsageTable:
    """Every metric's quantity on every day that any of them has; None where a metric has no such day.

    `places` are the columns in which the charts draw the rows.
    """

    metrics: tuple[Metric, ...]
    rows: tuple[tuple[UsageDay, tuple[Quantity | None, ...]], ...]
    places: tuple[int, ...]


def table(part: SubscriptionUsage, timezone: str) -> UsageTable:
    """The figures behind the charts, a row a bucket."""
    used = tuple(metric for metric in part.metrics if metric.used)
    buckets = {(day.start, day.end): day for metric in used for day in metric.days}
    by_metric = [{(day.start, day.end): day.quantity for day in metric.days} for metric in used]
    ordered = sorted(buckets, key=lambda bucket: (bucket[1], bucket[0]))
    rows = tuple((buckets[each], tuple(days.get(each) for days in by_metric)) for each in ordered)
    axis = _axis(part, timezone)
    return UsageTable(used, rows, tuple(axis.index(day.label.day) for day, _ in rows))


def reasons(part: SubscriptionUsage) -> list[tuple[Text, str | None]]:
    """Why metrics have no total, each reason once, and the way to where they have one."""
    found: dict[Text, str | None] = {}
    for metric in part.metrics:
        if metric.used and metric.total_reason:
            found[metric.total_reason] = next((way.href for way in metric.ways if way.kind == "cumulative"), None)
    return list(found.items())


def group_shares(metric: Metric) -> list[float]:
    """How wide each group's bar is, in percent of the largest."""
    return shares([group.quantity.value for group in metric.groups or ()])
