"""Freeform analytics of a customer: which prices may be asked about, and what they come to. Nothing is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.account.listed import Listed
from app.days import Period
from app.orb import evaluation, wire
from app.orb.prices import PriceInterval
from app.reading import Reading


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A price of usage that this viewer may ask about, by its subscriptions' names.

    `since` is the first instant of which they may ask, where that is bounded.
    """

    id: str
    name: str
    subscriptions: tuple[str, ...]
    since: datetime | None = None


class Evaluated(Listed):
    """Questions that Orb computes anew each time."""

    async def prices(self) -> tuple[OwnPrice, ...]:
        """The prices of usage that are in force, once each, in the order of the list."""
        listing = await self.listing()
        if self.only is None:
            return own_prices(listing.subscriptions, self.now)
        return own_prices(listing.subscriptions, self.now, hidden=self.hidden, part=True)

    async def evaluate(self, asked: evaluation.Evaluation, deadline: float) -> Reading[evaluation.Evaluations]:
        """What the prices come to for this customer, computed by Orb at this moment.

        `deadline` is in seconds. Raises OrbError; Invalid when the question makes no sense to Orb.
        """
        return await self._orb.evaluate(self._customer, asked, deadline=deadline)


def own_prices(
    shown: Sequence[wire.Subscription],
    now: datetime,
    *,
    hidden: Sequence[wire.Subscription] = (),
    part: bool = False,
) -> tuple[OwnPrice, ...]:
    """The prices of `shown` that may be asked about.

    Orb evaluates a price over all that the customer used, whichever subscription it was for. So a viewer of a part
    has no price that a hidden subscription has too, nor one of the same metric, nor one that counts only some of the
    usage, and may not look back before their own subscription began.
    """
    secret = {name for each in _intervals(hidden) for name in (each.price.id, each.metric) if name}
    found: dict[str, OwnPrice] = {}
    for subscription in shown:
        for interval in subscription.price_intervals:
            price = interval.price
            if not (price.id and interval.metric and interval.is_current(now)):
                continue
            if part and (interval.is_narrowed or not interval.start_date or {price.id, interval.metric} & secret):
                continue
            before = found.get(price.id)
            titles = (*(before.subscriptions if before else ()), subscription.title)
            since = interval.start_date if part else None
            if before and before.since and since:
                since = max(before.since, since)
            found[price.id] = OwnPrice(price.id, price.name, tuple(dict.fromkeys(titles)), since)
    return tuple(found.values())


def _intervals(subscriptions: Sequence[wire.Subscription]) -> Iterator[PriceInterval]:
    for each in subscriptions:
        yield from each.price_intervals


def reachable(prices: Sequence[OwnPrice], window: Period) -> datetime | None:
    """The instant from which all of `prices` may be asked about, if the window begins before it."""
    latest = max((each.since for each in prices if each.since), default=None)
    return latest if latest and window.start < latest else None
