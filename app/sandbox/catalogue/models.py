"""Price models: how a quantity becomes an amount, in the words of Orb's `model_type`."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Unit:
    """So much for each unit."""

    unit_amount: Decimal


@dataclass(frozen=True)
class Package:
    """So much for each package of units; one that was begun is paid for."""

    package_amount: Decimal
    package_size: int


@dataclass(frozen=True)
class Tier:
    """One step of a tiered price: units above `first_unit`, up to `last_unit` (None: all the rest)."""

    first_unit: int
    last_unit: int | None
    unit_amount: Decimal


@dataclass(frozen=True)
class Tiered:
    """Each unit costs what the tier says that it falls into."""

    tiers: tuple[Tier, ...]


@dataclass(frozen=True)
class BulkTier:
    """What every unit costs while there are at most `maximum_units` (None: any number)."""

    maximum_units: int | None
    unit_amount: Decimal


@dataclass(frozen=True)
class Bulk:
    """All units cost what the tier says that their whole number falls into."""

    tiers: tuple[BulkTier, ...]


@dataclass(frozen=True)
class Matrix:
    """A unit costs what stands in the cell of its event properties, or `default_unit_amount`.

    `dimensions` are one or two event properties, `cells` pairs of their values and the amount.
    """

    dimensions: tuple[str, ...]
    cells: tuple[tuple[tuple[str, ...], Decimal], ...]
    default_unit_amount: Decimal


@dataclass(frozen=True)
class Percent:
    """A share of the quantity, which is itself an amount of money: above 0, at most 1."""

    percent: Decimal


Model = Unit | Package | Tiered | Bulk | Matrix | Percent

#: Orb's `model_type` of each model.
MODEL_TYPES: dict[type[Model], str] = {
    Unit: "unit",
    Package: "package",
    Tiered: "tiered",
    Bulk: "bulk",
    Matrix: "matrix",
    Percent: "percent",
}
