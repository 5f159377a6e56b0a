"""What an operator calls things: event properties, their values, and pricing units, in the languages of the readers.

Read from a TOML file, `ORRERY_LABELS`:

    [workspace_id]
    label = "Workspace"

    [workspace_id.values]
    checkout-prod = "Checkout"

    [units.sparks]
    one = "spark"
    other = "sparks"

A name may be a table of languages instead: `label = {en = "Workspace", de = "Arbeitsbereich"}`. The forms of a unit
are CLDR's plural categories.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from app.words import Text

# A name in every language (under ""), or in some of them by their codes.
Name = Mapping[str, str]

CATEGORIES = ("zero", "one", "two", "few", "many", "other")


class Label:
    """An event property as readers will see it, or one of its values. Written where the reader's locale is known.

    `otherwise` is what it is called without a name. Immutable; equal by what it stands for.
    """

    __slots__ = ("key", "otherwise", "value")

    key: str
    value: str | None
    otherwise: str

    def __init__(self, key: str, value: str | None, otherwise: str) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "otherwise", otherwise)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Label does not change")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Label) and self._all == other._all

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return f"Label{self._all}"

    @property
    def _all(self) -> tuple[str, str | None, str]:
        return self.key, self.value, self.otherwise


def property_label(key: str, otherwise: str) -> Label:
    """What an event property is called, such as `Workspace`."""
    return Label(key, None, otherwise)


def value_label(key: str, value: str) -> Label | Text:
    """What a value of an event property is called, such as `Checkout`; a blank one is said to have no name."""
    return Label(key, value, value) if value.strip() else Text("(no name)")


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Names by what Orb calls a thing. What has no name is called as Orb calls it.

    `properties` and `values` (by property, then value) hold names; `units` the forms of a pricing unit by plural
    category.
    """

    properties: Mapping[str, Name] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Name]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, Name]] = field(default_factory=dict)

    def name(self, label: Label, language: str) -> str:
        """What that is called in that language; without a name, what it is called otherwise."""
        names = self.properties if label.value is None else self.values.get(label.key, {})
        return _in(names.get(label.key if label.value is None else label.value), language) or label.otherwise

    def unit(self, code: str, category: str, language: str) -> str | None:
        """The form beside a count of that category; where it is not told, that beside any other count."""
        forms = self.units.get(code, {})
        return _in(forms.get(category), language) or _in(forms.get("other"), language)


NO_LABELS = Labels()


def _in(name: Name | None, language: str) -> str | None:
    """The name in that language, in English, or in all."""
    if name is None:
        return None
    return name.get(language) or name.get("") or name.get("en")


class BadLabels(ValueError):
    """A file of labels that cannot be read as one; says which name in it is wrong."""


def read(tables: Mapping[str, object]) -> Labels:
    """The labels in a TOML file's tables. Raises BadLabels."""
    properties: dict[str, Name] = {}
    values: dict[str, dict[str, Name]] = {}
    for key, table in tables.items():
        if key == "units":
            continue
        own = _table(key, table)
        if unknown := own.keys() - {"label", "values"}:
            raise BadLabels(f"{key} has {min(unknown)!r}; known are label and values")
        if "label" in own:
            properties[key] = _name(f"{key}.label", own["label"])
        named = _table(f"{key}.values", own.get("values", {}))
        values[key] = {value: _name(f"{key}.values.{value}", name) for value, name in named.items()}
    units = _table("units", tables.get("units", {}))
    return Labels(properties, values, {code: _forms(code, forms) for code, forms in units.items()})


def _forms(code: str, forms: object) -> dict[str, Name]:
    own = _table(f"units.{code}", forms)
    if unknown := own.keys() - set(CATEGORIES):
        raise BadLabels(f"units.{code} has {min(unknown)!r}; known are {', '.join(CATEGORIES)}")
    if "other" not in own:
        raise BadLabels(f"units.{code} has no 'other', the form beside most counts")
    return {category: _name(f"units.{code}.{category}", name) for category, name in own.items()}


def _table(where: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadLabels(f"{where} is not a table")
    return value


def _name(where: str, value: object) -> Name:
    names = {"": value} if isinstance(value, str) else _table(where, value)
    found = {}
    for language, name in names.items():
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 200:
            raise BadLabels(f"{where} is not a name of 1 to 200 printable characters")
        found[language] = name
    return found
