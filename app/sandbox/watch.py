"""The watch over the invented world: it tells by webhook what happens as time passes and as usage comes in."""

from collections.abc import Collection, Sequence
from datetime import datetime

import anyio

from app.sandbox.alerts import Alerts
from app.sandbox.clock import Clock
from app.sandbox.documents.alerts import alert_document
from app.sandbox.rating.alerting import Standing, crossed, standings
from app.sandbox.rating.books import Books
from app.sandbox.rating.usage import Usage
from app.sandbox.webhooks.happenings import happenings
from app.sandbox.webhooks.payloads import TYPES
from app.sandbox.webhooks.webhooks import Webhooks
from app.sandbox.wire import Document, number, plain
from app.sandbox.world.alerts import Alert
from app.sandbox.world.stage import staged_at
from app.sandbox.world.world import Customer, Subscription

#: How often the watch looks at the clock, in seconds.
_EVERY = 10.0

#: An alert and what it watches, with where its thresholds stand.
Watched = tuple[Alert, Customer | Subscription, list[Standing]]


class Watch:
    """Looks at the clock and at alerts; what it finds becomes webhooks."""

    def __init__(self, clock: Clock, books: Books, alerts: Alerts, webhooks: Webhooks) -> None:
        self._clock, self._books, self._alerts, self._webhooks = clock, books, alerts, webhooks
        self._seen: tuple[int, datetime] | None = None

    async def run(self) -> None:
        """Look every now and then, for ever."""
        while True:
            self.look()
            await anyio.sleep(_EVERY)

    def look(self) -> None:
        """Tell what has happened since the last look; nothing, where the clock was set to another story since."""
        seen, now = self._seen, (self._clock.turned, self._clock())
        self._seen = now
        if seen is not None and seen[0] == now[0]:
            for happening in happenings(staged_at(self._clock.origin), self._books, seen[1], now[1]):
                self._webhooks.tell(happening, {})

    def watched(self, usage: Usage, customers: Collection[str]) -> list[Watched]:
        """See where the alerts stand that usage of some customers, by Orb's ids, can move."""
        world = staged_at(self._clock.origin)
        found: list[Watched] = []
        for customer in world.customers:
            subscriptions = [each for each in world.of(customer) if each.status(usage.known) == "active"]
            users = {customer.id, *(user.id for each in subscriptions for user in each.users)}
            if users.isdisjoint(customers):
                continue
            pairs: list[tuple[Alert, Customer | Subscription]] = [
                *((alert, customer) for alert in self._alerts.of_customer(world, customer)),
                *((alert, each) for each in subscriptions for alert in self._alerts.of_subscription(world, each)),
            ]
            found += [(alert, of, standings(usage, world, alert.rule, of)) for alert, of in pairs if alert.enabled]
        return found

    def compare(self, before: Sequence[Watched], after: Sequence[Watched]) -> None:
        """Tell of each alert whose thresholds were reached in between: of the one that goes furthest, as Orb does."""
        for (alert, of, early), (_, _, late) in zip(before, after, strict=True):
            reached = crossed(early, late)
            if reached:
                furthest = min if isinstance(of, Customer) else max
                self._tell(alert, of, furthest(reached, key=lambda standing: standing.threshold))

    def _tell(self, alert: Alert, of: Customer | Subscription, standing: Standing) -> None:
        balance = isinstance(of, Customer)
        event_type = f"{'customer' if balance else 'subscription'}.{alert.rule.kind}"
        if event_type not in TYPES or standing.group is not None or standing.license is not None:
            return  # events of groups and of licenses are fired by hand alone
        customer = of if isinstance(of, Customer) else of.customer
        subscription = None if isinstance(of, Customer) else of.id
        said = {"alert_configuration": self._configuration(alert), **_values(alert, standing)}
        self._webhooks.happened(event_type, customer.id, subscription, **said)

    def _configuration(self, alert: Alert) -> Document:
        """Show an alert as webhooks do: its thresholds are texts there."""
        document = alert_document(staged_at(self._clock.origin), alert)
        return document | {"thresholds": [{"value": plain(value)} for value in alert.rule.thresholds] or None}


def _values(alert: Alert, standing: Standing) -> Document:
    """Say what was reached, in the words of the event's type."""
    match alert.rule.kind:
        case "usage_exceeded":
            metric = alert.rule.metric
            return {
                "billable_metric_id": metric.id if metric else "",
                "evaluated_quantity": number(standing.value),
                "quantity_threshold": number(standing.threshold),
            }
        case "cost_exceeded" | "spend_exceeded":
            return {"evaluated_amount": plain(standing.value), "amount_threshold": plain(standing.threshold)}
        case "credit_balance_dropped":
            return {"balance_threshold": plain(standing.threshold)}
        case _:
            return {}
