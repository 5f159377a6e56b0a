"""Costs by day: Orb's series of local days, cumulative or periodic, of a subscription or a whole customer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import takewhile

from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.accrual import accrued
from app.sandbox.rating.lines import Line, nothing
from app.sandbox.rating.usage import ZERO, Usage
from app.sandbox.world.periods import days
from app.sandbox.world.world import Subscription

#: Instants [start, end).
Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class PriceCost:
    """What one price of a subscription cost in a bucket."""

    subscription: Subscription
    price: Price
    quantity: Decimal
    subtotal: Decimal
    total: Decimal


@dataclass(frozen=True)
class Bucket:
    """The costs in [start, end): of one day, or of the billing period up to the end of a day."""

    start: datetime
    end: datetime
    prices: tuple[PriceCost, ...]

    @property
    def subtotal(self) -> Decimal:
        """Add up the prices before discounts and minimums."""
        return sum((cost.subtotal for cost in self.prices), ZERO)

    @property
    def total(self) -> Decimal:
        """Add up the prices after discounts and minimums."""
        return sum((cost.total for cost in self.prices), ZERO)


def series(
    usage: Usage, subscription: Subscription, window: Window | None, currency: str, *, cumulative: bool
) -> list[Bucket]:
    """List the buckets of a window, up to the one that holds the instant of the usage, of prices in one currency.

    Without a window it is the current billing period, or the last one of a subscription that has ended. Cumulative
    buckets all start where their billing period starts, even before the window; see Orb's "fetch subscription
    costs".
    """
    buckets = []
    for period_start, start, end in segments(subscription, window or default_window(subscription, usage.known)):
        if start > usage.known:
            break
        spans = list(takewhile(lambda span: span[0] <= usage.known, days(start, end, subscription.customer.zone)))
        before, *points = (
            tuple(line for line in lines if line.price.currency == currency)
            for lines in accrued(usage, subscription, period_start, [start, *(stop for _, stop in spans)])
        )
        none = tuple(line for line in nothing(subscription.plan.prices) if line.price.currency == currency)
        for (begin, stop), after in zip(spans, points, strict=True):
            if cumulative:
                buckets.append(_bucket(subscription, period_start, stop, none, after))
            else:
                buckets.append(_bucket(subscription, begin, stop, before, after))
            before = after
    return buckets


def default_window(subscription: Subscription, now: datetime) -> Window:
    """Find the current billing period; the last one of a subscription that has ended."""
    if subscription.end is not None and subscription.end <= now:
        # The last instant that still belonged to it.
        return subscription.period(subscription.end - datetime.resolution)
    return subscription.period(max(now, subscription.start))


def segments(subscription: Subscription, window: Window) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Cut a window at billing periods: (start of the period, start of the piece, end of the piece)."""
    low, high = max(window[0], subscription.start), window[1]
    if subscription.end is not None:
        high = min(high, subscription.end)
    while low < high:
        period_start, period_end = subscription.period(low)
        yield period_start, low, min(high, period_end)
        low = period_end


def roll_up(many: Iterable[list[Bucket]]) -> list[Bucket]:
    """Add up several subscriptions: buckets of the same span become one, with the prices of all."""
    spans: dict[Window, list[PriceCost]] = {}
    for buckets in many:
        for bucket in buckets:
            spans.setdefault((bucket.start, bucket.end), []).extend(bucket.prices)
    return [Bucket(start, end, tuple(prices)) for (start, end), prices in sorted(spans.items(), key=_span)]


def _span(pair: tuple[Window, list[PriceCost]]) -> Window:
    return pair[0]


def _bucket(
    subscription: Subscription, start: datetime, end: datetime, before: tuple[Line, ...], after: tuple[Line, ...]
) -> Bucket:
    return Bucket(
        start,
        end,
        tuple(
            PriceCost(
                subscription,
                late.price,
                late.quantity - early.quantity,
                late.subtotal - early.subtotal,
                late.total - early.total,
            )
            for early, late in zip(before, after, strict=True)
        ),
    )
