"""What a customer subscribes to, as their account tells it."""

from collections.abc import Sequence
from dataclasses import replace

from app import log
from app.account.bound import STATE_AGE, Bound
from app.days import Period, end_of_day
from app.listing import Listing
from app.orb import wire
from app.orb.errors import NotFound, OrbError, TimedOut
from app.reading import Reading

_LIST_AGE = 900.0  # subscriptions change rarely, and a refresh asks for them anew
_MOST_PAGES = 5


class Listed(Bound):
    """The list that every other question starts from: what it was in a request it stays in that request."""

    _listed: Listing | OrbError | None = None
    hidden: tuple[wire.Subscription, ...] = ()  # what there is beside what this viewer may see; never to be shown

    async def listing(self, *, hurry: bool = False) -> Listing:
        """The customer and their active and upcoming subscriptions, those of other viewers left out.

        What it was in this request it stays: a list that failed is not asked for again by the next card, but one
        that was only not there `soon` may be waited for longer.
        """
        if isinstance(self._listed, OrbError):
            raise self._listed
        if self._listed is None:
            try:
                self._listed = await self._find(hurry=hurry)
            except OrbError as error:
                if not (hurry and isinstance(error, TimedOut)):
                    self._listed = error
                raise
        return self._listed

    async def _find(self, *, hurry: bool) -> Listing:
        answer = await self._ask(("subscriptions",), self._list, max_age=_LIST_AGE, hurry=hurry)
        if answer.reading.value.is_over(self.now):
            answer = await self._ask(("subscriptions",), self._list, max_age=0, hurry=hurry)
        listing = replace(answer.reading.value, failed=answer.failed)
        if listing.customer:
            log.hide(listing.customer.id, listing.customer.external_customer_id)
        if self.only is None:
            return listing
        shown = tuple(each for each in listing.subscriptions if each.id in self.only)
        self.hidden = tuple(each for each in listing.subscriptions if each.id not in self.only)
        return replace(listing, subscriptions=shown, state=listing.state or (None if shown else "no_subscription"))

    def rolls_up(self, listing: Listing, shown: Sequence[wire.Subscription]) -> bool:
        """Whether one series of the customer's covers `shown`: all of several, and all that there are."""
        return len(shown) > 1 and len(shown) == len(listing.active) and self.only is None

    def so_far(self, listing: Listing, axis: Period | None) -> Period | None:
        """The part of `axis` that has figures: up to the end of the customer's current day.

        The same all day long, so that askers share one answer. None where nothing of it has begun.
        """
        if axis is None:
            return None
        end = min(axis.end, end_of_day(self.now, listing.zone))
        return Period(axis.start, end) if axis.start < end else None

    async def _list(self) -> Reading[Listing]:
        known: dict[str, wire.Subscription] = {}  # by id: one that moves between two pages is on both
        seen: list[str | None] = [None]
        for _ in range(_MOST_PAGES):
            page = await self._orb.subscriptions(self._customer, ("active", "upcoming"), cursor=seen[-1])
            known |= {each.id: each for each in page.value.data}
            cursor = page.value.pagination_metadata.next_cursor
            if cursor in seen:
                break
            seen.append(cursor)
        found = [*known.values()]
        for each in found:
            self._own(each.customer)
        listing = Listing(found[0].customer, tuple(found)) if found else await self._without_subscription()
        lasts = STATE_AGE if listing.state else None
        return Reading(
            listing,
            None,
            page.asked,
            size=2048 * (len(found) + 1) + 512 * sum(len(each.price_intervals) for each in found),
            lasts=lasts,
        )

    async def _without_subscription(self) -> Listing:
        try:
            customer = (await self._orb.customer(self._customer)).value
        except NotFound:
            return Listing(None, (), "no_subscription")
        self._own(customer)
        ended = (await self._orb.subscriptions(self._customer, ("ended",), limit=1)).value.data
        for each in ended:
            self._own(each.customer)
        return Listing(customer, (), "subscription_ended" if ended else "no_subscription")
