"""What a customer is billed, as their account tells it."""

from app.account.bound import Bound
from app.cache.freshness import Answer
from app.listing import Nothing
from app.orb import wire
from app.orb.errors import Invalid, NotFound
from app.reading import Reading


class Invoiced(Bound):
    """Questions about invoices."""

    async def upcoming_invoice(self, subscription: wire.Subscription) -> Answer[wire.Invoice | Nothing]:
        """The bill so far; Nothing when none is pending, or the subscription has ended."""

        words = _bill_key(subscription)

        async def ask() -> Reading[wire.Invoice | Nothing]:
            asked = self.now
            try:
                reading = await self._orb.upcoming_invoice(subscription.id, max_age=self._allowance(words))
            except NotFound:
                return self._state(asked, "no_upcoming_invoice")
            except Invalid as refused:
                if any("status ended" in reason for reason in refused.reasons):
                    return self._state(asked, "subscription_ended")
                raise
            self._own(reading.value.customer)
            return reading

        return await self._ask(words, ask)

    def kept_invoice(self, subscription: wire.Subscription) -> Reading[wire.Invoice | Nothing] | None:
        """The same bill if a young enough one is at hand; asks nobody."""
        return self._cache.kept(self._key(_bill_key(subscription)), self._freshness)


def _bill_key(subscription: wire.Subscription) -> tuple[str, ...]:
    period = subscription.period  # a new period has a bill of its own
    return ("upcoming_invoice", subscription.id, str(period and period.start))
