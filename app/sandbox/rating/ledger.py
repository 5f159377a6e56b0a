"""The credit ledger: every change of a prepaid balance, played through from the first block to now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.blocks import Block, blocks_of
from app.sandbox.rating.costs import Window, series
from app.sandbox.rating.entries import EntryType, Ledger
from app.sandbox.rating.rating import ZERO
from app.sandbox.world.periods import first_of_month, local_day, midnight
from app.sandbox.world.world import Customer, Subscription, World


@dataclass(frozen=True)
class Correction:
    """What staff did to a block by hand; without an `amount` it is the change, or all that is left."""

    at: datetime
    kind: EntryType
    block: Block
    change: Decimal = ZERO
    amount: Decimal | None = None
    new_expiry: datetime | None = None
    description: str | None = None


def ledger_of(world: World, customer: Customer, unit: str, now: datetime) -> Ledger | None:
    """Play a customer's ledger of a pricing unit, or give None where there is none."""
    prepaid = [s for s in world.of(customer) if s.plan.prepaid and s.plan.currency == unit]
    return play(prepaid[0], now) if prepaid else None


def play(subscription: Subscription, now: datetime) -> Ledger:
    """Play the ledger day by day: blocks lapse and begin at local midnight, drawdown is written at day's end.

    Each day, price and block has one decrement, dated at the end of its day and final; today's is pending and
    dated now.
    """
    zone = subscription.customer.zone
    ledger = Ledger(subscription)
    blocks = [block for block in blocks_of(subscription, now) if block.paid]
    corrections = _corrections(ledger, blocks)
    for day in series(subscription, now, (subscription.start, now), cumulative=False):
        _change_blocks(ledger, blocks, day.start)
        done = midnight(local_day(day.start, zone) + timedelta(days=1), zone)
        for correction in corrections:
            if day.start <= correction.at < done and correction.at <= now:
                _correct(ledger, correction)
        # Written in the day's last second, so that an entry bears the date of its usage.
        written = done - timedelta(seconds=1)
        created, pending = (written, False) if done <= now else (min(now, written).replace(microsecond=0), True)
        for cost in day.prices:
            _draw(ledger, cost.price, cost.subtotal, (day.start, created), pending=pending)
    # Exactly at midnight the new day has no bucket yet, but its blocks are there.
    _change_blocks(ledger, blocks, midnight(local_day(now, zone), zone))
    return ledger


def _change_blocks(ledger: Ledger, blocks: list[Block], dawn: datetime) -> None:
    for block in list(ledger.left):
        if block.expiry == dawn and ledger.left[block]:
            ledger.add("credit_block_expiry", block, dawn, change=-ledger.left[block])
    for block in blocks:
        if block.effective == dawn and block not in ledger.left:
            ledger.add("increment", block, dawn, change=block.amount, description=block.description)


def _correct(ledger: Ledger, correction: Correction) -> None:
    ledger.add(
        correction.kind,
        correction.block,
        correction.at,
        change=correction.change,
        amount=correction.amount or abs(correction.change) or ledger.left[correction.block],
        description=correction.description,
        new_expiry=correction.new_expiry,
    )


def _draw(ledger: Ledger, price: Price, amount: Decimal, span: Window, *, pending: bool) -> None:
    """Draw from what may serve the price: item-bound blocks first, then the soonest to expire."""
    day, created = span
    period_start, _ = ledger.subscription.period(day)
    usable = [
        block
        for block, left in ledger.left.items()
        if left > 0 and block.effective <= day and block.item_id in {None, price.item_id}
    ]
    usable.sort(key=lambda b: (b.item_id is None, b.expiry or datetime.max.replace(tzinfo=day.tzinfo), b.cost_basis))
    for place, block in enumerate(usable):
        # The last block takes what is left over: a balance may go below zero.
        part = amount if place == len(usable) - 1 else min(amount, ledger.left[block])
        if part:
            ledger.add(
                "decrement",
                block,
                created,
                change=-part,
                pending=pending,
                price=price,
                period_start=period_start,
            )
        amount -= part


def _corrections(ledger: Ledger, blocks: list[Block]) -> list[Correction]:
    """Tell what the account's staff did by hand in the second month."""
    zone = ledger.subscription.customer.zone
    month = first_of_month(local_day(ledger.subscription.start, zone), 1)
    named = {block.name: block for block in blocks}

    def at(day: int, hours: float) -> datetime:
        return midnight(month.replace(day=day), zone) + timedelta(hours=hours)

    corrections = []
    if twice := named.get("twice"):
        corrections += [
            Correction(twice.effective, "increment", twice, twice.amount, description=twice.description),
            Correction(at(5, 9.5), "void_initiated", twice, amount=twice.amount, new_expiry=at(5, 9.75)),
            Correction(at(5, 9.75), "void", twice, -twice.amount),
        ]
    if autumn := named.get("autumn"):
        corrections += [
            Correction(at(10, 10), "amendment", autumn, Decimal(50), description="Goodwill for the outage"),
            Correction(at(12, 15), "expiration_change", autumn, new_expiry=autumn.expiry),
        ]
    return corrections
