"""Numbers into the geometry of inline SVG: pure, and the one place where a float is a figure.

Plots are drawn in a box of `10 x columns` by 1000 units that the page stretches to its width; no text is in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from types import MappingProxyType
from typing import SupportsFloat

HEIGHT = 1000.0
COLUMN = 10.0
_GAP = 1.6  # of a column, on either side of its bar
_REACH = 1.25  # times the top of the plot: what lies above that would press the rest down
_DENSE = 62  # more columns than these leave no room for gaps


@dataclass(frozen=True, slots=True)
class Tick:
    """A gridline: its value, and how far down from the top it lies, in percent."""

    value: float
    percent: float


@dataclass(frozen=True, slots=True)
class Plot:
    """`paths` has one path a series or run, `faint` the same for columns that are not over. `beside` is one line more:
    what the bars are compared with, or what the running totals come to with adjustments. `levels` lie across the plot.
    """

    columns: int
    paths: tuple[str, ...]
    faint: tuple[str, ...]
    ticks: tuple[Tick, ...]
    beside: str = ""
    levels: tuple[Tick, ...] = ()

    @property
    def view_box(self) -> str:
        return f"0 0 {self.columns * COLUMN:g} {HEIGHT:g}"

    @property
    def below(self) -> bool:
        """Whether something of it lies below zero."""
        return any(tick.value == 0 and tick.percent < 100 for tick in self.ticks)

    @property
    def dense(self) -> bool:
        """Whether columns stand without gaps."""
        return self.columns > _DENSE


@dataclass(frozen=True, slots=True)
class Scale:
    """The values from `bottom` to `top` that a plot has room for, and the round ones of them that are written."""

    bottom: float
    top: float
    values: tuple[float, ...]

    def y(self, value: float) -> float:
        """How far down from the top of the box a value lies."""
        return HEIGHT * (self.top - value) / (self.top - self.bottom)

    def up_to(self, value: float) -> "Scale":
        """The same, by as many steps higher as it takes to have room for a value."""
        step = self.values[1] - self.values[0]
        more = ceil((value - self.top) / step - 1e-9)
        values = (*self.values, *(float(f"{self.top + n * step:.12g}") for n in range(1, more + 1)))
        return Scale(self.bottom, values[-1], values)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        return tuple(Tick(value, self.y(value) / HEIGHT * 100) for value in self.values)


def bars(
    amounts: Sequence[Sequence[SupportsFloat]],
    count: int,
    partial: frozenset[int] = frozenset(),
    former: Mapping[int, SupportsFloat] = MappingProxyType({}),
) -> Plot:
    """Stacked bars: `amounts` holds a value per series for each column, `count` columns are on the axis.

    Values below zero stack downward from the zero line. `former` are values by column to compare the bars with.
    """
    columns = [[float(amount) for amount in column] for column in amounts]
    series = max((len(column) for column in columns), default=0)
    before = {place: float(value) for place, value in former.items()}
    high = max((sum(v for v in column if v > 0) for column in columns), default=0.0)
    low = min((sum(v for v in column if v < 0) for column in columns), default=0.0)
    axis = scale(min(low, *before.values(), 0.0), max(high, *before.values(), 0.0))
    gap = 0.0 if count > _DENSE else _GAP
    solid: list[list[str]] = [[] for _ in range(series)]
    faint: list[list[str]] = [[] for _ in range(series)]
    for index, column in enumerate(columns):
        up = down = 0.0
        for n, value in enumerate(column):
            if value == 0:
                continue
            start = up if value > 0 else down
            path = _bar(index, gap, axis.y(start), axis.y(start + value))
            (faint if index in partial else solid)[n].append(path)
            if value > 0:
                up += value
            else:
                down += value
    return Plot(
        max(count, len(columns), 1),
        tuple("".join(each) for each in solid),
        tuple("".join(each) for each in faint),
        axis.ticks,
        _skyline(before, axis),
    )


Runs = Sequence[tuple[int, Sequence[SupportsFloat]]]


def line(amounts: Runs, count: int, beside: Runs = (), levels: Sequence[SupportsFloat] = ()) -> Plot:
    """Rising lines, a path each, from zero at the start of a column through the ends of its columns.

    A run is the column in which it begins and its values, one a column; a new billing period is a new run. Of the
    `levels`, lowest first, there is room for those that are not far above the lines.
    """
    values = [float(amount) for _, run in (*amounts, *beside) for amount in run]
    axis = scale(min(values, default=0.0), max(values, default=0.0))
    near = [float(level) for level in levels if float(level) <= axis.top * _REACH]
    axis = axis.up_to(max(near, default=0.0))
    paths = tuple(_run(start, run, axis) for start, run in amounts) or ("",)
    across = tuple(Tick(level, axis.y(level) / HEIGHT * 100) for level in near)
    beyond = "".join(_run(*run, axis) for run in beside)
    return Plot(max(count, 1), paths, ("",) * len(paths), axis.ticks, beyond, across)


def _run(start: int, values: Sequence[SupportsFloat], axis: Scale) -> str:
    points = [(start * COLUMN, 0.0), *(((start + n + 1) * COLUMN, float(value)) for n, value in enumerate(values))]
    return "M" + "L".join(f"{x:g} {axis.y(value):.1f}" for x, value in points)


def _skyline(values: Mapping[int, float], axis: Scale) -> str:
    """A line along the tops of columns, as steps; it breaks where a column has no value."""
    steps = []
    for place in sorted(values):
        joined = place - 1 in values
        left, right, y = place * COLUMN, (place + 1) * COLUMN, axis.y(values[place])
        steps.append(f"V{y:.1f}H{right:g}" if joined else f"M{left:g} {y:.1f}H{right:g}")
    return "".join(steps)


def scale(low: float, high: float, most: int = 4) -> Scale:
    """Room for `low` to `high`, and round values in it, zero among them, about `most` steps apart.

    What is a little below zero beside much above it gets the room that it needs and no value of its own.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    span = (high - low) or 1.0
    rough = span / most
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    # Twelve digits: three tenths are 0.3, not 0.30000000000000004.
    least = 0 if -step / 2 < low and high > 0 else floor(low / step + 1e-9)
    values = tuple(float(f"{n * step:.12g}") for n in range(least, max(ceil(high / step - 1e-9), 1) + 1))
    return Scale(min(low, values[0]), values[-1], values)


def shares(amounts: Sequence[SupportsFloat]) -> list[float]:
    """How wide each bar is, in percent of the widest; nothing for what is not above zero."""
    values = [float(amount) for amount in amounts]
    most = max(values, default=0.0)
    return [max(0.5, 100 * value / most) if value > 0 else 0.0 for value in values]


def stretches(amounts: Sequence[SupportsFloat]) -> list[tuple[float, float]]:
    """Where each part of one bar begins and how wide it is, in percent of the bar; what is not above zero has none."""
    values = [max(0.0, float(amount)) for amount in amounts]
    whole = sum(values) or 1.0
    return [(100 * sum(values[:n]) / whole, 100 * value / whole) for n, value in enumerate(values)]


def part(amount: SupportsFloat, whole: SupportsFloat) -> float:
    """How wide the bar of a part is, in percent of its whole, which is above zero; never wider than that."""
    return min(100.0, max(0.0, 100 * float(amount) / float(whole)))


def _bar(index: int, gap: float, y0: float, y1: float) -> str:
    left, right = index * COLUMN + gap, (index + 1) * COLUMN - gap
    return f"M{left:g} {y0:.1f}H{right:g}V{y1:.1f}H{left:g}Z"
