"""One customer's account at Orb: bound to that customer, cached; it cannot name another."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from app.cache.cache import Answer, Cache, Freshness
from app.days import Period, end_of_day
from app.listing import Listing, Nothing
from app.orb import wire
from app.orb.client import Orb
from app.orb.errors import Foreign, Invalid, NotEnabled, NotFound, OrbError, Refused, TimedOut
from app.orb.path import CustomerRef
from app.reading import Reading

T = TypeVar("T")

_LIST_AGE = 900.0  # subscriptions change rarely, and a refresh asks for them anew
_STATE_AGE = 30.0  # nothing pending, ended, not enabled: true for now, kept briefly
_MOST_PAGES = 5


class Account:
    """What a card may ask. `only` are the subscriptions that this viewer may see; None means all of them."""

    def __init__(
        self,
        orb: Orb,
        cache: Cache,
        customer: CustomerRef,
        freshness: Freshness,
        *,
        credit_currencies: tuple[str, ...] = ("credits",),
        only: frozenset[str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._orb = orb
        self._cache = cache
        self._customer = customer
        self._freshness = freshness
        self._now = now
        self._listed: Listing | OrbError | None = None
        self.credit_currencies = credit_currencies
        self.only = only

    @property
    def now(self) -> datetime:
        return self._now()

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
        if self.only is None:
            return listing
        shown = tuple(each for each in listing.subscriptions if each.id in self.only)
        return replace(listing, subscriptions=shown, state=listing.state or (None if shown else "no_subscription"))

    async def upcoming_invoice(self, subscription: wire.Subscription) -> Answer[wire.Invoice | Nothing]:
        """The bill so far; Nothing when none is pending, or the subscription has ended."""

        async def ask() -> Reading[wire.Invoice | Nothing]:
            asked = self.now
            try:
                reading = await self._orb.upcoming_invoice(subscription.id, max_age=self._allowance)
            except NotFound:
                return self._state(asked, "no_upcoming_invoice")
            except Invalid as refused:
                if any("status ended" in reason for reason in refused.reasons):
                    return self._state(asked, "subscription_ended")
                raise
            self._own(reading.value.customer)
            return reading

        period = subscription.period  # a new period has a bill of its own
        return await self._ask(("upcoming_invoice", subscription.id, str(period and period.start)), ask)

    async def credits_ledger(self, currency: str) -> Answer[wire.Ledger]:
        """The newest movements of one pricing unit; empty when there is no ledger for it."""

        async def ask() -> Reading[wire.Ledger]:
            try:
                reading = await self._orb.credits_ledger(self._customer, currency, max_age=self._allowance)
            except NotFound:  # a customer whom Orb does not know has no ledger
                nothing = wire.Ledger((), wire.Paging(has_more=False))
                return Reading(nothing, None, self.now, lasts=_STATE_AGE)
            for entry in reading.value.data:
                self._own(entry.customer)
            return reading

        return await self._ask(("credits_ledger", currency), ask)

    async def credit_blocks(self, currency: str) -> Answer[wire.CreditBlocks]:
        """The blocks behind a balance. Nice to have: waits no longer than `soon`."""

        async def ask() -> Reading[wire.CreditBlocks]:
            return await self._orb.credit_blocks(self._customer, currency, max_age=self._allowance)

        return await self._ask(("credit_blocks", currency), ask, hurry=True)

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

        async def ask() -> Reading[wire.Costs]:
            return await self._orb.subscription_costs(
                subscription.id, view_mode, window, currency, max_age=self._allowance
            )

        return await self._ask(_series_key(subscription.id, view_mode, window, currency), ask, hurry=hurry)

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

        async def ask() -> Reading[wire.Costs]:
            return await self._orb.customer_costs(self._customer, view_mode, window, currency, max_age=self._allowance)

        return await self._ask(_series_key("customer", view_mode, window, currency), ask)

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

    @property
    def _allowance(self) -> float | None:
        """How old Orb's cached answer may be: none older than this customer's last live one, or ages would go back."""
        if self._freshness.live:
            return None
        live = self._cache.last_live(self._key(()))
        since = (self.now - live).total_seconds() if live else self._freshness.max_age
        return max(0.0, min(self._freshness.max_age, since))

    async def _list(self) -> Reading[Listing]:
        found: list[wire.Subscription] = []
        seen: list[str | None] = [None]
        for _ in range(_MOST_PAGES):
            page = await self._orb.subscriptions(self._customer, ("active", "upcoming"), cursor=seen[-1])
            found.extend(page.value.data)
            cursor = page.value.pagination_metadata.next_cursor
            if cursor in seen:
                break
            seen.append(cursor)
        for each in found:
            self._own(each.customer)
        listing = Listing(found[0].customer, tuple(found)) if found else await self._without_subscription()
        lasts = _STATE_AGE if listing.state else None
        return Reading(listing, None, page.asked, size=2048 * (len(found) + 1), lasts=lasts)

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

    def _own(self, named: wire.Customer | wire.CustomerId) -> None:
        """Raises Foreign when a document names another customer than the one it was asked for."""
        whose = named.id if self._customer.kind == "customer_id" else named.external_customer_id
        if whose != self._customer.id:
            raise Foreign

    def _state(self, asked: datetime, code: str, why: str | None = None) -> Reading[Nothing]:
        return Reading(Nothing(code, why), None, asked, lasts=_STATE_AGE)

    def _key(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return (self._customer.kind, self._customer.id, *words)

    async def _ask(
        self,
        words: tuple[str, ...],
        ask: Callable[[], Awaitable[Reading[T]]],
        *,
        max_age: float | None = None,
        hurry: bool = False,
    ) -> Answer[T]:
        how = self._freshness
        if max_age is not None and (not how.live or max_age == 0):
            how = replace(how, max_age=max_age)
        if hurry:
            how = replace(how, deadline=how.soon)
        try:
            answer = await self._cache.get(self._key(words), how, ask)
        except TimeoutError:
            raise TimedOut(words[0]) from None
        late = isinstance(answer.failed, TimeoutError)
        return Answer(answer.reading, TimedOut(words[0])) if late else answer


def _series_key(whose: str, view_mode: str, window: Period, currency: str | None) -> tuple[str, ...]:
    return ("costs", whose, view_mode, window.start.isoformat(), window.end.isoformat(), currency or "")


def _refusal(refused: Refused) -> str | None:
    """Why Orb has no grouped costs here, as far as its words tell: the account, the number of groups, the key."""
    if isinstance(refused, NotEnabled):
        return None
    words = " ".join(refused.reasons).lower()
    return "too_many_groups" if "5,000" in words or "5000" in words else "key_not_allowed"
