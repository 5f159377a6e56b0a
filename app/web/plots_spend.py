"""What the card of cost by day draws: its prices, days and running totals, and the days before beside them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.chart import Plot, bars, line
from app.days import zone
from app.money import Money, total, unit
from app.series import Series, SpendDay
from app.words import Text

_NAMED = 5  # more hues than this nobody can match to their names
_SINGLE_DAYS = 92  # past a quarter single days are too narrow to point at
_NAME = 8.0  # percent of a plot's height that the name of a threshold takes


@dataclass(frozen=True, slots=True)
class Named:
    """One price, or several as one, and what it comes to."""

    name: str | Text
    subtotal: Money


Figures = tuple[tuple[Money, ...], ...]


@dataclass(frozen=True, slots=True)
class SpendPlot:
    """`legend` and the plot's bars stand in one order; `prices` are all of them, `rows` has a figure of each a day.
    Where the last of the legend is several prices as one, `others` has what those come to for each row.

    `axis` has every day of the period, a column each; `places` are the columns of those days, `today` that of the day
    that is not over. `runs` are the first days of the lines where there are several. `former` has, for each row, what
    the day cost that lies as far back as the comparison goes. `pointed` says that there is room to point at single
    days. `levels` are the thresholds within reach, `beyond` is the first that is not.
    """

    plot: Plot
    legend: tuple[Named, ...]
    prices: tuple[Named, ...]
    rows: Figures
    others: tuple[Money, ...]
    axis: tuple[date, ...]
    places: tuple[int, ...]
    today: int | None
    runs: tuple[date, ...]
    former: tuple[Money | None, ...]
    pointed: bool
    levels: tuple["Level", ...]
    beyond: Money | None


@dataclass(frozen=True, slots=True)
class Level:
    """A threshold that is drawn, so far down as `percent` says; `named` where its amount has room beside the others."""

    value: Money
    percent: float
    named: bool


def spend(series: Series, timezone: str) -> SpendPlot:
    """The plot of one unit's days over the whole period: the top prices, and the others as one."""
    named = [day.label.day for day in series.days]
    axis = tuple(sorted({*series.period.dates(zone(timezone)), *named}))
    # Every bar stands on its own day, wherever Orb's series begins.
    places = tuple(axis.index(day) for day in named)
    prices, rows = _by_price(series)
    legend, top = _topped(prices, rows, series.unit)
    cumulative = series.view_mode == "cumulative"
    former = {} if cumulative else _former(series)
    runs = _runs(series.days, places, _subtotal) if cumulative else []
    if cumulative:
        adjusted = _runs(series.days, places, _with_adjustments) if series.adjusted else ()
        plot = line(runs, len(axis), adjusted, [each.amount for each in series.thresholds])
    else:
        plot = _stacked(series, top, places, len(axis), {place: each.amount for place, each in former.items()})
    return SpendPlot(
        plot,
        legend,
        prices,
        rows,
        tuple(row[-1] for row in top) if len(prices) > _NAMED else (),
        axis,
        places,
        next((place for place, day in zip(places, series.days, strict=True) if day.partial), None),
        tuple(axis[place] for place, _ in runs) if len(runs) > 1 else (),
        tuple(former.get(place) for place in places),
        len(series.days) <= _SINGLE_DAYS,
        tuple(_levels(plot, series.thresholds)),
        next(iter(series.thresholds[len(plot.levels) :]), None),
    )


def _levels(plot: Plot, thresholds: Sequence[Money]) -> Iterator[Level]:
    """Those that the plot has room for; a name stands no closer to that of a lower one than it is high."""
    lowest = 100.0 + _NAME
    for value, tick in zip(thresholds, plot.levels, strict=False):
        named = tick.percent <= lowest - _NAME
        lowest = tick.percent if named else lowest
        yield Level(value, tick.percent, named)


def _stacked(series: Series, rows: Figures, places: tuple[int, ...], count: int, former: dict[int, Decimal]) -> Plot:
    columns = [[Decimal(0)] * max(map(len, rows), default=0) for _ in range(count)]
    for place, row in zip(places, rows, strict=True):
        # Two buckets of one day stand on each other.
        columns[place] = [total([held, each.amount]) for held, each in zip(columns[place], row, strict=True)]
    partial = frozenset(place for place, day in zip(places, series.days, strict=True) if day.partial)
    return bars(columns, count, partial, former)


def _former(series: Series) -> dict[int, Money]:
    """What the days before cost, each in the column of the day that it is held against."""
    if series.previous is None or not series.previous.days:
        return {}
    first = series.previous.days[0].label.day
    found: dict[int, Money] = {}
    for day in series.previous.days:
        place = (day.label.day - first).days
        held = found.get(place, Money(Decimal(0), day.subtotal.unit))
        found[place] = Money(total([held.amount, day.subtotal.amount]), held.unit)
    return found


def _runs(
    days: tuple[SpendDay, ...], places: tuple[int, ...], figure: Callable[[SpendDay], Decimal]
) -> list[tuple[int, list[Decimal]]]:
    """The running totals, one run for each billing period: Orb's series of several may come interleaved."""
    runs: dict[datetime, tuple[int, list[Decimal]]] = {}
    for place, day in zip(places, days, strict=True):
        runs.setdefault(day.start, (place, []))[1].append(figure(day))
    return list(runs.values())


def _subtotal(day: SpendDay) -> Decimal:
    return day.subtotal.amount


def _with_adjustments(day: SpendDay) -> Decimal:
    return day.total.amount if day.total else day.subtotal.amount


def _by_price(series: Series) -> tuple[tuple[Named, ...], Figures]:
    """Every price, that which costs most first, and what each cost on each day."""
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
    rows = tuple(tuple(Money(day.get(price, Decimal(0)), counted) for price in ranked) for day in by_day)
    return tuple(Named(names[price], Money(sums[price], counted)) for price in ranked), rows


def _topped(prices: tuple[Named, ...], rows: Figures, code: str) -> tuple[tuple[Named, ...], Figures]:
    """The same with those past the first five as one."""
    others = prices[_NAMED:]
    if not others:
        return prices, rows
    rest = Named(Text("Other prices ({n})", n=len(others)), _sum([each.subtotal for each in others], code))
    return (*prices[:_NAMED], rest), tuple((*row[:_NAMED], _sum(row[_NAMED:], code)) for row in rows)


def _sum(amounts: Sequence[Money], code: str) -> Money:
    return Money(total([each.amount for each in amounts]), unit(code))


def _amounts(day: SpendDay) -> dict[str, Decimal]:
    """What each price came to; a price that two subscriptions share stands twice in Orb's list."""
    found: dict[str, Decimal] = {}
    for price in day.prices:
        found[price.price_id] = total([found.get(price.price_id, Decimal(0)), price.subtotal.amount])
    return found
