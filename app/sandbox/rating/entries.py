"""Entries of a credit ledger, and the book they are written into."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.blocks import Block
from app.sandbox.rating.rating import ZERO
from app.sandbox.world.world import Subscription

EntryType = Literal[
    "increment",
    "decrement",
    "expiration_change",
    "credit_block_expiry",
    "void",
    "void_initiated",
    "amendment",
]


@dataclass(frozen=True)
class Entry:
    """One entry of the ledger; `amount` is never negative, the balances tell the direction.

    `pending` marks what late events may still change: today's drawdown.
    """

    number: int
    kind: EntryType
    block: Block
    amount: Decimal
    starting: Decimal
    ending: Decimal
    created: datetime
    pending: bool = False
    price: Price | None = None
    period_start: datetime | None = None
    description: str | None = None
    new_expiry: datetime | None = None


@dataclass
class Ledger:
    """A prepaid subscription's ledger, oldest entry first, and what is left in each block."""

    subscription: Subscription
    entries: list[Entry] = field(default_factory=list)
    left: dict[Block, Decimal] = field(default_factory=dict)

    @property
    def balance(self) -> Decimal:
        """Give the balance after the newest entry."""
        return self.entries[-1].ending if self.entries else ZERO

    def add(
        self,
        kind: EntryType,
        block: Block,
        created: datetime,
        *,
        change: Decimal = ZERO,
        amount: Decimal | None = None,
        pending: bool = False,
        price: Price | None = None,
        period_start: datetime | None = None,
        description: str | None = None,
        new_expiry: datetime | None = None,
    ) -> None:
        """Write an entry that changes the block, and with it the balance, by `change`."""
        before = self.balance
        self.left[block] = self.left.get(block, ZERO) + change
        self.entries.append(
            Entry(
                len(self.entries) + 1,
                kind,
                block,
                abs(change) if amount is None else amount,
                before,
                before + change,
                created,
                pending,
                price,
                period_start,
                description,
                new_expiry,
            )
        )
