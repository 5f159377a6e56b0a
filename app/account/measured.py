"""What a customer used, as their account tells it: by day, and by group."""

from collections.abc import Iterable

from app.account.bound import Bound
from app.cache.freshness import Answer
from app.days import Period
from app.listing import Nothing
from app.orb import wire
from app.orb.errors import Invalid, Malformed, NotEnabled
from app.orb.usage import GroupedUsage, GroupUsage, MetricUsage, Usage
from app.reading import Reading


class Measured(Bound):
    """Questions about usage: quantities, never money."""

    async def subscription_usage(
        self, subscription: wire.Subscription, view_mode: str, window: Period
    ) -> Answer[Usage]:
        """How much of each metric, in days as Orb cut them."""

        words = _days_key("usage", subscription.id, view_mode, window)

        async def ask() -> Reading[Usage]:
            allowance = self._allowance(words)
            reading = await self._orb.subscription_usage(subscription.id, view_mode, window, max_age=allowance)
            _must_view(reading.value.data, view_mode)
            return reading

        return await self._ask(words, ask)

    async def grouped_usage(
        self, subscription: wire.Subscription, metric: str, key: str, view_mode: str, window: Period
    ) -> Answer[GroupedUsage | Nothing]:
        """One metric by one event property; Nothing where Orb does not count it so."""

        words = (*_days_key("grouped_usage", subscription.id, view_mode, window), metric, key)

        async def ask() -> Reading[GroupedUsage | Nothing]:
            asked = self.now
            try:
                reading = await self._orb.grouped_usage(
                    subscription.id, metric, key, view_mode, window, max_age=self._allowance(words)
                )
            except (NotEnabled, Invalid):
                return self._state(asked, "not_groupable")
            _must_view(reading.value.data, view_mode)
            if any(each.metric_group.property_key != key for each in reading.value.data):
                raise Malformed("groups of another property than was asked for")
            return Reading(reading.value, reading.as_of, reading.asked, reading.size)

        return await self._ask(words, ask)


def _days_key(name: str, whose: str, view_mode: str, window: Period) -> tuple[str, ...]:
    return (name, whose, view_mode, window.start.isoformat(), window.end.isoformat())


def _must_view(rows: Iterable[MetricUsage | GroupUsage], view_mode: str) -> None:
    """Raises Malformed where Orb answers in another view than was asked for: days would be read as running totals."""
    if any(each.view_mode != view_mode for each in rows):
        raise Malformed("another view than was asked for")
