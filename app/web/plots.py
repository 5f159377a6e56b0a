"""What a template needs to draw a card: the geometry beside the names and figures that belong to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.cards.credits import UnitCredits
from app.cards.explore import Exploration, Result
from app.chart import Plot, bars, part, shares, stretches
from app.groups import Breakdown

_HUES = 6  # the last one is that of all further ones


def group_shares(part: Breakdown) -> list[float]:
    """How wide each group's bar is, in percent of the largest."""
    return shares([group.subtotal.amount for group in part.groups])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A block's part of the one bar of what is left: from where and how wide, in percent of the bar, and how much of it
    in percent of itself is thought to expire unused. `hue` is the number of its colour.
    """

    start: float
    width: float
    unused: float
    hue: int


def blocks(unit: UnitCredits) -> dict[str, Stretch]:
    """The blocks that can be used now, by id, as parts of one bar."""
    usable = [block for block in unit.blocks or () if block.state == "usable" and block.balance.amount > 0]
    lost = {each.id: each.amount.amount for each in unit.expiring}
    return {
        block.id: Stretch(start, width, part(lost.get(block.id, 0), block.balance.amount), min(n, _HUES))
        for n, (block, (start, width)) in enumerate(
            zip(usable, stretches([block.balance.amount for block in usable]), strict=True), 1
        )
    }


def result_shares(result: Result) -> list[float]:
    """How wide the bar of each group is, in percent of the price's largest."""
    return shares([group.subtotal.amount for group in result.groups])


def price_shares(data: Exploration) -> list[float] | None:
    """How wide the bar of each price is, in percent of the largest; None where they do not count in one unit."""
    if len(data.results) < 2 or len({each.unit for each in data.results}) > 1:
        return None
    return shares([each.groups[0].subtotal.amount if each.groups else 0 for each in data.results])


def lines_of(text: str) -> list[str]:
    """The lines of a text that somebody typed; past the tenth they stand in one."""
    return text.replace("\r\n", "\n").split("\n", 9)


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
