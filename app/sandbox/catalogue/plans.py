"""What is sold: prices, and the plans that bundle them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.sandbox.identity import opaque

Cadence = Literal["monthly", "quarterly", "semi_annual", "annual"]

#: Months in a billing period.
MONTHS: dict[Cadence, int] = {"monthly": 1, "quarterly": 3, "semi_annual": 6, "annual": 12}

#: The pricing unit of prepaid plans: not a currency of ISO 4217.
CREDITS = "credits"


@dataclass(frozen=True)
class Tier:
    """One step of a tiered price: units above `first`, up to `last` (None: all the rest)."""

    first: int
    last: int | None
    unit_amount: Decimal


@dataclass(frozen=True, eq=False)
class Price:
    """One price of a plan; each is itself alone, so that it is quickly found again.

    Usage is counted in whole units of 10**-scale; `daily` is how many of them a usual weekday brings, and
    `weekend` the permille of that on Saturdays and Sundays. A price with `fixed` is a fee of that quantity.
    """

    key: str
    name: str
    item: str
    unit_amount: Decimal = Decimal(0)
    tiers: tuple[Tier, ...] = ()
    package: int = 0
    fixed: int | None = None
    daily: int = 0
    weekend: int = 400
    scale: int = 0

    @property
    def id(self) -> str:
        """Orb's id of the price."""
        return opaque("price", self.key)

    @property
    def item_id(self) -> str:
        """Orb's id of the item that the price belongs to."""
        return opaque("item", self.item)

    @property
    def model(self) -> Literal["unit", "tiered", "package"]:
        """Orb's `model_type`."""
        if self.tiers:
            return "tiered"
        return "package" if self.package else "unit"


@dataclass(frozen=True)
class Tax:
    """A tax on every line: its name and percentage out of 100."""

    name: str
    percentage: Decimal


@dataclass(frozen=True, eq=False)
class Plan:
    """A bundle of prices in one currency or pricing unit.

    `digits` is the precision of its amounts; `discount` a share from 0 to 1 of every line; `minimum` the least
    that a billing period costs. A plan that is not `billed` never has an upcoming invoice.
    """

    key: str
    name: str
    currency: str
    prices: tuple[Price, ...]
    digits: int = 2
    cadence: Cadence = "monthly"
    discount: Decimal | None = None
    discount_reason: str | None = None
    minimum: Decimal | None = None
    tax: Tax | None = None
    billed: bool = True

    @property
    def id(self) -> str:
        """Orb's id of the plan."""
        return opaque("plan", self.key)

    @property
    def prepaid(self) -> bool:
        """Whether the plan is paid from a ledger of credits."""
        return self.currency == CREDITS
