"""The credit ledger: every change of a prepaid balance, played through from the first block to now."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.sandbox.catalogue.currencies import is_money
from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.costs import Window, series
from app.sandbox.rating.entries import Drawn, Ledger
from app.sandbox.rating.history import GRACE, periods
from app.sandbox.rating.licensed import covered_so_far
from app.sandbox.rating.usage import ZERO, Usage
from app.sandbox.world.blocks import Block, Change
from app.sandbox.world.periods import day_end, days, local_day, midnight
from app.sandbox.world.world import Customer, Subscription, World

_NEVER = datetime.max.replace(tzinfo=UTC)

#: What a day's usage drew: the usage, and its amount.
Draw = tuple[Drawn, Decimal]


def ledger_of(usage: Usage, world: World, customer: Customer, unit: str) -> Ledger | None:
    """Play a customer's ledger of a pricing unit up to the instant of the usage, or give None where there is none.

    Blocks lapse and begin at local midnight or when staff says so. Each day, price and block has one decrement, dated
    in the last second of its day and final; today's is pending and dated now.
    """
    now = usage.known
    blocks = [block for block in customer.blocks if block.unit == unit and block.paid and block.effective <= now]
    if not blocks:
        return None
    ledger = Ledger(customer, unit)
    draws = _draws(usage, world, customer, unit)
    changes = [change for change in customer.changes if change.block in blocks]
    first = midnight(local_day(min(block.effective for block in blocks), customer.zone), customer.zone)
    for dawn, _ in days(first, max(now, first) + datetime.resolution, customer.zone):
        end = day_end(dawn, customer.zone)
        _lapse(ledger, dawn)
        _grant(ledger, [block for block in blocks if dawn <= block.effective < end])
        for change in changes:
            if dawn <= change.at < end and change.at <= now:
                _change(ledger, change)
        # Written in the day's last second, so that an entry bears the date of its usage.
        written = end - timedelta(seconds=1)
        pending = end > now
        created = min(now, written).replace(microsecond=0) if pending else written
        for drawn, amount in draws[dawn]:
            _draw(ledger, drawn, amount, (dawn, created), pending=pending)
    return ledger


def _draws(usage: Usage, world: World, customer: Customer, unit: str) -> dict[datetime, list[Draw]]:
    """Work out what each local day's usage would draw, by the day's first instant.

    A day draws what it adds to the most that a price has come to in its period: what comes back is not drawn twice.
    What licenses' allocations pay draws on nothing. Once a period's invoice is issued, what comes late draws nothing.
    """
    found: dict[datetime, list[Draw]] = defaultdict(list)
    tonight = day_end(usage.known, customer.zone)
    for subscription in reversed(world.of(customer)):
        if subscription.start > usage.known or all(price.currency != unit for price in subscription.plan.prices):
            continue
        for start, end in periods(subscription, usage.known):
            seen = replace(usage, known=min(usage.known, end + GRACE))
            for day, draw in _period_draws(seen, subscription, (start, min(end, tonight)), unit):
                found[day].append(draw)
    return found


def _period_draws(
    usage: Usage, subscription: Subscription, window: Window, unit: str
) -> Iterator[tuple[datetime, Draw]]:
    """Work out the draws of a billing period so far, each with the first instant of its day."""
    zone = subscription.customer.zone
    allocated = covered_so_far(usage, subscription, window)
    most: dict[str, Decimal] = {}
    for bucket in series(usage, subscription, window, unit, cumulative=True):
        dawn = midnight(local_day(bucket.end - datetime.resolution, zone), zone)
        for cost in bucket.prices:
            paid = allocated[bucket.start, bucket.end] if cost.price.license_type else ZERO
            more = cost.total - paid - most.get(cost.price.key, ZERO)
            if cost.price.metric is not None and more > 0:  # credits pay usage, not fees
                most[cost.price.key] = cost.total - paid
                yield dawn, (Drawn(subscription, cost.price, bucket.start), more)


def _lapse(ledger: Ledger, dawn: datetime) -> None:
    for block, left in list(ledger.left.items()):
        if block.expiry is not None and block.expiry <= dawn and left > 0:
            ledger.add("credit_block_expiry", block, max(block.expiry, dawn), change=-left)


def _grant(ledger: Ledger, blocks: list[Block]) -> None:
    for block in sorted(blocks, key=lambda block: block.effective):
        ledger.add("increment", block, block.effective, change=block.amount, description=block.description)


def _change(ledger: Ledger, change: Change) -> None:
    block, left = change.block, ledger.left[change.block]
    if change.kind == "amendment":
        ledger.add("amendment", block, change.at, change=change.amount, description=change.description)
    elif change.kind == "expiration_change":
        ledger.add("expiration_change", block, change.at, amount=left, new_expiry=block.expiry)
    elif left > 0:
        begun = change.at - timedelta(minutes=15)
        ledger.add("void_initiated", block, begun, amount=left, new_expiry=change.at, description=change.description)
        ledger.add("void", block, change.at, change=-left, description=change.description)


def _draw(ledger: Ledger, drawn: Drawn, amount: Decimal, span: tuple[datetime, datetime], *, pending: bool) -> None:
    """Draw from what may serve the price, in Orb's order, a block at a time.

    What no block covers is billed, or, in a pricing unit that has no price in money, overdraws the last block.
    """
    day, created = span
    serving = [block for block in ledger.left if _serves(block, drawn.price, day)]
    serving.sort(key=_order)
    for block in serving:
        part = min(amount, max(ledger.left[block], Decimal(0)))
        if part:
            ledger.add("decrement", block, created, change=-part, pending=pending, drawn=drawn)
            amount -= part
    if amount and serving and not is_money(ledger.unit) and drawn.price.conversion_rate is None:
        ledger.add("decrement", serving[-1], created, change=-amount, pending=pending, drawn=drawn)


def _serves(block: Block, price: Price, day: datetime) -> bool:
    """Tell whether a block may pay for a price's usage on a day: it must have begun before the day did."""
    within = block.effective <= day and (block.expiry is None or day < block.expiry)
    return within and block.item_id in {None, price.item_id}


def _order(block: Block) -> tuple[bool, datetime, Decimal, datetime]:
    """Order blocks as Orb draws them: bound to an item, soonest to lapse, cheapest, oldest."""
    return block.item_id is None, block.expiry or _NEVER, block.cost_basis, block.effective
