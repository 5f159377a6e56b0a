"""The upcoming bill: lines, credits, tax, and what is left to pay."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.sandbox.rating.rating import ZERO, Line, accrued, rounded
from app.sandbox.world.world import Subscription


@dataclass(frozen=True)
class BillLine:
    """A line of the bill: `credits` of a prepaid plan pay all of it, then `amount` is zero."""

    line: Line
    credits: Decimal
    tax: Decimal

    @property
    def amount(self) -> Decimal:
        """Give what is charged for the line in money, before tax."""
        return self.line.total - self.credits


@dataclass(frozen=True)
class Bill:
    """The bill of one billing period so far; `applied` is what the customer's account balance pays of it."""

    subscription: Subscription
    start: datetime
    end: datetime
    lines: tuple[BillLine, ...]
    applied: Decimal

    @property
    def subtotal(self) -> Decimal:
        """Add up the lines before discounts and minimums."""
        return sum((bill_line.line.subtotal for bill_line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """Add up the lines after credits, with tax."""
        return sum((bill_line.amount + bill_line.tax for bill_line in self.lines), ZERO)

    @property
    def amount_due(self) -> Decimal:
        """Give what will be charged."""
        return self.total - self.applied


def upcoming_bill(subscription: Subscription, now: datetime) -> Bill:
    """Work out the bill of the billing period that holds now, of an active subscription."""
    plan = subscription.plan
    start, end = subscription.period(now)
    lines = tuple(_bill_line(subscription, line) for line in accrued(subscription, start, now))
    bill = Bill(subscription, start, end, lines, ZERO)
    applied = rounded(min(bill.total, subscription.customer.balance), plan.digits)
    return Bill(subscription, start, end, lines, applied)


def _bill_line(subscription: Subscription, line: Line) -> BillLine:
    plan = subscription.plan
    if plan.prepaid:
        return BillLine(line, credits=line.total, tax=ZERO)
    tax = rounded(line.total * plan.tax.percentage / 100, plan.digits) if plan.tax else ZERO
    return BillLine(line, credits=ZERO, tax=tax)
