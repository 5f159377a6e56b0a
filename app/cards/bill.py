"""What the customer is on track to be charged: one bill per subscription, never summed.

The one card whose figure is the amount due. Source: Orb's upcoming invoice, the only answer with discounts,
minimums, credits and tax in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from app.account.account import Account
from app.cache.cache import Answer
from app.cards.base import Card, Outcome, Row, Table, empty, of_parts, sentence
from app.days import Period
from app.listing import Nothing
from app.money import Money, Quantity, Unit, difference, total, unit
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query
from app.together import settled
from app.words import Text, Words

_ADJUSTMENTS = {
    "usage_discount": ("discount", Text("Discount"), -1),
    "amount_discount": ("discount", Text("Discount"), -1),
    "percentage_discount": ("discount", Text("Discount"), -1),
    "tiered_percentage_discount": ("discount", Text("Discount"), -1),
    "minimum": ("minimum", Text("Added to reach the minimum"), 1),
    "maximum": ("maximum", Text("Taken off above the maximum"), -1),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One charge: what it is, how much of it, and what it costs at list price.

    `charged` is there on a line in a pricing unit: what credits did not pay of it, in the invoice's money.
    """

    name: str
    quantity: Quantity | None
    subtotal: Money
    charged: Money | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way from the subtotal to the amount due."""

    kind: str
    label: Words
    amount: Money


@dataclass(frozen=True, slots=True)
class Bill:
    """One subscription's bill. `subtotal` plus every step of `bridge` is `amount_due`, exactly."""

    subscription_id: str
    name: str
    status: str
    code: str | None = None
    message: Text | None = None
    period: Period | None = None
    subtotal: wire.Subtotal | None = None
    total: Money | None = None
    amount_due: wire.AmountDue | None = None
    target_date: datetime | None = None
    lines: tuple[Line, ...] = ()
    bridge: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Bills:
    subscriptions: tuple[Bill, ...]


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    shown = listing.shown(query.subscription_id)
    if not shown:
        return empty(listing, "no_upcoming_invoice")
    outcomes = await settled(OrbError, *(partial(account.upcoming_invoice, each) for each in shown))
    bills = [_bill(each, outcome) for each, outcome in zip(shown, outcomes, strict=True)]
    answers = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    error = next((outcome for outcome in outcomes if isinstance(outcome, OrbError)), None)
    return of_parts(listing, Bills(tuple(bills)), bills, answers, error)


def _bill(subscription: wire.Subscription, outcome: Answer[wire.Invoice | Nothing] | OrbError) -> Bill:
    if isinstance(outcome, OrbError):
        return Bill(subscription.id, subscription.title, "failed", outcome.code, sentence(outcome.code))
    return view(subscription, outcome.reading.value)


def view(subscription: wire.Subscription, invoice: wire.Invoice | Nothing) -> Bill:
    """The bill of one subscription in the words of its upcoming invoice."""
    if isinstance(invoice, Nothing):
        return Bill(subscription.id, subscription.title, "empty", invoice.code, sentence(invoice.code))
    currency = unit(invoice.currency)
    return Bill(
        subscription.id,
        subscription.title,
        "ready",
        period=subscription.period,
        subtotal=wire.Subtotal(invoice.subtotal, currency),
        total=Money(invoice.total, currency),
        amount_due=wire.AmountDue(invoice),
        target_date=invoice.target_date,
        lines=tuple(_line(line, currency) for line in invoice.line_items),
        bridge=tuple(bridge(invoice)),
    )


def _line(line: wire.LineItem, currency: Unit) -> Line:
    own = unit(line.price.currency) if line.price and line.price.currency else currency
    return Line(
        line.name,
        None if line.quantity is None else Quantity(line.quantity),
        Money(line.subtotal, own),
        None if own == currency else Money(line.amount, currency),
    )


def bridge(invoice: wire.Invoice) -> list[Step]:
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
    return [Step(kind, label, Money(amount, currency)) for (kind, label), amount in amounts.items() if amount]


def _effects(invoice: wire.Invoice) -> Iterator[tuple[str, Words, Decimal]]:
    lines = [line for line in invoice.line_items if _in_money_of(invoice, line)]
    for line in lines:
        for adjustment in line.adjustments:
            kind, label, sign = _ADJUSTMENTS.get(adjustment.adjustment_type, ("adjustment", Text("Adjustment"), -1))
            rate = adjustment.percentage_discount
            named = adjustment.reason or label
            yield kind, named if rate is None else _at(named, rate * 100), sign * adjustment.amount
    for line in lines:
        yield "credits", Text("Prepaid credits"), -line.credits_applied
    for line in invoice.line_items:
        yield "partial_invoice", Text("Invoiced already"), -line.partially_invoiced_amount
    for line in invoice.line_items:
        for tax in line.tax_amounts:
            rate = tax.tax_rate_percentage
            named = tax.tax_rate_description or Text("Tax")
            yield "tax", named if rate is None else _at(named, rate), tax.amount


def _at(named: Words, rate: Decimal) -> Text:
    return Text("{name} {rate}%", name=named, rate=Quantity(rate))


def _in_money_of(invoice: wire.Invoice, line: wire.LineItem) -> bool:
    """Whether a line's own figures count in the bill: those of a pricing unit are not money."""
    return line.price is None or line.price.currency is None or unit(line.price.currency) == unit(invoice.currency)


def table(data: Bills) -> Table:
    """Every line and every step of each bill, in page order."""
    columns = ("subscription_id", "subscription", "kind", "name", "quantity", "amount", "unit", "period")
    return Table(columns, tuple(row for bill in data.subscriptions for row in _rows(bill)))


def _rows(bill: Bill) -> Iterator[Row]:
    own = (bill.subscription_id, bill.name)
    for line in bill.lines:
        yield (*own, "line", line.name, line.quantity, line.subtotal, line.subtotal.unit.code, bill.period)
    steps = [("subtotal", Text("Subtotal"), bill.subtotal), *((s.kind, s.label, s.amount) for s in bill.bridge)]
    for kind, label, amount in [*steps, ("amount_due", Text("Amount due"), bill.amount_due)]:
        if amount is not None:
            yield (*own, kind, label, None, amount, amount.unit.code, bill.period)


CARD = Card("bill", Text("Bill"), "amount_due", load, table)
