"""What a quantity costs: exact decimal arithmetic, without any rounding, for each price model."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import assert_never

from app.sandbox.catalogue.models import Bulk, Matrix, Model, Package, Percent, Tier, Tiered, Unit
from app.sandbox.rating.usage import ZERO, Tally


@dataclass(frozen=True)
class Part:
    """A part of a price's amount that an invoice lists by itself: a tier, or the cell of a matrix."""

    quantity: Decimal
    amount: Decimal
    tier: Tier | None = None
    cell: tuple[str | None, ...] | None = None


def rate(model: Model, tally: Tally) -> Decimal:
    """Say what quantities cost; their keys begin with the properties that the model has as dimensions."""
    quantity = sum(tally.values(), ZERO)
    match model:
        case Unit():
            return quantity * model.unit_amount
        case Percent():
            return quantity * model.percent
        case Package():
            whole, begun = divmod(quantity, model.package_size)
            return (whole + (begun > 0)) * model.package_amount
        case Bulk():
            return quantity * _bulk(model, quantity)
        case Tiered() | Matrix():
            return sum((part.amount for part in parts(model, tally)), ZERO)
        case _:
            assert_never(model)


def parts(model: Model, tally: Tally) -> list[Part]:
    """List what the amount of a tiered or matrix price is made of; nothing for other models."""
    if isinstance(model, Tiered):
        quantity = sum(tally.values(), ZERO)
        pieces = [(tier, _inside(tier, quantity)) for tier in model.tiers]
        return [Part(inside, inside * tier.unit_amount, tier=tier) for tier, inside in pieces if inside]
    if isinstance(model, Matrix):
        wide = len(model.dimensions)
        cells: Tally = {}
        for values, quantity in tally.items():
            cells[values[:wide]] = cells.get(values[:wide], ZERO) + quantity
        return [
            Part(quantity, quantity * _cell(model, cell), cell=cell) for cell, quantity in cells.items() if quantity
        ]
    return []


def rounded(amount: Decimal, digits: int) -> Decimal:
    """Round half up to a number of digits."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def spread(amount: Decimal, weights: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Split an amount by weight into parts that add up to it exactly; without any weight the first has it all."""
    whole = sum(weights, ZERO)
    if not whole:
        return [amount if place == 0 else ZERO for place in range(len(weights))]
    given_parts, seen, given = [], ZERO, ZERO
    for weight in weights:
        seen += weight
        due = amount if seen == whole else (amount * seen / whole).quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)
        given_parts.append(due - given)
        given = due
    return given_parts


def _inside(tier: Tier, quantity: Decimal) -> Decimal:
    upto = quantity if tier.last_unit is None else min(quantity, Decimal(tier.last_unit))
    return max(ZERO, upto - tier.first_unit)


def _bulk(model: Bulk, quantity: Decimal) -> Decimal:
    fitting = (t for t in model.tiers if t.maximum_units is None or quantity <= t.maximum_units)
    return next(fitting, model.tiers[-1]).unit_amount


def _cell(model: Matrix, cell: tuple[str | None, ...]) -> Decimal:
    return next((amount for values, amount in model.cells if values == cell), model.default_unit_amount)
