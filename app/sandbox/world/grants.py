"""Credits that invented customers were given or bought, and what their vendor's staff did to them by hand."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.world.when import When

Source = Literal["top_up", "allocation", "manual", "commitment"]
ByHand = Literal["amendment", "expiration_change", "void"]


@dataclass(frozen=True)
class Grant:
    """A block of credits: `amount` of a pricing unit from `given` until it `lapses` (None: never).

    `cost_basis` is what one unit was paid for. A grant for an `item` pays nothing else; one that is not `paid` for
    pays nothing yet. One that is `booked` is in the books before it is given.
    """

    name: str
    amount: Decimal
    given: When
    lapses: When | None
    cost_basis: Decimal
    source: Source
    description: str
    unit: str = CREDITS
    item: str | None = None
    paid: bool = True
    booked: When | None = None


@dataclass(frozen=True)
class Correction:
    """What staff did to the grant of a name: added `amount` to it, moved its end, or voided what was left."""

    grant: str
    kind: ByHand
    when: When
    amount: Decimal = Decimal(0)
    description: str | None = None
