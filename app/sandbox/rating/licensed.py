"""Licenses' allocations: what each license's holder consumed, and what of it the allocations pay.

Every license has an allocation of its own in each billing period in which it is held. What its holder uses while it
is held draws on that; what is used beyond it, or while nobody holds the license, draws on the credits that all share,
and what those do not cover is billed.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise, takewhile

from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.rating.accrual import tally
from app.sandbox.rating.amounts import rate
from app.sandbox.rating.costs import Window, segments
from app.sandbox.rating.usage import ZERO, Tally, Usage
from app.sandbox.world.licenses import License
from app.sandbox.world.periods import days
from app.sandbox.world.world import Subscription


@dataclass(frozen=True)
class Consumed:
    """What was consumed in [start, end) by a license's holder, or by all of them (None), in the price's currency.

    `eligible` was consumed while the license was held, `shared` while it was not.
    """

    license: License | None
    start: datetime
    end: datetime
    allocated: Decimal
    eligible: Decimal
    shared: Decimal

    @property
    def consumed(self) -> Decimal:
        """Give all that was consumed."""
        return self.eligible + self.shared

    @property
    def remaining(self) -> Decimal:
        """Give what is left of the allocation, below zero where more was consumed."""
        return self.allocated - self.consumed


def license_price(plan: Plan) -> Price | None:
    """Find the price that counts towards licenses' allocations: a plan has one at most.

    Its model is linear, so that every license's usage costs what it would cost by itself.
    """
    return next((price for price in plan.prices if price.license_type), None)


def consumption(
    usage: Usage, subscription: Subscription, window: Window, *, group_by: Collection[str]
) -> list[Consumed]:
    """List what was consumed in a window, by `license`, by `day`, or by both: oldest day, then oldest license first.

    Days are the customer's, up to the one that holds the instant of the usage. An allocation belongs to every row in
    whose time the license was held, once for each billing period: those of days do not add up to the period's.
    """
    price = license_price(subscription.plan)
    if price is None:
        return []
    found = []
    for period_start, start, end in segments(subscription, window):
        if start > usage.known:
            break
        pieces = days(start, end, subscription.customer.zone) if "day" in group_by else iter([(start, end)])
        spans = list(takewhile(lambda span: span[0] <= usage.known, pieces))  # at least one: it begins at `start`
        found += _consumed(usage, subscription, price, period_start, spans)
    return _merged(found, group_by)


def covered(
    usage: Usage, subscription: Subscription, price: Price, period_start: datetime, cuts: Sequence[datetime]
) -> list[Decimal]:
    """Say what allocations pay of a license price from the start of the billing period to each cut."""
    rows = _used(usage, subscription, price, period_start, cuts)
    return [sum((min(one.type.allocation, eligible) for one, (eligible, _) in row.items()), ZERO) for row in rows]


def covered_so_far(usage: Usage, subscription: Subscription, window: Window) -> dict[Window, Decimal]:
    """Say what allocations pay, by (start of the billing period, end of a local day in it)."""
    price = license_price(subscription.plan)
    found: dict[Window, Decimal] = {}
    if price is None:
        return found
    for period_start, start, end in segments(subscription, window):
        cuts = [stop for _, stop in days(start, end, subscription.customer.zone)]
        paid = covered(usage, subscription, price, period_start, cuts)
        found |= {(period_start, cut): amount for cut, amount in zip(cuts, paid, strict=True)}
    return found


def _consumed(
    usage: Usage, subscription: Subscription, price: Price, period_start: datetime, spans: Sequence[Window]
) -> list[Consumed]:
    """Take each span by itself; spans follow each other without a gap."""
    cuts = [spans[0][0], *(end for _, end in spans)]
    points = _used(usage, subscription, price, period_start, cuts)
    return [
        Consumed(
            one,
            start,
            end,
            one.type.allocation if one.held(start, end) else ZERO,
            late[one][0] - early[one][0],
            late[one][1] - early[one][1],
        )
        for (start, end), (early, late) in zip(spans, pairwise(points), strict=True)
        for one in subscription.licenses
    ]


def _used(
    usage: Usage, subscription: Subscription, price: Price, period_start: datetime, cuts: Sequence[datetime]
) -> list[dict[License, tuple[Decimal, Decimal]]]:
    """Rate each license from the start of the period to each cut: (while it was held, while it was not)."""
    if price.license_type is None:
        return [{} for _ in cuts]
    edges = {edge for one in subscription.licenses for edge in (one.start, one.end) if edge}
    last = max(cuts, default=period_start)
    points = sorted({*cuts, *(edge for edge in edges if period_start < edge < last)})
    tallies = tally(usage, subscription, price, period_start, points, (price.license_type.grouping_key,))
    worth = {point: _by_holder(price, each) for point, each in zip(points, tallies, strict=True)}

    def used(one: License, cut: datetime) -> tuple[Decimal, Decimal]:
        since, until = max(one.start, period_start), min(one.end or cut, cut)
        whole = worth[cut].get(one.holder, ZERO)
        if until <= since:
            return ZERO, whole
        before = worth[since].get(one.holder, ZERO) if since in worth else ZERO
        held = worth[until].get(one.holder, ZERO) - before
        return held, whole - held

    return [{one: used(one, cut) for one in subscription.licenses} for cut in cuts]


def _by_holder(price: Price, tally: Tally) -> dict[str | None, Decimal]:
    apart: dict[str | None, Tally] = defaultdict(dict)
    for values, quantity in tally.items():
        apart[values[-1]][values] = quantity
    return {holder: rate(price.model, quantities) for holder, quantities in apart.items()}


def _merged(found: Sequence[Consumed], group_by: Collection[str]) -> list[Consumed]:
    """Add up what belongs to one row."""
    rows: dict[tuple[datetime | None, License | None], Consumed] = {}
    for each in found:
        whose = each.license if "license" in group_by else None
        key = each.start if "day" in group_by else None, whose
        rows[key] = _sum(rows[key], each) if key in rows else replace(each, license=whose)
    return list(rows.values())


def _sum(one: Consumed, other: Consumed) -> Consumed:
    return replace(
        one,
        end=max(one.end, other.end),
        allocated=one.allocated + other.allocated,
        eligible=one.eligible + other.eligible,
        shared=one.shared + other.shared,
    )
