"""Credit blocks: what a prepaid customer was granted or bought, and when it lapses."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from app.sandbox.identity import opaque
from app.sandbox.world.periods import first_of_month, local_day, midnight
from app.sandbox.world.world import Subscription

#: Days of the month on which a promotional block is given and the one before lapses.
_PROMOTIONS = (1, 8, 16, 24)


@dataclass(frozen=True)
class Block:
    """A block of credits, of `amount` at its beginning; `item_id` says which item alone may draw on it."""

    name: str
    amount: Decimal
    effective: datetime
    expiry: datetime | None
    cost_basis: Decimal
    source: Literal["top_up", "allocation", "manual"]
    description: str
    item_id: str | None = None
    paid: bool = True
    voided: bool = False

    @property
    def id(self) -> str:
        """Orb's id of the block."""
        return opaque("block", self.name, self.effective.isoformat())


def blocks_of(subscription: Subscription, now: datetime) -> list[Block]:
    """List the blocks that a prepaid subscription has had up to now, oldest first.

    The story starts with the subscription, two months before the current one. Promotions may be spent on one item
    only and are larger than its use, so there is always one about to expire; the first top-up is used up in the
    second month, the next two last beyond the current one.
    """
    zone = subscription.customer.zone
    first = local_day(subscription.start, zone)

    def at(months: int, day: int = 1, hours: float = 0) -> datetime:
        return midnight(first_of_month(first, months).replace(day=day), zone) + timedelta(hours=hours)

    bought = [
        Block("starter", Decimal(12_000), at(0), at(9), Decimal("0.050"), "top_up", "Starter pack"),
        Block("autumn", Decimal(24_000), at(1), at(11), Decimal("0.045"), "top_up", "Volume top-up"),
        Block(
            "twice",
            Decimal(500),
            at(1, 5, 9.2),
            at(13),
            Decimal("0.050"),
            "manual",
            "Entered twice by mistake",
            voided=True,
        ),
        Block("reserve", Decimal(10_000), at(1, 20), at(14), Decimal("0.040"), "top_up", "Reserve"),
    ]
    unpaid = Block("unpaid", Decimal(5_000), at(2), at(15), Decimal("0.040"), "top_up", "Awaiting payment", paid=False)
    blocks = [*bought, unpaid, *_promotions(subscription, first, now)]
    return sorted((block for block in blocks if block.effective <= now), key=lambda block: block.effective)


def _promotions(subscription: Subscription, first: date, now: datetime) -> list[Block]:
    zone = subscription.customer.zone
    months = [first_of_month(first, number) for number in range(4)]
    dates = [month.replace(day=day) for month in months for day in _PROMOTIONS]
    tuning = subscription.plan.prices[-1]
    return [
        Block(
            f"promotion-{given}",
            Decimal(400),
            midnight(given, zone),
            midnight(lapses, zone),
            Decimal("0.00"),
            "allocation",
            "Fine-tuning promotion",
            item_id=tuning.item_id,
        )
        for given, lapses in pairwise(dates)
        if midnight(given, zone) <= now
    ]
