"""What is sold: prices, and the plans that bundle them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.currencies import digits_of, is_money
from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.models import Matrix, Model
from app.sandbox.identity import opaque

Cadence = Literal["monthly", "quarterly", "semi_annual", "annual", "one_time"]

#: Months in a billing period; a single charge has none, and counts as one.
MONTHS: dict[Cadence, int] = {"monthly": 1, "quarterly": 3, "semi_annual": 6, "annual": 12, "one_time": 1}


@dataclass(frozen=True, eq=False)
class Price:
    """One price of a plan: usage of a `metric`, or a fee of a `fixed` quantity; exactly one of the two.

    `currency` is money or a pricing unit; what a pricing unit's blocks do not cover is billed in money at
    `conversion_rate` a unit, and where there is none, the balance goes below zero. `invoice_grouping_key` parts
    the invoice's line by an event property. A price with a `license_type` counts towards licenses' allocations.
    """

    key: str
    name: str
    item: str
    model: Model
    metric: Metric | None = None
    fixed: int | None = None
    currency: str = "USD"
    conversion_rate: Decimal | None = None
    invoice_grouping_key: str | None = None
    license_type: LicenseType | None = None

    @property
    def id(self) -> str:
        """Orb's id of the price."""
        return opaque("price", self.key)

    @property
    def item_id(self) -> str:
        """Orb's id of the item that the price belongs to."""
        return opaque("item", self.item)

    @property
    def digits(self) -> int:
        """Give the digits of the price's currency."""
        return digits_of(self.currency)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Name the event properties without which the price cannot be rated."""
        return self.model.dimensions if isinstance(self.model, Matrix) else ()


@dataclass(frozen=True)
class Tax:
    """A tax on every line: its name and percentage out of 100."""

    name: str
    percentage: Decimal


@dataclass(frozen=True, eq=False)
class Plan:
    """A bundle of prices; `currency` is what most of them are in, `invoicing_currency` what invoices are in.

    `trial_days` are free of charge. A plan that is not `billed` never has an upcoming invoice. When the amount that
    has accrued passes `invoicing_threshold`, an invoice for it is issued before the period ends.
    """

    key: str
    name: str
    currency: str
    prices: tuple[Price, ...]
    cadence: Cadence = "monthly"
    adjustments: tuple[Adjustment, ...] = ()
    tax: Tax | None = None
    invoicing_currency: str | None = None
    trial_days: int | None = None
    invoicing_threshold: Decimal | None = None
    billed: bool = True

    @property
    def id(self) -> str:
        """Orb's id of the plan."""
        return opaque("plan", self.key)

    @property
    def invoiced_in(self) -> str:
        """Give the currency of the plan's invoices."""
        return self.invoicing_currency or self.currency

    @property
    def units(self) -> tuple[str, ...]:
        """List the pricing units of its prices."""
        return tuple(dict.fromkeys(price.currency for price in self.prices if not is_money(price.currency)))
