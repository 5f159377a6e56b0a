"""What a template needs to draw a card: the geometry beside the names and figures that belong to it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from app.cards.breakdown import Breakdown
from app.cards.explore import Exploration, Result
from app.cards.spend import Series, SpendDay
from app.chart import Plot, bars, line, part, shares
from app.days import zone
from app.money import Money, total, unit
from app.prepaid.blocks import Block

_NAMED = 5  # more hues than this nobody can match to their names


@dataclass(frozen=True, slots=True)
class Named:
    """One series of a plot and what it comes to."""

    name: str
    subtotal: Money


@dataclass(frozen=True, slots=True)
class SpendPlot:
    """`legend`, the plot's paths and the figures of each row stand in one order; `rows` has a row a day.

    `places` are the columns of those days. `marks` are the days of the axis that are written out: the day, how
    far right in percent, and what it is.
    """

    plot: Plot
    legend: tuple[Named, ...]
    rows: tuple[tuple[Money, ...], ...]
    places: tuple[int, ...]
    marks: tuple[tuple[date, float, str], ...]


def spend(series: Series, timezone: str) -> SpendPlot:
    """The plot of one unit's days over the whole period: the top prices, and the others as one."""
    named = [day.label.day for day in series.days]
    axis = sorted({*series.period.dates(zone(timezone)), *named})
    # Every bar stands on its own day, wherever Orb's series begins.
    places = tuple(axis.index(day) for day in named)
    legend, rows = _by_price(series)
    if series.view_mode == "cumulative":
        plot = line(_runs(series, places), len(axis))
    else:
        columns = [[Decimal(0)] * len(legend) for _ in axis]
        for place, row in zip(places, rows, strict=True):
            # Two buckets of one day stand on each other.
            columns[place] = [total([held, each.amount]) for held, each in zip(columns[place], row, strict=True)]
        partial = frozenset(place for place, day in zip(places, series.days, strict=True) if day.partial)
        plot = bars(columns, len(axis), partial)
    return SpendPlot(plot, legend, rows, places, _marks(axis, places, series.days))


def _runs(series: Series, places: tuple[int, ...]) -> list[tuple[int, list[Decimal]]]:
    """The running totals, one run for each billing period: Orb's series of several may come interleaved."""
    runs: dict[datetime, tuple[int, list[Decimal]]] = {}
    for place, day in zip(places, series.days, strict=True):
        runs.setdefault(day.start, (place, []))[1].append(day.subtotal.amount)
    return list(runs.values())


def _by_price(series: Series) -> tuple[tuple[Named, ...], tuple[tuple[Money, ...], ...]]:
    counted = unit(series.unit)
    names = {price.price_id: price.name for day in series.days for price in day.prices}
    by_day = [_amounts(day) for day in series.days]
    if series.subtotal is None:  # nor do the prices of several periods add up to one figure each
        return (), tuple(() for _ in by_day)
    whole = by_day
    if series.view_mode == "cumulative":  # the last day of each billing period holds what that came to
        whole = list({day.start: amounts for day, amounts in zip(series.days, by_day, strict=True)}.values())
    sums = {price: total([day[price] for day in whole if price in day]) for price in names}
    ranked = sorted((price for price in sums if sums[price]), key=lambda price: -sums[price])
    columns = [(names[price], [price]) for price in ranked[:_NAMED]]
    if others := ranked[_NAMED:]:
        columns.append((f"Other prices ({len(others)})", others))
    legend = tuple(Named(name, Money(total([sums[price] for price in held]), counted)) for name, held in columns)
    rows = tuple(
        tuple(Money(total([day[price] for price in held if price in day]), counted) for _, held in columns)
        for day in by_day
    )
    return legend, rows


def _amounts(day: SpendDay) -> dict[str, Decimal]:
    """What each price came to; a price that two subscriptions share stands twice in Orb's list."""
    found: dict[str, Decimal] = {}
    for price in day.prices:
        found[price.price_id] = total([found.get(price.price_id, Decimal(0)), price.subtotal.amount])
    return found


def _marks(
    axis: list[date], places: tuple[int, ...], days: tuple[SpendDay, ...]
) -> tuple[tuple[date, float, str], ...]:
    """Today, the last day, and the weeks between; one that is `near` to those is shown where there is room."""
    count, last = len(axis), len(axis) - 1
    today = next((place for place, day in zip(places, days, strict=True) if day.partial), None)
    close, tight = count / 4, count / 14
    kinds = {} if today is None else {today: "today"}
    if today is None or last - today >= close:
        kinds[last] = "end"
    fixed = list(kinds)
    for n in range(0, count, 7 if count <= 45 else count // 5):
        gap = min(abs(n - each) for each in fixed)
        if gap > tight:
            kinds[n] = "start" if n == 0 else "near" if gap < close else "week"
    return tuple((axis[n], 100 * (n + 0.5) / count, kinds[n]) for n in sorted(kinds))


def group_shares(part: Breakdown) -> list[float]:
    """How wide each group's bar is, in percent of the largest."""
    return shares([group.subtotal.amount for group in part.groups])


def left_of(block: Block) -> float | None:
    """How much of a block is left, in percent of the most that was in it; None where there is nothing to compare."""
    if block.initial is None or block.initial.amount <= 0 or block.balance.amount < 0:
        return None
    return part(block.balance.amount, block.initial.amount)


def result_shares(result: Result) -> list[float]:
    """How wide the bar of each group is, in percent of the price's largest."""
    return shares([group.subtotal.amount for group in result.groups])


def price_shares(data: Exploration) -> list[float] | None:
    """How wide the bar of each price is, in percent of the largest; None where they do not count in one unit."""
    if len(data.results) < 2 or len({each.unit for each in data.results}) > 1:
        return None
    return shares([each.groups[0].subtotal.amount if each.groups else 0 for each in data.results])


@dataclass(frozen=True, slots=True)
class HoursPlot:
    """`places` are the columns of the hours, in the order of the groups; `marks` are instants that are written out."""

    plot: Plot
    places: tuple[int, ...]
    marks: tuple[tuple[datetime, float], ...]


_HOUR = timedelta(hours=1)


def hours(result: Result) -> HoursPlot | None:
    """The bars of one price by the hour, from its first hour to its last; None where there are not several."""
    starts = [each.grouping_values[0] for each in result.groups]
    instants = [each for each in starts if isinstance(each, datetime)]
    if len(instants) < 2:
        return None
    first = instants[0]
    places = tuple((each - first) // _HOUR for each in instants)
    columns = [[Decimal(0)] for _ in range(places[-1] + 1)]
    for place, group in zip(places, result.groups, strict=True):
        columns[place] = [group.subtotal.amount]
    count = len(columns)
    marks = sorted({0, count // 2, count - 1})
    return HoursPlot(bars(columns, count), places, tuple((first + n * _HOUR, 100 * (n + 0.5) / count) for n in marks))
