"""What usage costs: exact decimal arithmetic from counted units to the lines of a bill.

A line's amounts are those of everything used since the billing period began, rounded to the plan's digits. What
a part of the period cost is the difference of two such figures, so days always add up to the bill.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from app.sandbox.catalogue.plans import Plan, Price, Tier
from app.sandbox.world.world import Subscription

ZERO = Decimal(0)


@dataclass(frozen=True)
class Line:
    """One price in a billing period so far; `top_up` is its part of what a plan minimum adds."""

    price: Price
    quantity: Decimal
    subtotal: Decimal
    discount: Decimal = ZERO
    top_up: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Give the amount after discount and minimum, before credits, tax and balance."""
        return self.subtotal - self.discount + self.top_up


def rounded(amount: Decimal, digits: int) -> Decimal:
    """Round half up to a number of digits."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def accrued(subscription: Subscription, period_start: datetime, until: datetime) -> tuple[Line, ...]:
    """Rate the period so far: what the bill would list if the period ended at `until`.

    Fixed fees accrue in full with the first instant of the period.
    """
    units = subscription.workload.totals(period_start, until)
    return rate(subscription.plan, units)


def nothing(plan: Plan) -> tuple[Line, ...]:
    """Rate the moment before a period begins: every price at zero, fees included."""
    return tuple(Line(price, ZERO, rounded(ZERO, plan.digits)) for price in plan.prices)


def rate(plan: Plan, units: Sequence[int]) -> tuple[Line, ...]:
    """Rate counted units, one number per price of the plan, in Orb's order: discount, then minimum."""
    lines = [_line(plan, price, _quantity(price, number)) for price, number in zip(plan.prices, units, strict=True)]
    if plan.minimum is None:
        return tuple(lines)
    short = max(ZERO, plan.minimum - sum((line.total for line in lines), ZERO))
    shares = spread(short, [line.total for line in lines], plan.digits)
    return tuple(
        Line(line.price, line.quantity, line.subtotal, line.discount, share)
        for line, share in zip(lines, shares, strict=True)
    )


def spread(amount: Decimal, weights: Sequence[Decimal | int], digits: int) -> list[Decimal]:
    """Split an amount by weight into parts that add up to it exactly; without any weight the first has it all."""
    whole = sum((Decimal(weight) for weight in weights), ZERO)
    if not whole:
        return [amount if place == 0 else ZERO for place in range(len(weights))]
    parts, seen, given = [], ZERO, ZERO
    for weight in weights:
        seen += weight
        due = amount if seen == whole else (amount * seen / whole).quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)
        parts.append(due - given)
        given = due
    return parts


def tier_parts(price: Price, quantity: Decimal, digits: int) -> list[tuple[Tier, Decimal, Decimal]]:
    """Split a tiered line into (tier, quantity, amount): the amounts add up to the line's subtotal."""
    parts, seen = [], ZERO
    for tier in price.tiers:
        inside = _inside(tier, quantity)
        upto = rounded(_raw_cost(price, tier.first + inside), digits) if inside else seen
        if inside:
            parts.append((tier, inside, upto - seen))
        seen = upto
    return parts


def _quantity(price: Price, units: int) -> Decimal:
    return Decimal(price.fixed) if price.fixed is not None else Decimal(units).scaleb(-price.scale)


def _line(plan: Plan, price: Price, quantity: Decimal) -> Line:
    subtotal = rounded(_raw_cost(price, quantity), plan.digits)
    discount = rounded(subtotal * plan.discount, plan.digits) if plan.discount else ZERO
    return Line(price, quantity, subtotal, discount)


def _raw_cost(price: Price, quantity: Decimal) -> Decimal:
    if price.tiers:
        return sum((_inside(tier, quantity) * tier.unit_amount for tier in price.tiers), ZERO)
    if price.package:  # a package that was begun is paid for
        return -(-quantity // price.package) * price.unit_amount
    return quantity * price.unit_amount


def _inside(tier: Tier, quantity: Decimal) -> Decimal:
    upto = quantity if tier.last is None else min(quantity, Decimal(tier.last))
    return max(ZERO, upto - tier.first)
