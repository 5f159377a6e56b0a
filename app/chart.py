"""Numbers into the geometry of inline SVG: pure, and the one place where a float is a figure.

Plots are drawn in a box of `10 x columns` by 1000 units that the page stretches to its width; no text is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import SupportsFloat

HEIGHT = 1000.0
COLUMN = 10.0
_GAP = 1.6  # of a column, on either side of its bar


@dataclass(frozen=True, slots=True)
class Tick:
    """A gridline: its value, and how far down from the top it lies, in percent."""

    value: float
    percent: float


@dataclass(frozen=True, slots=True)
class Plot:
    """`paths` has one path a series, `faint` the same for columns that are not over."""

    columns: int
    paths: tuple[str, ...]
    faint: tuple[str, ...]
    ticks: tuple[Tick, ...]

    @property
    def view_box(self) -> str:
        return f"0 0 {self.columns * COLUMN:g} {HEIGHT:g}"


def bars(amounts: Sequence[Sequence[SupportsFloat]], count: int, partial: frozenset[int] = frozenset()) -> Plot:
    """Stacked bars: `amounts` holds a value per series for each column, `count` columns are on the axis.

    Values below zero stack downward from the zero line.
    """
    columns = [[float(amount) for amount in column] for column in amounts]
    series = max((len(column) for column in columns), default=0)
    high = max((sum(v for v in column if v > 0) for column in columns), default=0.0)
    low = min((sum(v for v in column if v < 0) for column in columns), default=0.0)
    ticks = scale(low, high)
    top, bottom = ticks[-1], ticks[0]
    solid: list[list[str]] = [[] for _ in range(series)]
    faint: list[list[str]] = [[] for _ in range(series)]
    for index, column in enumerate(columns):
        up = down = 0.0
        for n, value in enumerate(column):
            if value == 0:
                continue
            start = up if value > 0 else down
            path = _bar(index, _y(start, bottom, top), _y(start + value, bottom, top))
            (faint if index in partial else solid)[n].append(path)
            if value > 0:
                up += value
            else:
                down += value
    return Plot(
        max(count, len(columns), 1),
        tuple("".join(each) for each in solid),
        tuple("".join(each) for each in faint),
        _ticks(ticks),
    )


def line(amounts: Sequence[tuple[int, Sequence[SupportsFloat]]], count: int) -> Plot:
    """Rising lines, each from zero at the start of a column through the ends of its columns.

    A run is the column in which it begins and its values, one a column; a new billing period is a new run.
    """
    runs = [(start, [float(amount) for amount in run]) for start, run in amounts]
    values = [value for _, run in runs for value in run]
    ticks = scale(min(values, default=0.0), max(values, default=0.0))
    path = "".join(_run(start, run, ticks) for start, run in runs)
    return Plot(max(count, 1), (path,), ("",), _ticks(ticks))


def _run(start: int, values: Sequence[float], ticks: list[float]) -> str:
    points = [(start * COLUMN, 0.0), *(((start + n + 1) * COLUMN, value) for n, value in enumerate(values))]
    return "M" + "L".join(f"{x:g} {_y(value, ticks[0], ticks[-1]):.1f}" for x, value in points)


def scale(low: float, high: float, most: int = 4) -> list[float]:
    """Round values from below `low` to above `high`, zero among them, about `most` steps apart."""
    low, high = min(low, 0.0), max(high, 0.0)
    span = (high - low) or 1.0
    rough = span / most
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    # Twelve digits: three tenths are 0.3, not 0.30000000000000004.
    return [float(f"{n * step:.12g}") for n in range(floor(low / step + 1e-9), max(ceil(high / step - 1e-9), 1) + 1)]


def shares(amounts: Sequence[SupportsFloat]) -> list[float]:
    """How wide each bar is, in percent of the widest; nothing for what is not above zero."""
    values = [float(amount) for amount in amounts]
    most = max(values, default=0.0)
    return [max(0.5, 100 * value / most) if value > 0 else 0.0 for value in values]


def part(amount: SupportsFloat, whole: SupportsFloat) -> float:
    """How wide the bar of a part is, in percent of its whole, which is above zero; never wider than that."""
    return min(100.0, max(0.0, 100 * float(amount) / float(whole)))


def _ticks(values: list[float]) -> tuple[Tick, ...]:
    return tuple(Tick(value, _y(value, values[0], values[-1]) / HEIGHT * 100) for value in values)


def _y(value: float, bottom: float, top: float) -> float:
    return HEIGHT * (top - value) / (top - bottom)


def _bar(index: int, y0: float, y1: float) -> str:
    left, right = index * COLUMN + _GAP, (index + 1) * COLUMN - _GAP
    return f"M{left:g} {y0:.1f}H{right:g}V{y1:.1f}H{left:g}Z"
