"""The account's alerts: those of the invented story, and what was made or changed over the API since."""

from dataclasses import replace

from app.sandbox.world.alerts import Alert
from app.sandbox.world.casts.alarms import staged_alerts
from app.sandbox.world.world import Customer, Subscription, World


class Alerts:
    """Alerts by id, kept in memory. A plan's alert may be switched for one of its subscriptions alone."""

    def __init__(self) -> None:
        self._written: dict[str, Alert] = {}
        self._switched: dict[tuple[str, str], bool] = {}

    def every(self, world: World) -> list[Alert]:
        """List all alerts, oldest first."""
        known = {alert.id: alert for alert in staged_alerts(world)} | self._written
        return sorted(known.values(), key=lambda alert: (alert.created, alert.id))

    def find(self, world: World, name: str) -> Alert | None:
        """Find an alert by its id."""
        return next((alert for alert in self.every(world) if alert.id == name), None)

    def of_customer(self, world: World, customer: Customer) -> list[Alert]:
        """List those that watch a customer's balance, oldest first."""
        return [alert for alert in self.every(world) if alert.customer == customer.id]

    def of_subscription(self, world: World, subscription: Subscription) -> list[Alert]:
        """List those that watch a subscription, its plan's included, oldest first."""
        return [self.seen_by(alert, subscription) for alert in self.every(world) if alert.watches(subscription)]

    def seen_by(self, alert: Alert, subscription: Subscription) -> Alert:
        """Give an alert as it is switched for a subscription."""
        return replace(alert, enabled=self._switched.get((alert.id, subscription.id), alert.enabled))

    def write(self, alert: Alert) -> None:
        """Keep a new alert, or a changed one."""
        self._written[alert.id] = alert

    def switch(self, alert: Alert, subscription: Subscription, *, enabled: bool) -> None:
        """Switch a plan's alert for one subscription."""
        self._switched[alert.id, subscription.id] = enabled
