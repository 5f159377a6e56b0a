"""Costs by group: the subtotal of a window, split by a property of the usage events."""

from collections import defaultdict
from decimal import Decimal

from app.sandbox.catalogue.models import Matrix, Percent, Unit
from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.accrual import tally
from app.sandbox.rating.amounts import rate, spread
from app.sandbox.rating.costs import Window, segments
from app.sandbox.rating.usage import ZERO, Tally, Usage
from app.sandbox.world.periods import day_end
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
    quantity in those of all groups, so that they never come to more than the price. Raises TooManyGroups.
    """
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for period_start, start, end in segments(subscription, window):
        if start > usage.known:
            break
        for price in subscription.plan.prices:
            if price.metric is None or price.currency != currency:
                continue
            cuts = [start, min(end, day_end(usage.known, subscription.customer.zone))]
            before, after = tally(usage, subscription, price, period_start, cuts, (key,))
            if price.metric.decomposable and isinstance(price.model, Unit | Percent | Matrix):
                shares = _rated(price, before, after)
            else:
                early, late = tally(usage, subscription, price, period_start, cuts)
                shares = _shared(price, rate(price.model, late) - rate(price.model, early), before, after)
            for group, amount in shares.items():
                if group is not None:
                    sums[group] += amount
    if len(sums) > MOST_GROUPS:
        raise TooManyGroups
    return sorted(sums.items(), key=lambda group: (-group[1], group[0]))


def _rated(price: Price, before: Tally, after: Tally) -> dict[str | None, Decimal]:
    """Rate each group between two tallies by itself."""
    return {group: rate(price.model, quantities) for group, quantities in _apart(before, after).items()}


def _shared(price: Price, amount: Decimal, before: Tally, after: Tally) -> dict[str | None, Decimal]:
    """Share out what the price cost between two tallies."""
    apart = _apart(before, after)
    weights = [sum(quantities.values(), ZERO) for quantities in apart.values()]
    return dict(zip(apart, spread(amount, weights, price.digits), strict=True))


def _apart(before: Tally, after: Tally) -> dict[str | None, Tally]:
    """Say what each group, the last of a tally's values, has more in the second."""
    apart: dict[str | None, Tally] = defaultdict(dict)
    for values, quantity in after.items():
        if quantity != before.get(values, ZERO):
            apart[values[-1]][values] = quantity - before.get(values, ZERO)
    return apart
