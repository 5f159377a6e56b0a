"""Costs by group: the subtotal of a window, split by a property of the usage events."""

from collections import defaultdict
from decimal import Decimal

from app.sandbox.catalogue.models import Matrix, Percent, Unit
from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.accrual import tally
from app.sandbox.rating.amounts import rate, spread
from app.sandbox.rating.costs import Window, segments
from app.sandbox.rating.usage import ZERO, Tally, Usage
from app.sandbox.world.world import Subscription

#: Event properties that this account may group by.
GROUPING_KEYS = ("workspace_id", "region", "model", "user_id", "request_id")

#: Orb refuses to group by more distinct values than this.
MOST_GROUPS = 5_000


class TooManyGroups(Exception):
    """The window holds more distinct groups than Orb answers for."""


def grouped(
    usage: Usage, subscription: Subscription, window: Window, key: str, currency: str
) -> list[tuple[str, Decimal]]:
    """Split the window's subtotal in one currency among groups, the dearest first.

    Only usage that carries the key belongs to a group: fees and untagged usage are left out, so the groups add up to
    the subtotal or less. Where prices are not linear, or metrics do not decompose, a group has the share of its
    quantity in all quantities. Raises TooManyGroups.
    """
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for period_start, start, end in segments(subscription, window):
        if start > usage.known:
            break
        for price in subscription.plan.prices:
            if price.metric is None or price.currency != currency:
                continue
            cuts = [start, end]
            before, after = tally(usage, subscription, price, period_start, cuts, (key,))
            for group, amount in _shares(price, before, after).items():
                if group is not None:
                    sums[group] += amount
    if len(sums) > MOST_GROUPS:
        raise TooManyGroups
    return sorted(sums.items(), key=lambda group: (-group[1], group[0]))


def _shares(price: Price, before: Tally, after: Tally) -> dict[str | None, Decimal]:
    """Give each group its part of what the price cost between two tallies that end in the group's value."""
    apart: dict[str | None, Tally] = defaultdict(dict)
    for values, quantity in after.items():
        if quantity != before.get(values, ZERO):
            apart[values[-1]][values] = quantity - before.get(values, ZERO)
    if isinstance(price.model, Unit | Percent | Matrix):
        return {group: rate(price.model, quantities) for group, quantities in apart.items()}
    amount = rate(price.model, after) - rate(price.model, before)
    weights = [sum(quantities.values(), ZERO) for quantities in apart.values()]
    return dict(zip(apart, spread(amount, weights, price.digits + 2), strict=True))
