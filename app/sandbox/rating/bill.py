"""The bill: lines, credits, conversion, what was invoiced before, tax, and what is left to pay."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.sandbox.catalogue.currencies import digits_of, is_money
from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.rating.accrual import accrued, tally
from app.sandbox.rating.amounts import rounded
from app.sandbox.rating.entries import Ledger
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.rating.licensed import covered
from app.sandbox.rating.lines import Line
from app.sandbox.rating.thresholds import Partial, partials
from app.sandbox.rating.usage import ZERO, Tally, Usage
from app.sandbox.world.periods import local_day, midnight
from app.sandbox.world.world import Subscription, World


@dataclass(frozen=True)
class BillLine:
    """A line of the bill.

    `credits`, with what licenses' allocations pay, and the line's own figures are in the price's currency; `partial`,
    what an earlier invoice had of it, `amount`, what is charged, and `tax` are in the invoice's. `groups` are
    quantities by the price's `invoice_grouping_key`, where it has one.
    """

    line: Line
    credits: Decimal
    partial: Decimal
    amount: Decimal
    tax: Decimal
    converted: bool
    groups: Tally

    @property
    def subtotal(self) -> Decimal:
        """Give the line's part of the bill's subtotal: of a pricing unit, what is charged for in money."""
        return self.amount if self.converted else self.line.subtotal


@dataclass(frozen=True)
class Bill:
    """The bill of one billing period [start, end); `applied` is what the customer's account balance pays of it.

    A negative balance is owed, and adds to the amount due.
    """

    subscription: Subscription
    start: datetime
    end: datetime
    lines: tuple[BillLine, ...]
    partials: tuple[Partial, ...] = ()
    applied: Decimal = ZERO

    @property
    def digits(self) -> int:
        """Give the digits of the invoice's currency."""
        return digits_of(self.subscription.plan.invoiced_in)

    @property
    def subtotal(self) -> Decimal:
        """Add up the lines before discounts and minimums."""
        return sum((line.subtotal for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """Add up the lines after credits, with tax."""
        return sum((line.amount + line.tax for line in self.lines), ZERO)

    @property
    def amount_due(self) -> Decimal:
        """Give what will be charged."""
        return self.total - self.applied


def upcoming_bill(usage: Usage, world: World, subscription: Subscription) -> Bill:
    """Work out the bill of the billing period that holds the instant of the usage, of an active subscription."""
    bill = bill_of(usage, world, subscription, *subscription.period(usage.known))
    balance = subscription.customer.balance
    return replace(bill, applied=min(bill.total, balance) if balance > 0 else balance)


def bill_of(usage: Usage, world: World, subscription: Subscription, start: datetime, end: datetime) -> Bill:
    """Work out what a billing period has come to, before the customer's balance."""
    zone = subscription.customer.zone
    tonight = midnight(local_day(usage.known, zone) + timedelta(days=1), zone)
    until = min(end, tonight)
    (lines,) = accrued(usage, subscription, start, [until])
    units = {price.currency for price in subscription.plan.prices}
    ledgers = {unit: ledger_of(usage, world, subscription.customer, unit) for unit in units}
    before = partials(usage, subscription, start, end)
    return Bill(
        subscription,
        start,
        end,
        tuple(
            replace(
                _bill_line(
                    subscription,
                    line,
                    _paid(usage, subscription, line, ledgers[line.price.currency], start, until),
                    before,
                ),
                groups=_groups(usage, subscription, line.price, start, until),
            )
            for line in lines
        ),
        tuple(before),
    )


def _paid(
    usage: Usage, subscription: Subscription, line: Line, ledger: Ledger | None, start: datetime, until: datetime
) -> Decimal:
    """Say what credits pay of a line: licenses' allocations, and blocks of the ledger."""
    paid = ledger.paid(subscription, line.price, start) if ledger else ZERO
    if line.price.license_type is None:
        return paid
    (allocated,) = covered(usage, subscription, line.price, start, [until])
    return min(paid + allocated, line.total)


def _bill_line(subscription: Subscription, line: Line, paid: Decimal, before: list[Partial]) -> BillLine:
    plan = subscription.plan
    partial = sum((each.amounts.get(line.price.key, ZERO) for each in before), ZERO)
    amount = _converted(plan, line, line.total - paid) - partial
    tax = rounded(amount * plan.tax.percentage / 100, digits_of(plan.invoiced_in)) if plan.tax else ZERO
    return BillLine(line, paid, partial, amount, tax, line.price.currency != plan.invoiced_in, {})


def _groups(usage: Usage, subscription: Subscription, price: Price, start: datetime, until: datetime) -> Tally:
    if price.invoice_grouping_key is None:
        return {}
    (groups,) = tally(usage, subscription, price, start, [until], (price.invoice_grouping_key,))
    return groups


def _converted(plan: Plan, line: Line, amount: Decimal) -> Decimal:
    """Say what credits left of a line in the invoice's currency: overage costs its conversion rate."""
    if line.price.currency == plan.invoiced_in or is_money(line.price.currency):
        return amount
    return rounded(amount * (line.price.conversion_rate or ZERO), digits_of(plan.invoiced_in))
