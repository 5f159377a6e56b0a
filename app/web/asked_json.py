"""A question to Explore as JSON, read strictly: every name known and once, every value of its own type."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app import asking
from app.asking import Asked, BadQuestion, Condition, Event, Property
from app.days import stamp
from app.money import number
from app.words import Text

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NEEDED = frozenset(("price_ids", "timeframe_start", "timeframe_end"))
_ALLOWED = _NEEDED | {"grouping_keys", "filters", "events"}
_FILTER = frozenset(("property", "op", "value"))
_EVENT = frozenset(("event_name", "timestamp", "properties"))


def asked(body: bytes, properties: Mapping[str, str]) -> Asked:
    """The question in `body`; `properties` are those that may be grouped by and filtered. Raises BadQuestion."""
    found = _object("body", _decode(body), _NEEDED, _ALLOWED)
    start, end = asking.days(*(_day(name, found[name]) for name in ("timeframe_start", "timeframe_end")))
    filters = _list("filters", found.get("filters", []))
    return Asked(
        _price_ids(found["price_ids"]),
        start,
        end,
        asking.keys("grouping_keys", _texts("grouping_keys", found.get("grouping_keys", [])), properties),
        asking.conditions("filters", [_filter(f"filters[{n}]", each, properties) for n, each in enumerate(filters)]),
        _events(found["events"]) if "events" in found else None,
    )


def _decode(body: bytes) -> Any:
    """Python's own reader takes names twice, NaN and rounded numbers; this one does not."""
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=number,
            parse_float=number,
            parse_constant=number,
        )
    except BadQuestion:
        raise
    except (ValueError, RecursionError):
        raise BadQuestion(Text("{name} is not JSON.", name="body")) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise BadQuestion(Text("{name} is there twice.", name=_shown(next(n for n in names if names.count(n) > 1))))
    return found


def _shown(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode("ascii")[:80]


def _object(name: str, value: Any, needed: frozenset[str], allowed: frozenset[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadQuestion(Text("{name} must be an object.", name=name))
    inside = "" if name == "body" else f"{name}."
    for each in value:
        if each not in allowed:
            raise BadQuestion(
                Text("{name} is not known; known are {words}.", name=inside + _shown(each), words=_listed(allowed))
            )
    for each in sorted(needed - value.keys()):
        raise BadQuestion(Text("{name} is missing.", name=inside + each))
    return value


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BadQuestion(Text("{name} must be a list.", name=name))
    return value


def _texts(name: str, value: Any) -> list[str]:
    return [_text(f"{name}[{n}]", each) for n, each in enumerate(_list(name, value))]


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadQuestion(Text("{name} must be a text.", name=name))
    return value


def _day(name: str, value: Any) -> date:
    try:
        if _DATE.fullmatch(text := _text(name, value)) and 2000 <= (day := date.fromisoformat(text)).year <= 2200:
            return day
    except ValueError as error:
        if isinstance(error, BadQuestion):
            raise
    raise BadQuestion(Text("{name} must be a day, written as {form}.", name=name, form="YYYY-MM-DD"))


def _price_ids(value: Any) -> tuple[str, ...]:
    found = _texts("price_ids", value)
    if not 1 <= len(found) <= asking.MOST_PRICES:
        raise BadQuestion(Text("{name} must be from 1 to {most}.", name="price_ids", most=asking.MOST_PRICES))
    if len(set(found)) < len(found):
        raise BadQuestion(Text("{name} has the same twice.", name="price_ids"))
    return tuple(found)


def _filter(name: str, value: Any, properties: Mapping[str, str]) -> Condition:
    found = _object(name, value, _FILTER, _FILTER)
    named, op = _text(f"{name}.property", found["property"]), _text(f"{name}.op", found["op"])
    return asking.condition(f"{name}.", named, op, found["value"], properties)


def _events(value: Any) -> tuple[Event, ...]:
    found = _list("events", value)
    if not 1 <= len(found) <= asking.MOST_EVENTS:
        raise BadQuestion(Text("{name} must be from 1 to {most}.", name="events", most=asking.MOST_EVENTS))
    return tuple(_event(f"events[{n}]", each) for n, each in enumerate(found))


def _event(name: str, value: Any) -> Event:
    found = _object(name, value, _EVENT, _EVENT)
    named = asking.plain(f"{name}.event_name", _text(f"{name}.event_name", found["event_name"]))
    properties = found["properties"]
    if not isinstance(properties, dict) or len(properties) > asking.MOST_PROPERTIES:
        raise BadQuestion(
            Text("{name} must be an object of at most {most}.", name=f"{name}.properties", most=asking.MOST_PROPERTIES)
        )
    return Event(
        named,
        _instant(f"{name}.timestamp", found["timestamp"]),
        {
            asking.plain(f"{name}.properties", key): _property(f"{name}.properties", properties[key])
            for key in properties
        },
    )


def _instant(name: str, value: Any) -> datetime:
    moment = stamp(_text(name, value))
    if moment is None:
        raise BadQuestion(Text("{name} must be an instant with its zone, in ISO 8601.", name=name))
    return moment


def _property(name: str, value: Any) -> Property:
    match value:
        case bool() | Decimal() | "":
            return value
        case str():
            return asking.plain(name, value)
    raise BadQuestion(Text("{name} must hold texts, numbers, true and false alone.", name=name))
