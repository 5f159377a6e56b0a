"""What the viewer chose to look at: one question, asked of page, JSON and export alike."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.words import Text

VIEW_MODES = ("periodic", "cumulative")
COMPARISONS = ("previous_period",)


class BadQuery(ValueError):
    """A parameter that is unknown, repeated, malformed or contradictory; says which, and why.

    `told` is the same for a person who used a form and knows no parameters.
    """

    def __init__(self, text: str, told: Text | None = None) -> None:
        super().__init__(text)
        self.told = told


@dataclass(frozen=True, slots=True)
class Query:
    """Which period, view and grouping the cards answer for. The defaults are the current billing period.

    `timeframe_start` and `timeframe_end` are dates in the customer's zone, the end exclusive.
    `group_by` is an event property and `group_label` what people call it; `grouped` says that it was asked for and
    is not the first one by default. `compare` asks for the days before, as
    many as are shown, beside them. `cards` names a subset in page order;
    empty means all.
    """

    timeframe_start: date | None = None
    timeframe_end: date | None = None
    view_mode: str = "periodic"
    compare: str | None = None
    group_by: str = ""
    group_label: str = ""
    grouped: bool = False
    subscription_id: str | None = None
    currency: str | None = None
    cards: tuple[str, ...] = ()
    limit: int = 10


def parse(pairs: Iterable[tuple[str, str]], *, grouping_keys: Mapping[str, str], words: Iterable[str]) -> Query:
    """The query in the parameters of a URL; `words` are the cards there are, `grouping_keys` properties by label.

    Raises BadQuery with a sentence that names the parameter.
    """
    readers = _readers(tuple(grouping_keys), tuple(words))
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name not in readers:
            raise BadQuery(f"{name!r:.80} is not a parameter; known are {', '.join(sorted(readers))}")
        if name in found:
            raise BadQuery(f"{name} is given more than once")
        found[name] = readers[name](name, text)
    grouped = "group_by" in found
    found.setdefault("group_by", next(iter(grouping_keys)))
    query = Query(**found, grouped=grouped, group_label=grouping_keys[found["group_by"]])
    if (query.timeframe_start is None) != (query.timeframe_end is None):
        raise BadQuery("timeframe_start and timeframe_end go together")
    if query.timeframe_start and query.timeframe_end and query.timeframe_end <= query.timeframe_start:
        told = Text("The last day must come after the first.")
        raise BadQuery("timeframe_end must be after timeframe_start", told)
    return query


def _readers(keys: tuple[str, ...], words: tuple[str, ...]) -> Mapping[str, Callable[[str, str], Any]]:
    return {
        "timeframe_start": _date,
        "timeframe_end": _date,
        "view_mode": lambda name, text: _one_of(name, text, VIEW_MODES),
        "compare": lambda name, text: _one_of(name, text, COMPARISONS),
        "group_by": lambda name, text: _one_of(name, text, keys),
        "subscription_id": lambda name, text: _matching(name, text, r"[A-Za-z0-9_-]{1,64}"),
        "currency": lambda name, text: _matching(name, text, r"[^\x00-\x1f\x7f]{1,64}"),
        "cards": lambda name, text: _cards(name, text, words),
        "limit": _limit,
    }


def _date(name: str, text: str) -> date:
    _matching(name, text, r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadQuery(f"{name} is not a day of the calendar") from None
    if not 2000 <= day.year <= 2200:
        raise BadQuery(f"{name} is out of range")
    return day


def _limit(name: str, text: str) -> int:
    number = int(_matching(name, text, r"[0-9]{1,3}"))
    if not 1 <= number <= 100:
        raise BadQuery(f"{name} must be from 1 to 100")
    return number


def _cards(name: str, text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    asked = [_one_of(name, word, words) for word in text.split(",")]
    return tuple(word for word in words if word in asked)


def _one_of(name: str, text: str, choices: Iterable[str]) -> str:
    known = list(choices)
    if text not in known:
        raise BadQuery(f"{name} must be one of {', '.join(known)}")
    return text


def _matching(name: str, text: str, pattern: str) -> str:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise BadQuery(f"{name} is malformed")
    return text
