"""Filters as Orb's expressions. Nobody's own expression gets there: names are ours, and a value is one literal."""

import re
from collections.abc import Sequence
from decimal import Decimal

from app.asking import HOUR, BadQuestion, Condition, Value
from app.words import Text

_LONGEST = 4_000
_SIGNS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# Words of SQL: a property of that name stands in quotes, like one with signs in it.
_RESERVED = re.compile(
    "all|and|any|as|between|by|case|cast|current_date|current_time|current_timestamp|current_user|distinct|else|end|"
    "except|exists|false|filter|from|group|having|ilike|in|intersect|interval|is|like|limit|not|null|or|order|over|"
    "rowid|select|session_user|then|true|try_cast|union|user|values|when|where|with",
    re.IGNORECASE,
)
# The one computed key: the start of the hour, in milliseconds since 1970.
_HOUR = "hour_floor_timestamp_millis(timestamp_millis)"


def expression(conditions: Sequence[Condition]) -> str | None:
    """All conditions at once; None where there is none. Raises BadQuestion when they come to too much text."""
    found = " AND ".join(_compared(each) for each in conditions)
    if len(found) > _LONGEST:
        raise BadQuestion(Text("{name} are too long together.", name="filters"))
    return found or None


def grouping(key: str, *, is_property: bool) -> str:
    """A grouping key as Orb takes it: a property, or the hour."""
    return _HOUR if key == HOUR and not is_property else _name(key)


def _compared(condition: Condition) -> str:
    name, literals = _name(condition.property), [_literal(each) for each in condition.values]
    if condition.op == "in":
        return f"{name} IN ({', '.join(literals)})"
    return f"{name} {_SIGNS[condition.op]} {literals[0]}"


def _name(property: str) -> str:
    if _IDENTIFIER.fullmatch(property) and not _RESERVED.fullmatch(property):
        return property
    return '"' + property.replace('"', '""') + '"'


def _literal(value: Value) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "'" + value.replace("'", "''") + "'"
