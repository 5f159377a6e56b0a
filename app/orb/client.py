"""Orb's API as this service uses it: one method per endpoint, each answer a `Reading`.

Every method takes `max_age`: seconds that Orb may answer from its cache for, or None to ask live. Where Orb
has no cache it makes no difference. All raise `OrbError`.
"""

from collections.abc import Sequence

from app.days import Period
from app.orb import endpoint, evaluation, question, wire
from app.orb.endpoint import Endpoint
from app.orb.exchange import Exchange
from app.orb.path import CustomerRef, orb_id
from app.reading import Reading

_PAGE = ("limit", "100")


class Orb(Exchange):
    """One account at Orb, one method per endpoint."""

    async def subscriptions(
        self, customer: CustomerRef, status: Sequence[str], *, limit: int = 100, cursor: str | None = None
    ) -> Reading[wire.Subscriptions]:
        """One page of this customer's subscriptions, most recently created first."""
        params = [
            (customer.kind, customer.id),
            *(("status[]", word) for word in status),
            ("limit", str(limit)),
        ]
        if cursor is not None:
            params.append(("cursor", cursor))
        return await self.get(endpoint.SUBSCRIPTIONS, "/subscriptions", params)

    async def customer(self, customer: CustomerRef) -> Reading[wire.Customer]:
        return await self.get(endpoint.CUSTOMER, customer.path, ())

    async def upcoming_invoice(self, subscription: str, *, max_age: float | None) -> Reading[wire.Invoice]:
        """The bill of the current period. NotFound when nothing is pending, Invalid when it has ended."""
        params = (("subscription_id", orb_id(subscription)),)
        return await self.get(endpoint.UPCOMING_INVOICE, "/invoices/upcoming", params, max_age)

    async def credits_ledger(
        self, customer: CustomerRef, currency: str, *, max_age: float | None
    ) -> Reading[wire.Ledger]:
        """The newest movements, unfiltered: only then is the first one's ending balance the balance."""
        path = f"{customer.path}/credits/ledger"
        return await self.get(endpoint.CREDITS_LEDGER, path, (("currency", currency), _PAGE), max_age)

    async def credit_blocks(
        self, customer: CustomerRef, currency: str, *, max_age: float | None
    ) -> Reading[wire.CreditBlocks]:
        path = f"{customer.path}/credits"
        return await self.get(endpoint.CREDIT_BLOCKS, path, (("currency", currency), _PAGE), max_age)

    async def subscription_costs(
        self,
        subscription: str,
        view_mode: str,
        window: Period,
        currency: str | None,
        *,
        max_age: float | None,
    ) -> Reading[wire.Costs]:
        path = f"/subscriptions/{orb_id(subscription)}/costs"
        return await self.get(endpoint.SUBSCRIPTION_COSTS, path, question.series(view_mode, window, currency), max_age)

    async def customer_costs(
        self,
        customer: CustomerRef,
        view_mode: str,
        window: Period,
        currency: str | None,
        *,
        max_age: float | None,
    ) -> Reading[wire.Costs]:
        """The series over all of the customer's subscriptions in that currency, summed by Orb."""
        path = f"{customer.path}/costs"
        return await self.get(endpoint.CUSTOMER_COSTS, path, question.series(view_mode, window, currency), max_age)

    async def grouped_costs(
        self, subscription: str, key: str, window: Period, currency: str | None, limit: int
    ) -> Reading[wire.GroupedCosts]:
        """Subtotals by one event property. Orb reads them precomputed and never tells their age.

        NotEnabled where the account lacks the preview, Invalid for a key or a window that is not allowed.
        """
        asked: dict[str, object] = {
            "grouping_keys": [key],
            "timeframe_start": question.instant(window.start),
            "timeframe_end": question.instant(window.end),
            "limit": limit,
        }
        if currency is not None:
            asked["currency"] = currency
        path = f"/subscriptions/{orb_id(subscription)}/grouped_costs"
        reading = await self.post(endpoint.GROUPED_COSTS, path, asked)
        groups = wire.grouped_costs(reading.value)
        return Reading(groups, None, reading.asked, reading.size)

    async def evaluate(
        self, customer: CustomerRef, asked: evaluation.Evaluation, *, deadline: float
    ) -> Reading[evaluation.Evaluations]:
        """Prices over what the customer used, or over made-up events; computed live, which may take `deadline` seconds.

        Invalid where the filter does not fit the usage, or the window is out of reach.
        """
        body = evaluation.asked(customer, asked)
        if asked.events is None:
            return await self.post(endpoint.EVALUATE, "/prices/evaluate", body, deadline)
        path = "/prices/evaluate_preview_events"
        return await self.post(endpoint.EVALUATE_PREVIEW_EVENTS, path, body, deadline)

    async def ping(self) -> None:
        """Asks whether Orb is there and takes the key."""
        await self.get(Endpoint("ping", endpoint.Rate.READ, dict), "/ping", ())
