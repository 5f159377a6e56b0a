"""What a viewer asks of freeform analytics: which prices, days, groups and filters, or which made-up events.

Read from the page's form and from JSON alike. Whether the prices are theirs, the account knows.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.query import BadQuery
from app.words import Text

OPS = ("eq", "ne", "lt", "le", "gt", "ge", "in")
HOUR = "hour"  # grouped by the hour of an event, which Orb computes

MOST_PRICES, MOST_KEYS, MOST_FILTERS, MOST_VALUES, MOST_EVENTS, MOST_PROPERTIES = 100, 2, 20, 50, 500, 50
LONGEST_VALUE = 256

# What a filter compares with, and what an event's property holds.
Value = str | Decimal
Property = str | Decimal | bool


class BadQuestion(BadQuery):
    """A part of a question that cannot be asked. The text has the part's `name`: the parameter's, for programs."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.text)
        self.text = text

    def named(self, labels: Mapping[str, Text]) -> Text:
        """The same for people: the part under the name by which the form calls it."""
        name = str(self.text.values["name"])
        return self.text.having(name=labels.get(name, name))


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: a property compared with a value, or with several under `in`."""

    property: str
    op: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A usage event that never happened."""

    event_name: str
    timestamp: datetime
    properties: Mapping[str, Property]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `timeframe_end` is exclusive; `keys` are properties, or the hour. With `events` it is about
    these, and about no usage."""

    price_ids: tuple[str, ...]
    timeframe_start: date
    timeframe_end: date
    keys: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    events: tuple[Event, ...] | None = None


def days(start: date, end: date) -> tuple[date, date]:
    """The days as they are, when there is at least one."""
    if end <= start:
        raise BadQuestion(Text("{name} must be after the first day.", name="timeframe_end"))
    return start, end


def keys(name: str, chosen: Sequence[str], allowed: Mapping[str, str]) -> tuple[str, ...]:
    """At most two different grouping keys, each allowed."""
    if len(chosen) > MOST_KEYS:
        raise BadQuestion(Text("{name} must be at most {most}.", name=name, most=MOST_KEYS))
    for key in chosen:
        if key not in allowed and key != HOUR:
            raise BadQuestion(Text("{name} must be one of {words}.", name=name, words=", ".join((*allowed, HOUR))))
    if len(set(chosen)) < len(chosen):
        raise BadQuestion(Text("{name} has the same twice.", name=name))
    return tuple(chosen)


def condition(name: str, property: str, op: str, value: Any, allowed: Mapping[str, str]) -> Condition:
    """One filter in which every part is one that may be asked; `name` is where it stands."""
    if property not in allowed:
        raise BadQuestion(Text("{name} must be one of {words}.", name=f"{name}property", words=", ".join(allowed)))
    if op not in OPS:
        raise BadQuestion(Text("{name} must be one of {words}.", name=f"{name}op", words=", ".join(OPS)))
    where = f"{name}value"
    values = value if isinstance(value, list) else [value]
    if isinstance(value, list) != (op == "in") or not 1 <= len(values) <= MOST_VALUES:
        raise BadQuestion(
            Text("{name} must be one value, or with in a list of 1 to {most}.", name=where, most=MOST_VALUES)
        )
    return Condition(property, op, tuple(_value(where, each) for each in values))


def conditions(name: str, found: Sequence[Condition]) -> tuple[Condition, ...]:
    """Filters, together no more than Orb is to be asked at once."""
    if len(found) > MOST_FILTERS:
        raise BadQuestion(Text("{name} must be at most {most}.", name=name, most=MOST_FILTERS))
    if sum(len(each.values) for each in found if each.op == "in") > MOST_VALUES:
        raise BadQuestion(Text("{name} may list {most} values in all.", name=name, most=MOST_VALUES))
    return tuple(found)


def plain(name: str, text: str) -> str:
    """Text that means nothing but itself wherever it is quoted.

    A backslash escapes in some dialects of SQL and not in others: it is refused, like controls.
    """
    if not 1 <= len(text) <= LONGEST_VALUE:
        raise BadQuestion(Text("{name} must have from 1 to {most} characters.", name=name, most=LONGEST_VALUE))
    if "\\" in text or any(unicodedata.category(each) in ("Cc", "Cs") for each in text):
        raise BadQuestion(Text("{name} must have no backslashes and no control characters.", name=name))
    return text


def _value(name: str, value: object) -> Value:
    if isinstance(value, str):
        return plain(name, value) if value else value
    if isinstance(value, Decimal):
        return value
    raise BadQuestion(Text("{name} must be a text or a number.", name=name))
