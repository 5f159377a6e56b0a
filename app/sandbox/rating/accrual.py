"""What has accrued in a billing period by one instant or several: the lines that a bill would have then."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.lines import Line, adjust, line_of, nothing
from app.sandbox.rating.usage import Tally, Usage
from app.sandbox.world.world import Subscription


def accrued(
    usage: Usage, subscription: Subscription, period_start: datetime, cuts: Sequence[datetime]
) -> list[tuple[Line, ...]]:
    """Rate the period up to each of the cuts, which ascend; at its very start there is nothing, not even fees."""
    plan = subscription.plan
    rows = [_lines(usage, subscription, price, period_start, cuts) for price in plan.prices]
    return [
        adjust(plan, [row[place] for row in rows]) if cut > period_start else nothing(plan.prices)
        for place, cut in enumerate(cuts)
    ]


def _lines(
    usage: Usage, subscription: Subscription, price: Price, period_start: datetime, cuts: Sequence[datetime]
) -> list[Line]:
    trial = subscription.trial_end
    tallies = tally(usage, subscription, price, period_start, cuts)
    if trial is None or trial <= period_start:
        return [line_of(price, quantity) for quantity in tallies]
    if price.metric is None:  # no fees in a trial
        return [line_of(price, quantity if cut > trial else {}) for cut, quantity in zip(cuts, tallies, strict=True)]
    free = tally(usage, subscription, price, period_start, [min(cut, trial) for cut in cuts])
    return [line_of(price, quantity, given) for quantity, given in zip(tallies, free, strict=True)]


def tally(
    usage: Usage,
    subscription: Subscription,
    price: Price,
    period_start: datetime,
    cuts: Sequence[datetime],
    by: Sequence[str] = (),
) -> list[Tally]:
    """Count a price's quantity from the start of the period to each cut, by its dimensions and then by `by`.

    A fixed fee accrues in full with the first instant of the period.
    """
    if price.metric is None:
        return [{(): Decimal(price.fixed or 0)} for _ in cuts]
    later = sorted({cut for cut in cuts if cut > period_start})
    tallies = usage.so_far(subscription, price.metric, [period_start, *later], (*price.dimensions, *by))
    at: dict[datetime, Tally] = dict(zip(later, tallies, strict=True))
    return [at.get(cut, {}) for cut in cuts]
