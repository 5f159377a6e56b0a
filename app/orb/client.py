"""Orb's API as this service uses it: one method per endpoint, each answer a `Reading`.

Every method takes `max_age`: seconds that Orb may answer from its cache for, or None to ask live. Where Orb
has no cache it makes no difference. All raise `OrbError`.
"""

from collections.abc import Sequence

from app.days import Period
from app.orb import endpoint, evaluation, question, usage, wire
from app.orb.alerts import Alerts
from app.orb.endpoint import Endpoint
from app.orb.errors import Malformed
from app.orb.exchange import Exchange
from app.orb.invoices import Invoices, Issued, PortalSession
from app.orb.licenses import Licenses, LicenseTypes, LicenseUsages
from app.orb.path import BadId, CustomerRef, orb_id
from app.reading import Reading

_PAGE = ("limit", "100")


def _told(text: str) -> str:
    """An id that came in an answer of Orb's; one that is none is the fault of that answer."""
    try:
        return orb_id(text)
    except BadId:
        raise Malformed("an id that is none") from None


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
        params = (("subscription_id", _told(subscription)),)
        return await self.get(endpoint.UPCOMING_INVOICE, "/invoices/upcoming", params, max_age)

    async def invoices(self, params: Sequence[tuple[str, str]]) -> Reading[Invoices]:
        """One page of the invoices that `params` ask for, latest invoice date first. Invalid for a wrong cursor."""
        return await self.get(endpoint.INVOICES, "/invoices", params)

    async def invoice(self, invoice: str) -> Reading[Issued]:
        """One invoice, whosever it is: the asker has to look whom it names."""
        return await self.get(endpoint.INVOICE, f"/invoices/{orb_id(invoice)}")

    async def portal_session(self, customer: CustomerRef) -> Reading[PortalSession]:
        """A link into Orb's portal; those that were handed out before stay good."""
        path = f"{customer.path}/portal_sessions"
        return await self.post(endpoint.PORTAL_SESSION, path, {"invalidate_existing": False})

    async def credits_ledger(
        self,
        customer: CustomerRef,
        currency: str,
        *,
        limit: int = 100,
        cursor: str | None = None,
        max_age: float | None,
    ) -> Reading[wire.Ledger]:
        """One page of movements, newest first, unfiltered: only then is the first one's ending balance the balance."""
        path = f"{customer.path}/credits/ledger"
        return await self.get(endpoint.CREDITS_LEDGER, path, question.page(currency, limit, cursor), max_age)

    async def credit_blocks(
        self,
        customer: CustomerRef,
        currency: str,
        *,
        limit: int = 100,
        cursor: str | None = None,
        max_age: float | None,
    ) -> Reading[wire.CreditBlocks]:
        """One page of blocks, those that are used up or have expired left out."""
        path = f"{customer.path}/credits"
        return await self.get(endpoint.CREDIT_BLOCKS, path, question.page(currency, limit, cursor), max_age)

    async def subscription_costs(
        self,
        subscription: str,
        view_mode: str,
        window: Period,
        currency: str | None,
        *,
        max_age: float | None,
    ) -> Reading[wire.Costs]:
        path = f"/subscriptions/{_told(subscription)}/costs"
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
        path = f"/subscriptions/{_told(subscription)}/grouped_costs"
        reading = await self.post(endpoint.GROUPED_COSTS, path, asked)
        groups = wire.grouped_costs(reading.value)
        return Reading(groups, None, reading.asked, reading.size)

    async def subscription_usage(
        self, subscription: str, view_mode: str, window: Period, *, max_age: float | None
    ) -> Reading[usage.Usage]:
        """What was used, by day, of every metric of that subscription."""
        path = f"/subscriptions/{_told(subscription)}/usage"
        return await self.get(endpoint.SUBSCRIPTION_USAGE, path, question.days(view_mode, window), max_age)

    async def grouped_usage(
        self, subscription: str, metric: str, key: str, view_mode: str, window: Period, *, max_age: float | None
    ) -> Reading[usage.GroupedUsage]:
        """What was used of one metric, by day and by one event property.

        Invalid where the metric does not add up from the groups of that property.
        """
        path = f"/subscriptions/{_told(subscription)}/usage"
        params = [*question.days(view_mode, window), ("billable_metric_id", _told(metric)), ("group_by", key)]
        return await self.get(endpoint.GROUPED_USAGE, path, params, max_age)

    async def license_types(self) -> Reading[LicenseTypes]:
        """The kinds of license that the account has, the oldest first."""
        return await self.get(endpoint.LICENSE_TYPES, "/license_types", (_PAGE,))

    async def licenses(self, subscription: str) -> Reading[Licenses]:
        """The licenses of a subscription, active or not."""
        params = (("subscription_id", _told(subscription)), _PAGE)
        return await self.get(endpoint.LICENSES, "/licenses", params)

    async def license_usage(
        self, subscription: str, license_type: str, group_by: str, *, limit: int = 100, cursor: str | None = None
    ) -> Reading[LicenseUsages]:
        """What was used of the allocations of one type this billing period, by `license`, `day` or `license,day`."""
        params = [
            ("subscription_id", _told(subscription)),
            ("license_type_id", _told(license_type)),
            ("group_by", group_by),
            ("limit", str(limit)),
        ]
        if cursor is not None:
            params.append(("cursor", cursor))
        return await self.get(endpoint.LICENSE_USAGE, "/licenses/usage", params)

    async def subscription_alerts(self, subscription: str, *, cursor: str | None = None) -> Reading[Alerts]:
        """The alerts of a subscription, and those that it has from its plan."""
        return await self._alerts("subscription_id", _told(subscription), cursor)

    async def customer_alerts(self, customer: CustomerRef, *, cursor: str | None = None) -> Reading[Alerts]:
        """The alerts of a customer as a whole."""
        return await self._alerts(customer.kind, customer.id, cursor)

    async def _alerts(self, whose: str, name: str, cursor: str | None) -> Reading[Alerts]:
        params = [(whose, name), _PAGE]
        if cursor is not None:
            params.append(("cursor", cursor))
        return await self.get(endpoint.ALERTS, "/alerts", params)

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
