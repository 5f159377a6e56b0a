"""The names of days along a chart, and how wide it must be for each: none touches another, none leaves the chart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import east_asian_width

_MONTHS = 62  # past two months an axis is read in months
_LATE = 0.8  # of the axis: what stands further right is written to its left
# Pixels: a letter in the widest of the fonts, a sign of Chinese or Japanese, a space or point, and what lies between
# two names.
_LETTER, _SIGN, _POINT, _APART = 7.2, 12.0, 3.6, 6.0
# By the classes for which the stylesheet has containers: so wide at least is the chart, and the small one, where what
# a card holds is wider than that; without a class, on a page of 320 pixels.
_WIDTHS = {"": 160, "w260": 203, "w320": 263, "w520": 447, "w860": 787}
_SMALL = {"": 160, "w260": 208}

Write = Callable[[date], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A day that is written out: so far right in percent stands that end of its name which `anchor` says.

    `kind` is what the stylesheet knows it by: `today`, and how wide a card shows it.
    """

    name: str
    percent: float
    anchor: str
    kind: str


def marks(axis: Sequence[date], today: int | None, written: Write, now: str) -> list[Mark]:
    """Today, which is called `now`, the first day, the last one, then weeks or months: each from where it has room."""
    last = len(axis) - 1
    names = {n: written(axis[n]) for n in (0, last, *_steps(axis))}
    return _placed(names, last, len(axis), today, now, _WIDTHS)


def ends(axis: Sequence[date], columns: int, today: int | None, written: Write, now: str) -> list[Mark]:
    """The same for a small chart, which may have more columns than days: today, the first day, the last one."""
    last = len(axis) - 1
    return _placed({n: written(axis[n]) for n in (0, last)}, last, columns, today, now, _SMALL)


def _placed(
    names: dict[int, str], last: int, count: int, today: int | None, now: str, widths: Mapping[str, int]
) -> list[Mark]:
    found = {} if today is None else {today: _mark(today, last, count, now, "today")}
    for kind, width in widths.items():
        for n, name in names.items():
            each = _mark(n, last, count, name, kind)
            if n not in found and _fits(each, found.values(), width):
                found[n] = each
    return [found[n] for n in sorted(found)]


def _mark(n: int, last: int, count: int, name: str, kind: str) -> Mark:
    if n == 0:
        return Mark(name, 0, "start", kind)
    if n == last or n >= _LATE * count:
        return Mark(name, 100 * (n + 1) / count, "end", kind)
    return Mark(name, 100 * (n + 0.5) / count, "middle", kind)


def _fits(mark: Mark, others: Iterable[Mark], width: int) -> bool:
    left, right = _span(mark, width)
    spans = [_span(each, width) for each in others]
    return left >= 0 and right <= width and all(right + _APART <= a or b + _APART <= left for a, b in spans)


def _span(mark: Mark, width: int) -> tuple[float, float]:
    """From where to where a name reaches in a chart of that width, in pixels."""
    long = sum(map(_wide, mark.name))
    left = width * mark.percent / 100 - long * {"start": 0, "middle": 0.5, "end": 1}[mark.anchor]
    return left, left + long


def _wide(letter: str) -> float:
    if not letter.isalnum():
        return _POINT
    return _SIGN if east_asian_width(letter) in "WF" else _LETTER


def _steps(axis: Sequence[date]) -> Sequence[int]:
    """The days between which a reader counts: weeks, or the first days of months, six of them at most."""
    if len(axis) <= _MONTHS:
        return range(0, len(axis), 7 if len(axis) <= 45 else 14)
    firsts = [n for n, day in enumerate(axis) if day.day == 1]
    return firsts[:: -(-len(firsts) // 6)]
