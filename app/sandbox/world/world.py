"""The invented customers and their subscriptions."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.plans import MONTHS, Plan
from app.sandbox.identity import opaque
from app.sandbox.world.blocks import Block, Change
from app.sandbox.world.habits import Habit
from app.sandbox.world.licenses import License
from app.sandbox.world.periods import billing_grid, local_day, midnight


@dataclass(frozen=True)
class Customer:
    """A customer: who they are, their clock, what they do all day, and the credits they have had.

    `balance` is the account's own money, which pays bills first; `parent` is the external id of the customer that
    pays for this one.
    """

    external_id: str
    name: str
    about: str
    zone: ZoneInfo
    currency: str | None
    address: tuple[str, str, str]
    created: datetime
    balance: Decimal = Decimal(0)
    grouped_costs: bool = True
    parent: str | None = None
    habits: tuple[Habit, ...] = ()
    blocks: tuple[Block, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def id(self) -> str:
        """Orb's id of the customer."""
        return opaque("customer", self.external_id)


@dataclass(frozen=True)
class Subscription:
    """A subscription: a plan that a customer has from `start` to `end` (None: open).

    `users` are those whose usage it bills: the customer and the customers that it is the parent of. Until
    `trial_end` usage is free.
    """

    customer: Customer
    plan: Plan
    start: datetime
    end: datetime | None
    created: datetime
    anchor: date
    users: tuple[Customer, ...] = ()
    trial_end: datetime | None = None
    licenses: tuple[License, ...] = ()

    @property
    def id(self) -> str:
        """Orb's id of the subscription."""
        return opaque("subscription", self.customer.external_id, self.plan.key)

    def status(self, now: datetime) -> str:
        """Tell Orb's status: upcoming, active or ended."""
        if now < self.start:
            return "upcoming"
        return "ended" if self.end is not None and self.end <= now else "active"

    def period(self, instant: datetime) -> tuple[datetime, datetime]:
        """Find the billing period [start, end) that holds an instant, cut to the subscription's life."""
        zone = self.customer.zone
        first, last = billing_grid(self.anchor, MONTHS[self.plan.cadence], local_day(instant, zone))
        start, end = max(midnight(first, zone), self.start), midnight(last, zone)
        return start, end if self.end is None else min(end, self.end)


@dataclass(frozen=True)
class World:
    """Everybody there is: customers as cast, subscriptions oldest first."""

    customers: tuple[Customer, ...]
    subscriptions: tuple[Subscription, ...]
    staged: datetime = field(compare=False)

    @cached_property
    def _by_id(self) -> dict[str, Subscription]:
        return {subscription.id: subscription for subscription in self.subscriptions}

    def customer(self, name: str, *, external: bool = False) -> Customer | None:
        """Find a customer by Orb's id, or by the external one."""
        return next((c for c in self.customers if name == (c.external_id if external else c.id)), None)

    def subscription(self, name: str) -> Subscription | None:
        """Find a subscription by Orb's id."""
        return self._by_id.get(name)

    def of(self, customer: Customer) -> tuple[Subscription, ...]:
        """List a customer's subscriptions, newest first."""
        return tuple(s for s in reversed(self.subscriptions) if s.customer is customer)

    def children(self, customer: Customer) -> tuple[Customer, ...]:
        """List the customers that a customer pays for."""
        return tuple(c for c in self.customers if c.parent == customer.external_id)
