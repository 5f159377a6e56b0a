"""Credit blocks in the order in which they are drawn, each with what can be said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from app.days import DateName, day_of
from app.money import Money, Quantity, Unit, UnitPrice
from app.orb import wire

# Usable now, first; what cannot be drawn stands after it.
State = Literal["usable", "upcoming", "pending_payment", "expired", "overage"]
_STATES: tuple[State, ...] = ("usable", "upcoming", "pending_payment", "expired", "overage")
_NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Block:
    """Credits of one purchase or grant, or usage beyond them where its `state` is `overage`.

    `status` is Orb's. `initial` is the most that was in it. `cost_basis` is what one cost; `bought_at` the same in
    the unit that it was paid in, where that is known. `limited` says that it pays for some items only.
    """

    id: str
    balance: Money
    status: str
    state: State
    begins: datetime | None
    begins_on: DateName | None
    expires: datetime | None
    expires_on: DateName | None
    cost_basis: Quantity | None
    bought_at: UnitPrice | None
    initial: Money | None
    limited: bool


def state(block: wire.CreditBlock, now: datetime) -> State:
    """Whether a block can be drawn now, and if not, why."""
    if block.balance < 0:
        return "overage"
    if block.status == "pending_payment":
        return "pending_payment"
    if block.expiry_date is not None and block.expiry_date <= now:
        return "expired"
    return "upcoming" if block.effective_date is not None and block.effective_date > now else "usable"


def order(block: wire.CreditBlock) -> tuple[bool, datetime, Decimal, datetime]:
    """Orb draws what is bound to an item first, then what expires soonest, what cost least, what began first."""
    return (
        not block.filters,
        block.expiry_date or _NEVER,
        block.per_unit_cost_basis or Decimal(0),
        block.effective_date or _LONG_AGO,
    )


def drawdown(blocks: Sequence[wire.CreditBlock], now: datetime) -> list[wire.CreditBlock]:
    """The blocks in the order in which Orb draws them; those that cannot be drawn now come after."""
    return sorted(blocks, key=lambda block: (_STATES.index(state(block, now)), order(block)))


def described(
    block: wire.CreditBlock, counted: Unit, paid_in: Unit | None, zone: ZoneInfo | None, now: datetime
) -> Block:
    """The block in words; `paid_in` is what credits are bought with, where that is known."""
    cost, most = block.per_unit_cost_basis, block.maximum_initial_balance
    return Block(
        block.id,
        Money(block.balance, counted),
        block.status,
        state(block, now),
        block.effective_date,
        _on(block.effective_date, zone),
        block.expiry_date,
        _on(block.expiry_date, zone),
        None if cost is None else Quantity(cost),
        None if cost is None or paid_in is None or paid_in == counted else UnitPrice(cost, paid_in),
        None if most is None else Money(most, counted),
        bool(block.filters),
    )


def _on(moment: datetime | None, zone: ZoneInfo | None) -> DateName | None:
    return DateName(day_of(moment, zone)) if moment and zone else None
