"""The alerts that were set for a customer, as their account tells them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from app.account.bound import Bound
from app.cache.freshness import Answer
from app.orb import wire
from app.orb.alerts import Alert, Alerts
from app.orb.errors import Foreign, NotFound
from app.reading import Reading

_MOST_PAGES = 5


class Alerted(Bound):
    """Questions about alerts: of one subscription, or of the customer as a whole."""

    async def subscription_alerts(self, subscription: wire.Subscription) -> Answer[Alerts]:
        """The alerts of a subscription, those of its plan among them, newest first."""

        async def ask() -> Reading[Alerts]:
            reading = await _whole(lambda cursor: self._orb.subscription_alerts(subscription.id, cursor=cursor))
            for each in reading.value.data:
                self._mine(each)
                if each.subscription and each.subscription.id != subscription.id:
                    raise Foreign
            return reading

        return await self._ask(("subscription_alerts", subscription.id), ask)

    async def customer_alerts(self) -> Answer[Alerts]:
        """The alerts of the customer as a whole, newest first."""

        async def ask() -> Reading[Alerts]:
            try:
                reading = await _whole(lambda cursor: self._orb.customer_alerts(self._customer, cursor=cursor))
            except NotFound:  # a customer whom Orb does not know has no alerts
                return self._brief(Alerts((), wire.Paging(has_more=False)))
            for each in reading.value.data:
                self._mine(each)
            return reading

        return await self._ask(("customer_alerts",), ask)

    def _mine(self, alert: Alert) -> None:
        if alert.customer:
            self._own(alert.customer)


async def _whole(ask: Callable[[str | None], Awaitable[Reading[Alerts]]]) -> Reading[Alerts]:
    """All pages as one, as far as five; a list that goes round in circles ends."""
    reading = await ask(None)
    found, paging, size = [*reading.value.data], reading.value.pagination_metadata, reading.size
    seen: list[str | None] = [None]
    while paging.next_cursor not in seen and len(seen) < _MOST_PAGES:
        seen.append(paging.next_cursor)
        page = await ask(paging.next_cursor)
        found.extend(page.value.data)
        paging, size = page.value.pagination_metadata, size + page.size
    return replace(reading, value=Alerts(tuple(found), paging), size=size)
