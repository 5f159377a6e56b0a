"""Prices made up on the spot: Orb's floating prices, as far as the sandbox knows their models."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

import msgspec

from app.sandbox.catalogue.models import Bulk, BulkTier, Matrix, Model, Package, Percent, Tier, Tiered, Unit
from app.sandbox.evaluate.bodies import read
from app.sandbox.evaluate.floating_bodies import (
    BulkConfig,
    Floating,
    FloatingBulkPrice,
    FloatingMatrixPrice,
    FloatingPackagePrice,
    FloatingPercentPrice,
    FloatingTieredPrice,
    FloatingUnitPrice,
    MatrixConfig,
    ModelType,
    PackageConfig,
    PercentConfig,
    TieredConfig,
    UnitConfig,
)
from app.sandbox.evaluate.groups import EXACT
from app.sandbox.problems import Problem, invalid

_AMOUNT = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)


def floating(raw: msgspec.Raw, place: str) -> tuple[Floating, Model]:
    """Read a floating price that stands at `place`. Raises a 400 Problem that names the field."""
    model_type = read(raw, ModelType, place).model_type
    if model_type not in _READERS:
        raise invalid(f"{place}.model_type: {model_type} is not a model of the sandbox, as {', '.join(_READERS)} are")
    kind, model_of = _READERS[model_type]
    price = read(raw, kind, place)
    try:
        with localcontext(EXACT):
            return price, model_of(getattr(price, f"{model_type}_config"))
    except ValueError as wrong:
        raise _at(f"{place}.{model_type}_config", wrong) from None


def _at(place: str, wrong: ValueError) -> Problem:
    return invalid(f"{place}.{wrong}")


def _unit(config: UnitConfig) -> Unit:
    return Unit(_amount("unit_amount", config.unit_amount, config.scaling_factor))


def _package(config: PackageConfig) -> Package:
    if not 1 <= config.package_size <= 10**18:
        raise ValueError("package_size: must be from 1 to 10^18")
    return Package(_amount("package_amount", config.package_amount), config.package_size)


def _tiered(config: TieredConfig) -> Tiered:
    tiers = tuple(
        Tier(
            _whole(f"tiers[{n}].first_unit", tier.first_unit),
            None if tier.last_unit is None else _whole(f"tiers[{n}].last_unit", tier.last_unit),
            _amount(f"tiers[{n}].unit_amount", tier.unit_amount),
        )
        for n, tier in enumerate(config.tiers)
    )
    bounds = [0, *(tier.last_unit for tier in tiers)]
    if bounds[:-1] != [tier.first_unit for tier in tiers]:
        raise ValueError("tiers: each must begin where the one before it ends, the first at 0")
    _ascending(bounds[1:])
    return Tiered(tiers)


def _bulk(config: BulkConfig) -> Bulk:
    tiers = tuple(
        BulkTier(
            None if tier.maximum_units is None else _whole(f"tiers[{n}].maximum_units", tier.maximum_units),
            _amount(f"tiers[{n}].unit_amount", tier.unit_amount),
        )
        for n, tier in enumerate(config.tiers)
    )
    _ascending([tier.maximum_units for tier in tiers])
    return Bulk(tiers)


def _matrix(config: MatrixConfig) -> Matrix:
    if len(config.dimensions) not in (1, 2):
        raise ValueError("dimensions: must be one property or two")
    for n, cell in enumerate(config.matrix_values):
        if len(cell.dimension_values) != len(config.dimensions):
            raise ValueError(f"matrix_values[{n}].dimension_values: must be as many as there are dimensions")
    return Matrix(
        tuple(config.dimensions),
        tuple(
            (
                tuple(cell.dimension_values),
                _amount(f"matrix_values[{n}].unit_amount", cell.unit_amount, cell.scaling_factor),
            )
            for n, cell in enumerate(config.matrix_values)
        ),
        _amount("default_unit_amount", config.default_unit_amount, config.scaling_factor),
    )


def _percent(config: PercentConfig) -> Percent:
    if not 0 < config.percent <= 1 or config.percent != round(config.percent, 18):
        raise ValueError("percent: must be a fraction, above 0 and at most 1")
    return Percent(config.percent)


def _amount(place: str, text: str, scaling_factor: Decimal | None = None) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{place}: must be a decimal string, with at most 18 digits before the point and after it")
    factor = Decimal(1) if scaling_factor is None else scaling_factor
    if not (factor.is_finite() and 0 <= factor < 10**18 and factor == round(factor, 18)):
        raise ValueError(f"{place.rpartition('.')[0]}scaling_factor: must be a number from 0, of at most 18 digits")
    return Decimal(text) * factor


def _whole(place: str, number: Decimal) -> int:
    if not (number.is_finite() and 0 <= number <= 10**18 and number == number.to_integral_value()):
        raise ValueError(f"{place}: must be a whole number of units")
    return int(number)


def _ascending(bounds: Sequence[int | None]) -> None:
    """Hold the upper bounds of tiers to their order; only the last is open, and it is."""
    closed = [bound for bound in bounds[:-1] if bound is not None]
    if not bounds or len(closed) != len(bounds) - 1 or bounds[-1] is not None:
        raise ValueError("tiers: the last must be open, and no other")
    if any(low >= high for low, high in pairwise([0, *closed])):
        raise ValueError("tiers: must ascend")


_READERS: dict[str, tuple[type[Floating], Callable[[Any], Model]]] = {
    "unit": (FloatingUnitPrice, _unit),
    "package": (FloatingPackagePrice, _package),
    "tiered": (FloatingTieredPrice, _tiered),
    "bulk": (FloatingBulkPrice, _bulk),
    "matrix": (FloatingMatrixPrice, _matrix),
    "percent": (FloatingPercentPrice, _percent),
}
