"""Lines: what every price of a plan has come to in a billing period, with the adjustments that change it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.sandbox.catalogue.adjustments import ORDER, Adjustment
from app.sandbox.catalogue.currencies import is_money
from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.rating.amounts import rate, rounded, spread
from app.sandbox.rating.usage import ZERO, Tally

#: What a trial takes off: what was used in it.
TRIAL = Adjustment("trial", "amount_discount", Decimal(0), reason="Trial")


@dataclass(frozen=True)
class Applied:
    """An adjustment and the positive amount by which it lowers the line, or raises it if it is a minimum."""

    adjustment: Adjustment
    amount: Decimal

    @property
    def change(self) -> Decimal:
        """Give what it adds to the line."""
        return self.amount if self.adjustment.kind == "minimum" else -self.amount


@dataclass(frozen=True)
class Line:
    """One price in a billing period so far, in the price's own currency; `subtotal` is before the adjustments."""

    price: Price
    tally: Tally
    subtotal: Decimal
    applied: tuple[Applied, ...] = ()

    @property
    def quantity(self) -> Decimal:
        """Give the quantity that is rated."""
        return sum(self.tally.values(), ZERO)

    @property
    def total(self) -> Decimal:
        """Give the amount after the adjustments, before credits, tax and balance."""
        return self.subtotal + sum((applied.change for applied in self.applied), ZERO)

    def adjusted(self, adjustment: Adjustment, amount: Decimal) -> "Line":
        """Apply an adjustment; one that changes nothing leaves no trace."""
        return replace(self, applied=(*self.applied, Applied(adjustment, amount))) if amount else self


def line_of(price: Price, tally: Tally, free: Tally | None = None) -> Line:
    """Rate a price; what was used in a trial (`free`) is taken off again."""
    line = Line(price, tally, rate(price.model, tally))
    if free is None:
        return line
    amount = rate(price.model, free)
    return line.adjusted(replace(TRIAL, value=amount), amount)


def nothing(prices: Sequence[Price]) -> tuple[Line, ...]:
    """Give the moment before a period begins: every price at zero, fees included."""
    return tuple(Line(price, {}, ZERO) for price in prices)


def adjust(plan: Plan, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Apply a plan's adjustments in Orb's order. They concern prices in money alone."""
    adjusted = list(lines)
    for adjustment in sorted(plan.adjustments, key=lambda a: ORDER.index(a.kind)):
        places = [
            place
            for place, line in enumerate(adjusted)
            if is_money(line.price.currency) and adjustment.applies(line.price.key)
        ]
        together = adjustment.is_invoice_level and adjustment.kind not in {"usage_discount", "percentage_discount"}
        for some in [places] if together else [[place] for place in places]:
            amounts = _amounts(plan, adjustment, [adjusted[place] for place in some])
            for place, amount in zip(some, amounts, strict=True):
                adjusted[place] = adjusted[place].adjusted(adjustment, amount)
    return tuple(adjusted)


def _amounts(plan: Plan, adjustment: Adjustment, lines: Sequence[Line]) -> list[Decimal]:
    """Work out what an adjustment is worth to lines that it counts together."""
    if not lines:
        return []
    totals = [line.total for line in lines]
    whole, value, digits = sum(totals, ZERO), adjustment.value, lines[0].price.digits
    match adjustment.kind:
        case "usage_discount":
            return [_free_units(line, _freed_before(plan, adjustment, line.price), value) for line in lines]
        case "percentage_discount":
            return [rounded(total * value, digits) for total in totals]
        case "amount_discount":
            amount = max(ZERO, min(value, whole))
        case "minimum":
            amount = max(ZERO, value - whole)
        case "maximum":
            amount = max(ZERO, whole - value)
    return spread(amount, totals, digits)


def _freed_before(plan: Plan, adjustment: Adjustment, price: Price) -> Decimal:
    """Count the units of a price that the plan's earlier usage discounts took off."""
    before = plan.adjustments[: plan.adjustments.index(adjustment)]
    return sum((each.value for each in before if each.kind == "usage_discount" and each.applies(price.key)), ZERO)


def _free_units(line: Line, freed: Decimal, units: Decimal) -> Decimal:
    """Say what so many units would cost less, after those that are freed: usage is taken off before rating.

    A trial may have paid for them already: no line falls below zero.
    """
    model = line.price.model
    worth = rate(model, _without(line.tally, freed)) - rate(model, _without(line.tally, freed + units))
    return max(ZERO, min(worth, line.total))


def _without(tally: Tally, units: Decimal) -> Tally:
    left = {}
    for group, quantity in tally.items():
        free = min(units, quantity)
        left[group], units = quantity - free, units - free
    return left
