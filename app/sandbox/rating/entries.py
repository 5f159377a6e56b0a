"""Entries of a credit ledger, and the book they are written into."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.usage import ZERO
from app.sandbox.world.blocks import Block
from app.sandbox.world.world import Customer, Subscription

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
class Drawn:
    """What a decrement pays for: a price's usage in the billing period that started at `period_start`."""

    subscription: Subscription
    price: Price
    period_start: datetime


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
    drawn: Drawn | None = None
    description: str | None = None
    new_expiry: datetime | None = None


@dataclass
class Ledger:
    """A customer's ledger of one pricing unit, oldest entry first, and what is left in each block."""

    customer: Customer
    unit: str
    entries: list[Entry] = field(default_factory=list)
    left: dict[Block, Decimal] = field(default_factory=dict)

    @property
    def balance(self) -> Decimal:
        """Give the balance after the newest entry."""
        return self.entries[-1].ending if self.entries else ZERO

    def paid(self, subscription: Subscription, price: Price, period_start: datetime) -> Decimal:
        """Add up what credits paid of a price in a billing period."""
        return sum(
            (
                entry.amount
                for entry in self.entries
                if entry.drawn
                and (entry.drawn.subscription.id, entry.drawn.price.id) == (subscription.id, price.id)
                and entry.drawn.period_start == period_start
            ),
            ZERO,
        )

    def add(
        self,
        kind: EntryType,
        block: Block,
        created: datetime,
        *,
        change: Decimal = ZERO,
        amount: Decimal | None = None,
        pending: bool = False,
        drawn: Drawn | None = None,
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
                drawn,
                description,
                new_expiry,
            )
        )
