"""Threshold invoices: what was invoiced before the period's end because it had grown large."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.sandbox.catalogue.currencies import is_money
from app.sandbox.rating.accrual import accrued
from app.sandbox.rating.lines import Line
from app.sandbox.rating.usage import ZERO, Usage
from app.sandbox.world.periods import days
from app.sandbox.world.world import Subscription


@dataclass(frozen=True)
class Partial:
    """An invoice of what the prices in money had come to at `at`, less what was invoiced of them `before`, by key."""

    at: datetime
    lines: tuple[Line, ...]
    before: Mapping[str, Decimal]

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Give what it charges, by the keys of prices."""
        return {line.price.key: line.total - self.before.get(line.price.key, ZERO) for line in self.lines}

    @property
    def total(self) -> Decimal:
        """Add up the prices."""
        return sum(self.amounts.values(), ZERO)


def partials(usage: Usage, subscription: Subscription, start: datetime, end: datetime) -> list[Partial]:
    """List the threshold invoices of a billing period: one at each end of a day that finds enough not invoiced.

    Each keeps the usage that had been received when it was issued; what comes later is left to the next.
    """
    threshold = subscription.plan.invoicing_threshold
    if threshold is None:
        return []
    ends = [stop for _, stop in days(start, end, subscription.customer.zone) if stop <= usage.known and stop < end]
    found: list[Partial] = []
    invoiced: dict[str, Decimal] = {}
    for at, lines in zip(ends, accrued(replace(usage, as_seen=True), subscription, start, ends), strict=True):
        partial = Partial(at, tuple(line for line in lines if is_money(line.price.currency)), invoiced)
        if partial.total >= threshold:
            found.append(partial)
            invoiced = {line.price.key: line.total for line in partial.lines}
    return found
