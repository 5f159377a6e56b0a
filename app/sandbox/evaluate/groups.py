"""Prices evaluated: rows are filtered and grouped, and each group is rated by itself."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import islice

from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.plans import Price
from app.sandbox.evaluate.engine import PATIENCE, Patience, isolated
from app.sandbox.evaluate.expressions import Expression, of_property, parse
from app.sandbox.evaluate.refusals import Refused
from app.sandbox.evaluate.rows import Rows, Sent
from app.sandbox.rating.amounts import rate
from app.sandbox.rating.usage import ZERO, Tally

#: An answer has at most so many groups; those of later evaluations are left out first.
MOST_ROWS = 1_000

#: Holds every digit of a quantity, a rate, a scaling factor and their product.
EXACT = Context(prec=160)

#: A value of a group: text, boolean or exact number.
Value = str | bool | Decimal


@dataclass(frozen=True)
class Evaluation:
    """A price to evaluate; `place` says where in the request it stands, as a prefix of its fields' names."""

    place: str
    price: Price
    metric: Metric
    filter: str | None = None
    grouping_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """What a group came to."""

    grouping_values: tuple[Value, ...]
    quantity: Decimal
    amount: Decimal


class RefusedAt(Exception):
    """An evaluation was refused; `place` names the field."""

    def __init__(self, place: str, why: Refused) -> None:
        super().__init__(str(why))
        self.place = place


def evaluate(evaluations: Iterable[Evaluation], sent: Mapping[str, Sent]) -> list[list[Group]]:
    """Evaluate prices over events by name: for each its groups in the order of their values.

    Without grouping keys there is one group, even of nothing. Raises RefusedAt.
    """
    patience, left = Patience(PATIENCE), MOST_ROWS
    numbered = list(enumerate(evaluations))
    found: dict[int, list[Group]] = {}
    for event_name in dict.fromkeys(each.metric.event_name for _, each in numbered):
        with isolated() as db:
            rows = Rows(db, event_name, patience)
            rows.load(sent[event_name])
            found |= {n: _groups(rows, each) for n, each in numbered if each.metric.event_name == event_name}
    for n, _ in numbered:
        found[n] = found[n][:left]
        left -= len(found[n])
    return [found[n] for n, _ in numbered]


def _groups(rows: Rows, asked: Evaluation) -> list[Group]:
    kept = None if asked.filter is None else _checked(rows, f"{asked.place}filter", asked.filter, boolean=True)
    keys = [
        _checked(rows, f"{asked.place}grouping_keys[{n}]", key, boolean=False)
        for n, key in enumerate(asked.grouping_keys)
    ]
    try:
        measured = rows.tally(asked.price, asked.metric, kept, keys)
    except Refused as why:
        raise RefusedAt(asked.place.rstrip("."), why) from None
    tallies: dict[tuple[Value, ...], Tally] = {} if keys else {(): {}}
    for *values, cell, quantity in measured:
        if all(math.isfinite(value) for value in values if isinstance(value, float)):
            tally = tallies.setdefault(tuple(map(_value, values)), {})
            tally[tuple(cell)] = ZERO if quantity is None else quantity
    with localcontext(EXACT):
        return [
            Group(values, sum(tally.values(), ZERO), rate(asked.price.model, tally))
            for values, tally in islice(tallies.items(), MOST_ROWS)
        ]


def _checked(rows: Rows, place: str, source: str, *, boolean: bool) -> Expression:
    """Read an expression. The name of a property that occurs is that property, whatever signs are in it."""
    try:
        known = not boolean and rows.kind(source) != "NULL"
        return rows.check(of_property(source) if known else parse(source), boolean=boolean)
    except Refused as why:
        raise RefusedAt(place, why) from None


def _value(value: str | bool | float | Decimal) -> Value:
    return value if isinstance(value, str | bool) else Decimal(repr(value) if isinstance(value, float) else value)
