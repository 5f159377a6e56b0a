"""A type of ours as JSON Schema: what the encoder writes for its values, told from its annotations alone."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from app.days import DayName
from app.labels import Label
from app.money import Money, Quantity
from app.words import Text

Schema = dict[str, Any]

_NUMBER = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_PLAIN: dict[type, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Decimal: _NUMBER,
    Quantity: _NUMBER,
    Text: {"type": "string"},
    Label: {"type": "string"},
    DayName: {"type": "string"},
}
_AMOUNT = {"amount": _NUMBER, "unit": {"type": "string"}, "text": {"type": "string"}}


class Schemas:
    """Collects a component for every type of ours that `of` meets; `components` are those by name."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._named: dict[type, str] = {}

    def of(self, kind: Any) -> Schema:
        """The schema of a type, with references to components. Raises TypeError for what the encoder cannot write."""
        if kind is Any:
            return {}
        origin, inner = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            return _either([self.of(each) for each in inner])
        if origin is Literal:
            return {"enum": list(inner)}
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(inner[1])}
        if origin is not None and issubclass(origin, Sequence):
            return {"type": "array", "items": self.of(inner[0])}
        for plain, schema in _PLAIN.items():
            if inspect.isclass(kind) and issubclass(kind, plain) and not (plain is int and kind is bool):
                return schema
        return {"$ref": f"#/components/schemas/{self._name(kind)}"}

    def properties(self, kind: Any) -> dict[str, Schema]:
        """The schema of each field of a type that is an object."""
        hints = get_type_hints(kind)
        return {each.name: self.of(hints[each.name]) for each in fields(kind)}

    def _name(self, kind: Any) -> str:
        if kind not in self._named:
            room = kind.__module__.rpartition(".")[2].title()
            self._named[kind] = kind.__name__ if kind.__name__ not in self.components else room + kind.__name__
            self.components[self._named[kind]] = {}  # it may hold itself
            self.components[self._named[kind]].update(self._object(kind))
        return self._named[kind]

    def _object(self, kind: Any) -> Schema:
        if issubclass(kind, Money):
            return _object(_AMOUNT, list(_AMOUNT), kind)
        if is_typeddict(kind):
            found = {name: self.of(hint) for name, hint in get_type_hints(kind).items()}
            return _object(found, list(found), kind)
        if is_dataclass(kind):
            found = self.properties(kind)
            return _object(found, list(found), kind)
        raise TypeError(f"no schema for {kind}")


def _object(properties: Mapping[str, Schema], required: Sequence[str], kind: Any) -> Schema:
    said = (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")
    about = {} if said.startswith(f"{kind.__name__}(") or not said else {"description": said}
    return {"type": "object", **about, "properties": dict(properties), "required": list(required)}


def _either(schemas: list[Schema]) -> Schema:
    """Any of several; what says the same in JSON is said once."""
    found: list[Schema] = []
    for each in schemas:
        if each not in found:
            found.append(each)
    return found[0] if len(found) == 1 else {"anyOf": found}
