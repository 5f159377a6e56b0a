"""Credit blocks: what a prepaid customer was granted or bought, and when it lapses."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.sandbox.identity import opaque
from app.sandbox.world.grants import ByHand, Source


@dataclass(frozen=True)
class Block:
    """A block of credits, of `amount` at its beginning; `item_id` says which item alone may draw on it.

    It is in the books from `booked` on, else from the beginning, and pays for usage from `effective` on.
    """

    name: str
    owner: str
    unit: str
    amount: Decimal
    effective: datetime
    expiry: datetime | None
    cost_basis: Decimal
    source: Source
    description: str
    item_id: str | None = None
    paid: bool = True
    booked: datetime | None = None

    @property
    def id(self) -> str:
        """Orb's id of the block."""
        return opaque("block", self.owner, self.name, self.effective.isoformat())


@dataclass(frozen=True)
class Change:
    """What staff did to a block by hand: added `amount`, moved its end to where it is, or voided what was left."""

    block: Block
    kind: ByHand
    at: datetime
    amount: Decimal = Decimal(0)
    description: str | None = None
