"""What changes a price's amount after rating: discounts, minimums, maximums."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.sandbox.identity import opaque

Kind = Literal["usage_discount", "amount_discount", "percentage_discount", "minimum", "maximum"]

#: The order in which adjustments apply to a line; see Orb's invoice calculations.
ORDER: tuple[Kind, ...] = ("usage_discount", "amount_discount", "percentage_discount", "minimum", "maximum")


@dataclass(frozen=True)
class Adjustment:
    """A change to the prices named by `applies_to` (None: all of the plan), per billing period.

    `value` is units for a usage discount, a share from 0 to 1 for a percentage, else an amount of money. One for
    the whole invoice counts its prices together, one for lines each price by itself.
    """

    key: str
    kind: Kind
    value: Decimal
    applies_to: tuple[str, ...] | None = None
    reason: str | None = None
    is_invoice_level: bool = True

    @property
    def id(self) -> str:
        """Orb's id of the adjustment."""
        return opaque("adjustment", self.key)

    def applies(self, price_key: str) -> bool:
        """Tell whether a price is changed."""
        return self.applies_to is None or price_key in self.applies_to
