"""The bill: lines, credits, conversion, what was invoiced before, tax, and what is left to pay."""

from dataclasses import dataclass, replace
from datetime import datetime
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
from app.sandbox.world.periods import day_end
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
        return self.amount + self.partial if self.converted else self.line.subtotal


@dataclass(frozen=True)
class Bill:
    """The bill of one billing period [start, end); `balance` is what is on the customer's account when it is issued.

    A positive balance pays of it what it can; a negative one is owed, and adds to the amount due.
    """

    subscription: Subscription
    start: datetime
    end: datetime
    lines: tuple[BillLine, ...]
    balance: Decimal = ZERO

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
    def applied(self) -> Decimal:
        """Give what the account balance pays, negative if it is owed."""
        return min(self.balance, max(self.total, ZERO))

    @property
    def amount_due(self) -> Decimal:
        """Give what will be charged."""
        return self.total - self.applied

    def settled(self, balance: Decimal) -> "Bill":
        """Set it against what is on the account."""
        return replace(self, balance=balance)


def bill_of(usage: Usage, world: World, subscription: Subscription, start: datetime, end: datetime) -> Bill:
    """Work out what a billing period has come to, before the customer's balance."""
    until = min(end, day_end(usage.known, subscription.customer.zone))
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
    )


def partial_bill(subscription: Subscription, start: datetime, partial: Partial) -> Bill:
    """Make the bill of a threshold invoice: what the period had come to, less what was invoiced before."""
    plan = subscription.plan
    lines = (
        BillLine(
            line,
            credits=ZERO,
            partial=partial.before.get(line.price.key, ZERO),
            amount=partial.amounts[line.price.key],
            tax=_tax(plan, partial.amounts[line.price.key]),
            converted=False,
            groups={},
        )
        for line in partial.lines
    )
    return Bill(subscription, start, partial.at, tuple(lines))


def _paid(
    usage: Usage, subscription: Subscription, line: Line, ledger: Ledger | None, start: datetime, until: datetime
) -> Decimal:
    """Say what credits pay of a line: licenses' allocations, and blocks of the ledger."""
    paid = ledger.paid(subscription, line.price, start) if ledger else ZERO
    (allocated,) = covered(usage, subscription, line.price, start, [until])
    # What was drawn stays drawn, even where a bulk price or a minimum that moves made the line smaller since.
    return max(ZERO, min(paid + allocated, line.total))


def _bill_line(subscription: Subscription, line: Line, paid: Decimal, before: list[Partial]) -> BillLine:
    plan = subscription.plan
    partial = sum((each.amounts.get(line.price.key, ZERO) for each in before), ZERO)
    amount = _converted(plan, line, line.total - paid) - partial
    return BillLine(line, paid, partial, amount, _tax(plan, amount), line.price.currency != plan.invoiced_in, {})


def _tax(plan: Plan, amount: Decimal) -> Decimal:
    return rounded(amount * plan.tax.percentage / 100, digits_of(plan.invoiced_in)) if plan.tax else ZERO


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
