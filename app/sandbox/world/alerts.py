"""Alerts of customers, subscriptions and plans."""

from dataclasses import dataclass
from datetime import datetime

from app.sandbox.catalogue.alerts import Rule
from app.sandbox.catalogue.plans import Plan
from app.sandbox.world.world import Subscription


@dataclass(frozen=True)
class Alert:
    """A rule that watches one customer or subscription, by Orb's id, or every subscription of a plan."""

    id: str
    rule: Rule
    created: datetime
    customer: str | None = None
    subscription: str | None = None
    plan: Plan | None = None
    enabled: bool = True

    def watches(self, subscription: Subscription) -> bool:
        """Tell whether it watches a subscription, by itself or by its plan."""
        return self.subscription == subscription.id or (self.plan is not None and self.plan.id == subscription.plan.id)
