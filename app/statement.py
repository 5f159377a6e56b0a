"""An invoice of Orb's as a reader walks through it: its lines, and the steps from their subtotal to the amount due.

Shared by the bill and by the pages of invoices: the same figures read the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.days import Period
from app.labels import Label, value_label
from app.money import Money, Quantity, Rate, Unit, UnitPrice, difference, total, unit
from app.orb import wire
from app.orb.lines import Adjustment, LineItem, SubGrouping, SubLineItem, Tier
from app.words import Text, Words

# What Orb does to a line, in its order (https://docs.withorb.com, "Invoice calculations"): the kind of step, what it
# is called unless somebody gave a reason, and whether it takes off or adds.
_ADJUSTMENTS = {
    "usage_discount": ("discount", Text("Discount"), -1),
    "amount_discount": ("discount", Text("Discount"), -1),
    "percentage_discount": ("discount", Text("Discount"), -1),
    "tiered_percentage_discount": ("discount", Text("Discount"), -1),
    "minimum": ("minimum", Text("Added to reach the minimum"), 1),
    "maximum": ("maximum", Text("Taken off above the maximum"), -1),
}
# A kind, a label and what it adds.
_Effect = tuple[str, Words, Decimal]

_OTHER = ("adjustment", Text("Adjustment"), -1)
_ORDER = tuple(_ADJUSTMENTS)


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way from a subtotal to what is due."""

    kind: str
    label: Words
    amount: Money


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line: a tier, a cell of a matrix, a group. `detail` says which units a tier holds."""

    name: str
    group: Label | Text | None
    detail: Text | None
    quantity: Quantity | None
    amount: Money
    cell: bool = False

    @property
    def is_group(self) -> bool:
        """Whether it is a group and no more: a tier or a cell can lie within one."""
        return self.group is not None and self.detail is None and not self.cell


@dataclass(frozen=True, slots=True)
class Line:
    """One charge: what it is, how much of it, and what it costs at list price.

    `charged` is there on a line in a pricing unit: what credits did not pay of it, in the invoice's money.
    `period` is there where the line is for other days than its invoice, such as a fee in advance. `adjustments`
    are what was taken off or added, in the unit of the line. `parts` make up the line; `groups` tell the same line
    once more, by an event property.
    """

    name: str
    group: str | None
    quantity: Quantity | None
    subtotal: Money
    charged: Money | None
    period: Period | None
    parts: tuple[Part, ...]
    groups: tuple[Part, ...]
    adjustments: tuple[Step, ...]

    @property
    def overlap(self) -> bool:
        """Whether the groups come to something else than the line, as those of unique counts do."""
        return bool(self.groups) and total([part.amount.amount for part in self.groups]) != self.subtotal.amount


def lines(invoice: wire.Invoice, period: Period | None = None) -> tuple[Line, ...]:
    """The charges of an invoice; `period` is the one whose lines need not say when they are for."""
    currency = unit(invoice.currency)
    return tuple(_line(line, currency, period) for line in invoice.line_items)


def _line(line: LineItem, currency: Unit, period: Period | None) -> Line:
    own = unit(line.price.currency) if line.price and line.price.currency else currency
    parts = [_part(part, own) for part in line.sub_line_items]
    return Line(
        line.name,
        line.grouping,
        None if line.quantity is None else Quantity(line.quantity),
        Money(line.subtotal, own),
        None if own == currency else Money(line.amount, currency),
        _other_days(line.start_date, line.end_date, period),
        tuple(part for part in parts if not part.is_group),
        tuple(part for part in parts if part.is_group),
        tuple(_step(effect, own) for effect in map(_effect, _in_order(line.adjustments))),
    )


def _step(effect: _Effect, counted: Unit) -> Step:
    kind, label, amount = effect
    return Step(kind, label, Money(amount, counted))


def _other_days(start: datetime | None, end: datetime | None, period: Period | None) -> Period | None:
    """The line's own days where they reach out of the invoice's period."""
    if start is None or end is None or period is None or (period.start <= start and end <= period.end):
        return None
    return Period(start, end)


def _part(part: SubLineItem, own: Unit) -> Part:
    quantity = None if part.quantity is None else Quantity(part.quantity)
    detail, amount = _tier(part.tier_config, own), Money(part.amount, own)
    return Part(part.name, _group(part.grouping), detail, quantity, amount, cell=part.matrix_config is not None)


def _group(grouping: SubGrouping | None) -> Label | Text | None:
    if grouping is None:
        return None
    return Text("Others") if grouping.value is None else value_label(grouping.key, grouping.value)


def _tier(tier: Tier | None, own: Unit) -> Text | None:
    if tier is None or tier.first_unit is None or tier.unit_amount is None:
        return None
    values = {"first": Quantity(tier.first_unit), "price": UnitPrice(tier.unit_amount, own)}
    if tier.last_unit is None:
        return Text("above {first}, {price} each", **values)
    return Text("{first} to {last}, {price} each", last=Quantity(tier.last_unit), **values)


def bridge(invoice: wire.Invoice) -> tuple[Step, ...]:
    """The steps from subtotal to amount due, in Orb's order; those that come to nothing are left out.

    The customer's balance is what lies between `total` and `amount_due`: Orb does not publish the sign of its
    balance transactions. What Orb's own figures leave over is a step of the kind `unexplained`.
    """
    currency = unit(invoice.currency)
    amounts: dict[tuple[str, Words], Decimal] = {}
    for kind, label, amount in _effects(invoice):
        amounts[kind, label] = total([amounts.get((kind, label), Decimal(0)), amount])
    explained = total([invoice.subtotal, *amounts.values()])
    amounts["unexplained", Text("Not explained by the invoice")] = difference(invoice.total, explained)
    balance = difference(invoice.amount_due, invoice.total)
    label = Text("Account balance applied") if balance < 0 else Text("Account balance owed")
    amounts["customer_balance", label] = balance
    return tuple(Step(kind, label, Money(amount, currency)) for (kind, label), amount in amounts.items() if amount)


def _effects(invoice: wire.Invoice) -> Iterator[_Effect]:
    """What every line adds and takes off, sorted by what Orb does first, not by line."""
    own = [line for line in invoice.line_items if _in_money_of(invoice, line)]
    yield from map(_effect, _in_order([adjustment for line in own for adjustment in line.adjustments]))
    for line in own:
        yield "credits", Text("Prepaid credits"), -line.credits_applied
    for line in invoice.line_items:
        yield "partial_invoice", Text("Invoiced already"), -line.partially_invoiced_amount
    for line in invoice.line_items:
        for tax in line.tax_amounts:
            rate, named = tax.tax_rate_percentage, tax.tax_rate_description or Text("Tax")
            yield "tax", named if rate is None else _at(named, rate), tax.amount


def _effect(adjustment: Adjustment) -> _Effect:
    kind, label, sign = _ADJUSTMENTS.get(adjustment.adjustment_type, _OTHER)
    rate, named = adjustment.percentage_discount, adjustment.reason or label
    return kind, named if rate is None else _at(named, rate * 100), sign * adjustment.amount


def _in_order(adjustments: Sequence[Adjustment]) -> list[Adjustment]:
    """By what Orb does first: each kind to the line, then to the invoice."""
    return sorted(adjustments, key=lambda each: (_rank(each.adjustment_type), each.is_invoice_level))


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _at(named: Words, rate: Decimal) -> Text:
    return Text("{name} {rate}", name=named, rate=Rate(rate))


def _in_money_of(invoice: wire.Invoice, line: LineItem) -> bool:
    """Whether a line's own figures count in the bill: those of a pricing unit are not money."""
    return line.price is None or line.price.currency is None or unit(line.price.currency) == unit(invoice.currency)
