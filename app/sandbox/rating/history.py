"""The invoices that there are: of billing periods, of what a threshold cut off from one, and of single charges."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from app.sandbox.rating.thresholds import Partial
from app.sandbox.world.charges import charges_of
from app.sandbox.world.periods import local_day, midnight
from app.sandbox.world.world import Customer, Subscription

Source = Literal["subscription", "partial", "one_off"]

#: How long Orb waits for late events after a period, by default.
GRACE = timedelta(hours=12)
#: How long after issue payment is due, on every plan.
NET_TERMS = timedelta(days=14)
#: How often the figures of drafts are worked out anew.
_REFRESHED = timedelta(minutes=10)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Invoice:
    """An invoice without its figures: of what is in [start, end), dated `end`.

    One that is `one_off` has a subscription in name only: the plan is what was charged for.
    """

    subscription: Subscription
    source: Source
    start: datetime
    end: datetime
    partial: Partial | None = None

    @cached_property
    def key(self) -> tuple[str, str, str, str]:
        """Tell it from every other invoice."""
        return self.subscription.id, self.source, self.start.isoformat(), self.end.isoformat()

    @property
    def issue(self) -> datetime:
        """Give when it is issued: usage waits for late events, fees and threshold invoices do not."""
        waits = self.source == "subscription" and any(price.metric for price in self.subscription.plan.prices)
        return self.end + GRACE if waits else self.end

    @property
    def due(self) -> datetime:
        """Give when it has to be paid."""
        return self.issue + NET_TERMS

    def computed(self, now: datetime) -> datetime:
        """Give the instant whose figures it shows: of its issue, and before that of the last refresh of drafts."""
        refreshed = now - (now - _EPOCH) % _REFRESHED
        return self.issue if self.issue <= now else max(self.start, refreshed)


def periods(subscription: Subscription, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """List the billing periods that have begun at an instant, oldest first."""
    last = until if subscription.end is None else min(until, subscription.end - datetime.resolution)
    at = subscription.start
    while at <= last:
        start, at = subscription.period(at)
        yield start, at


def one_offs(customer: Customer, staged: datetime, until: datetime) -> Iterator[Invoice]:
    """List the invoices of single charges that were made until an instant."""
    for charge in charges_of(customer):
        start = charge.made.at(staged, customer.zone)
        day = local_day(start, customer.zone)
        end = midnight(day + timedelta(days=1), customer.zone)
        if end <= until:
            owner = Subscription(customer, charge.plan, start, end, created=start, anchor=day, users=(customer,))
            yield Invoice(owner, "one_off", start, end)
