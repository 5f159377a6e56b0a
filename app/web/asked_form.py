"""A question to Explore as a form: the same fields in an address, in a POST, and on the page that comes back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from app import asking
from app.asking import Asked, BadQuestion, Event
from app.money import number
from app.query import BadQuery
from app.words import Text

_QUERY = ("timeframe_start", "timeframe_end", "group_by", "then_by")
_ESTIMATE = ("event_name", "events", "amount_property", "amount", "group_property", "group_value")
_SINGLE = (*_QUERY, *_ESTIMATE, "mode", "format")
_FILTER = re.compile(r"(property|op|value)_([1-9][0-9]?)", re.ASCII)
_ROWS = 2  # filters that stand there to be filled in

# What the form calls its parts.
LABELS: Mapping[str, Text] = {
    "timeframe_start": Text("The first day"),
    "timeframe_end": Text("The day after the last"),
    "event_name": Text("The name of the event"),
    "events": Text("The number of events"),
    "amount_property": Text("The property with a number"),
    "amount": Text("The number in each event"),
    "group_value": Text("The value of the property"),
    "group_property": Text("The other property"),
    "price_id": Text("The price"),
    "group_by": Text("The grouping"),
    "filters": Text("The filters"),
    **{f"value_{n}": Text("The value of filter {n}", n=n) for n in range(1, asking.MOST_FILTERS + 1)},
    **{f"op_{n}": Text("The comparison of filter {n}", n=n) for n in range(1, asking.MOST_FILTERS + 1)},
    **{f"property_{n}": Text("The property of filter {n}", n=n) for n in range(1, asking.MOST_FILTERS + 1)},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One filter as it stands in the form, under its number."""

    number: int
    property: str = ""
    op: str = "eq"
    value: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in, word for word; what was left empty is not there."""

    price_ids: tuple[str, ...]
    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def is_estimate(self) -> bool:
        return self["mode"] == "estimate"

    @property
    def rows(self) -> tuple[Row, ...]:
        """The filters, and after them an empty one as long as there may be more."""
        filled = [
            self._row(n) for n in range(1, asking.MOST_FILTERS + 1) if self[f"property_{n}"] or self[f"value_{n}"]
        ]
        last = max((row.number for row in filled), default=0)
        free = [Row(n) for n in range(last + 1, min(max(last + 1, _ROWS), asking.MOST_FILTERS) + 1)]
        return (*filled, *free)

    @property
    def address(self) -> str:
        """The same question as the query of an address."""
        pairs = [("price_id", each) for each in self.price_ids]
        return urlencode([*pairs, *((name, text) for name, text in self.fields.items() if name != "format")])

    def _row(self, n: int) -> Row:
        return Row(n, self[f"property_{n}"], self[f"op_{n}"] or "eq", self[f"value_{n}"])


def form(pairs: Iterable[tuple[str, str]]) -> Form:
    """What was filled in. Raises BadQuery where a field is unknown, or is there twice."""
    prices: list[str] = []
    fields: dict[str, str] = {}
    seen: set[str] = set()
    for name, text in pairs:
        numbered = _FILTER.fullmatch(name)
        if name not in _SINGLE and name != "price_id" and not (numbered and int(numbered[2]) <= asking.MOST_FILTERS):
            raise BadQuery(f"{name!a:.80} is not a parameter")
        if (name in seen and name != "price_id") or (name == "price_id" and text in prices):
            raise BadQuery(f"{name} is given more than once")
        seen.add(name)
        if name == "price_id":
            prices.append(text)
        elif text.strip():
            fields[name] = text.strip()
    if len(prices) > asking.MOST_PRICES:
        raise BadQuery(f"price_id must be given at most {asking.MOST_PRICES} times")
    for name, only in (("mode", "estimate"), ("format", "csv")):
        if fields.get(name, only) != only:
            raise BadQuery(f"{name} must be {only}")
    # The sign of a comparison alone is no filter.
    kept = {
        name: text for name, text in fields.items() if not name.startswith("op_") or f"property{name[2:]}" in fields
    }
    return Form(tuple(each for each in prices if each), kept)


def asked(found: Form, properties: Mapping[str, str], default: tuple[date, date]) -> Asked:
    """The question in a filled-in form, over `default` days where none were chosen. Raises BadQuestion."""
    start, end = asking.days(_day(found, "timeframe_start", default[0]), _day(found, "timeframe_end", default[1]))
    rows = [row for row in found.rows if row.property or row.value]
    return Asked(
        found.price_ids,
        start,
        end,
        asking.keys("group_by", [each for name in ("group_by", "then_by") if (each := found[name])], properties),
        asking.conditions(
            "filters",
            [_condition(row, properties) for row in rows],
        ),
    )


def estimate(found: Form, properties: Mapping[str, str], now: datetime, today: tuple[date, date]) -> Asked:
    """Made-up events of `now`, as many as were filled in, all alike. Raises BadQuestion."""
    if len(found.price_ids) != 1:
        raise BadQuestion(Text("{name} is missing.", name="price_id"))
    held: dict[str, asking.Property] = {}
    if found["amount_property"] or found["amount"]:
        name = asking.plain("amount_property", found["amount_property"])
        held[name] = _number("amount", found["amount"])
    if found["group_property"] or found["group_value"]:
        key = found["group_property"]
        if key not in properties or key in held:
            raise BadQuestion(
                Text("{name} must be one of {words}.", name="group_property", words=", ".join(properties))
            )
        held[key] = asking.plain("group_value", found["group_value"])
    event = Event(asking.plain("event_name", found["event_name"]), now, held)
    return Asked(found.price_ids, *today, events=(event,) * _count("events", found["events"] or "1"))


def _condition(row: Row, properties: Mapping[str, str]) -> asking.Condition:
    """A filter of the form: text, but for numbers that are compared by their size."""
    value: Any = row.value
    if not value:
        raise BadQuestion(Text("{name} is missing.", name=f"value_{row.number}"))
    if row.op == "in":
        value = [text.strip() for text in row.value.split(",") if text.strip()]
    elif row.op in ("lt", "le", "gt", "ge"):
        number = _amount(value)
        value = value if number is None else number
    try:
        return asking.condition("", row.property, row.op, value, properties)
    except BadQuestion as error:
        part = f"{error.text.values['name']}_{row.number}"
        raise BadQuestion(error.text.having(name=part)) from None


def _day(found: Form, name: str, default: date) -> date:
    text = found[name]
    if not text:
        return default
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            day = date.fromisoformat(text)
            if 2000 <= day.year <= 2200:
                return day
    except ValueError:
        pass
    raise BadQuestion(Text("{name} must be a day, written as {form}.", name=name, form="YYYY-MM-DD"))


def _number(name: str, text: str) -> Decimal:
    amount = _amount(text)
    if amount is None:
        raise BadQuestion(Text("{name} must be a number such as {example}.", name=name, example="1000000"))
    return amount


def _amount(text: str) -> Decimal | None:
    """The number that a text is; None where it is none."""
    try:
        return number(text)
    except ValueError:
        return None


def _count(name: str, text: str) -> int:
    number = int(text) if re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) else 0
    if not 1 <= number <= asking.MOST_EVENTS:
        raise BadQuestion(Text("{name} must be from 1 to {most}.", name=name, most=asking.MOST_EVENTS))
    return number


def comparisons() -> Sequence[tuple[str, Text]]:
    """What a filter may say of its property, in the order of the form."""
    return (
        ("eq", Text("is")),
        ("ne", Text("is not")),
        ("in", Text("is one of")),
        ("lt", Text("is less than")),
        ("le", Text("is at most")),
        ("gt", Text("is more than")),
        ("ge", Text("is at least")),
    )
