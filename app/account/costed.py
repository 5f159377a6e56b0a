"""What a customer's usage costs, as their account tells it: by day, and by group."""

from app.account.bound import Bound
from app.cache.freshness import Answer
from app.days import Period
from app.listing import Nothing
from app.orb import wire
from app.orb.errors import Invalid, NotEnabled, Refused
from app.reading import Reading


class Costed(Bound):
    """Questions about cost series and grouped costs."""

    async def subscription_costs(
        self,
        subscription: wire.Subscription,
        view_mode: str,
        window: Period,
        currency: str | None,
        *,
        hurry: bool = False,
    ) -> Answer[wire.Costs]:
        """One subscription's cost series, in days as Orb cut them."""

        words = _series_key(subscription.id, view_mode, window, currency)

        async def ask() -> Reading[wire.Costs]:
            return await self._orb.subscription_costs(
                subscription.id, view_mode, window, currency, max_age=self._allowance(words)
            )

        return await self._ask(words, ask, hurry=hurry)

    def kept_costs(
        self, subscription: wire.Subscription, view_mode: str, window: Period, currency: str | None
    ) -> Reading[wire.Costs] | None:
        """The same series if a young enough one is at hand; asks nobody."""
        key = self._key(_series_key(subscription.id, view_mode, window, currency))
        return self._cache.kept(key, self._freshness)

    async def customer_costs(self, view_mode: str, window: Period, currency: str) -> Answer[wire.Costs]:
        """The series over all subscriptions in one currency, summed by Orb. Not for a viewer of some of them."""
        if self.only is not None:
            raise ValueError("the roll-up holds subscriptions that this viewer may not see")

        words = _series_key("customer", view_mode, window, currency)

        async def ask() -> Reading[wire.Costs]:
            allowance = self._allowance(words)
            return await self._orb.customer_costs(self._customer, view_mode, window, currency, max_age=allowance)

        return await self._ask(words, ask)

    async def grouped_costs(
        self, subscription: wire.Subscription, key: str, window: Period, currency: str | None, limit: int
    ) -> Answer[wire.GroupedCosts | Nothing]:
        """Subtotals by one event property; Nothing where Orb does not offer them for this account or key."""

        async def ask() -> Reading[wire.GroupedCosts | Nothing]:
            asked = self.now
            try:
                return await self._orb.grouped_costs(subscription.id, key, window, currency, limit)
            except (NotEnabled, Invalid) as refused:
                return self._state(asked, "not_enabled", _refusal(refused))

        words = _series_key(subscription.id, key, window, currency)
        return await self._ask(("grouped_costs", *words[1:], str(limit)), ask)


def _series_key(whose: str, view_mode: str, window: Period, currency: str | None) -> tuple[str, ...]:
    return ("costs", whose, view_mode, window.start.isoformat(), window.end.isoformat(), currency or "")


def _refusal(refused: Refused) -> str | None:
    """Why Orb has no grouped costs here, as far as its words tell: the account, the number of groups, the key."""
    if isinstance(refused, NotEnabled):
        return None
    words = " ".join(refused.reasons).lower()
    return "too_many_groups" if "5,000" in words or "5000" in words else "key_not_allowed"
