"""Threshold invoices: what was invoiced before the period's end because it had grown large."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.sandbox.catalogue.currencies import is_money
from app.sandbox.rating.accrual import accrued
from app.sandbox.rating.usage import ZERO, Usage
from app.sandbox.world.periods import days
from app.sandbox.world.world import Subscription


@dataclass(frozen=True)
class Partial:
    """An invoice of what had accrued at `at` and was not invoiced before: amounts by the keys of prices."""

    at: datetime
    amounts: dict[str, Decimal]

    @property
    def total(self) -> Decimal:
        """Add up the prices."""
        return sum(self.amounts.values(), ZERO)


def partials(usage: Usage, subscription: Subscription, start: datetime, end: datetime) -> list[Partial]:
    """List the threshold invoices of a billing period: one at each end of a day that finds enough not invoiced."""
    threshold = subscription.plan.invoicing_threshold
    if threshold is None:
        return []
    ends = [stop for _, stop in days(start, end, subscription.customer.zone) if stop <= usage.known and stop < end]
    found: list[Partial] = []
    invoiced: dict[str, Decimal] = {}
    for at, lines in zip(ends, accrued(usage, subscription, start, ends), strict=True):
        totals = {line.price.key: line.total for line in lines if is_money(line.price.currency)}
        amounts = {key: total - invoiced.get(key, ZERO) for key, total in totals.items()}
        if sum(amounts.values(), ZERO) >= threshold:
            found.append(Partial(at, amounts))
            invoiced = totals
    return found
