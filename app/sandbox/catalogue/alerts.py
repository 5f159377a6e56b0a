"""What alerts watch: balances, usage and costs, and the values at which they fire."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.plans import Price

AlertType = Literal[
    "credit_balance_depleted",
    "credit_balance_dropped",
    "credit_balance_recovered",
    "usage_exceeded",
    "cost_exceeded",
    "spend_exceeded",
    "license_balance_threshold_reached",
]

#: Those that belong to a customer: they watch the balance of a pricing unit.
BALANCE: tuple[AlertType, ...] = (
    "credit_balance_depleted",
    "credit_balance_dropped",
    "credit_balance_recovered",
)

#: Fire at or below their value; the others at or above it.
_FALLING: tuple[AlertType, ...] = (
    "credit_balance_depleted",
    "credit_balance_dropped",
    "license_balance_threshold_reached",
)


@dataclass(frozen=True)
class PriceFilter:
    """Names prices by `field`: those to count alone, or those to leave out."""

    field: Literal["price_id", "item_id", "price_type"]
    operator: Literal["includes", "excludes"]
    values: tuple[str, ...]

    def admits(self, price: Price) -> bool:
        """Tell whether a price counts."""
        kind = "usage_price" if price.fixed is None else "fixed_price"
        value = {"price_id": price.id, "item_id": price.item_id, "price_type": kind}[self.field]
        return (value in self.values) == (self.operator == "includes")


@dataclass(frozen=True)
class Override:
    """Thresholds of one group in place of the alert's; none at all silences the group."""

    group: str
    thresholds: tuple[Decimal, ...]


@dataclass(frozen=True)
class Rule:
    """What an alert watches: `thresholds` are amounts in major units of `currency`, quantities of `metric`, or, of a
    license's allocation, the percentage that is left.

    A cost alert with a `grouping_key` watches each group by itself.
    """

    kind: AlertType
    thresholds: tuple[Decimal, ...] = ()
    currency: str | None = None
    metric: Metric | None = None
    license_type: LicenseType | None = None
    price_filters: tuple[PriceFilter, ...] = ()
    grouping_key: str | None = None
    overrides: tuple[Override, ...] = ()

    def levels(self, group: str | None = None) -> tuple[Decimal, ...]:
        """List the values at which it fires, for a group. Being depleted, or no longer so, is about zero."""
        for override in self.overrides:
            if override.group == group:
                return override.thresholds
        return self.thresholds or (Decimal(0),)

    def reached(self, level: Decimal, value: Decimal) -> bool:
        """Tell whether a value is at a level or beyond it."""
        if self.kind == "credit_balance_recovered":
            return value > level
        return value <= level if self.kind in _FALLING else value >= level
