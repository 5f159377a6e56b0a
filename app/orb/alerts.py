"""Alerts as Orb tells them, and the figures of a bill that they are held against."""

from decimal import Decimal

import msgspec

from app.money import total
from app.orb.decode import Amount, Answer, Instant
from app.orb.wire import CustomerId, Invoice, Paging


class Named(Answer, frozen=True, gc=False):
    """What an alert refers to. Orb leaves the id of some plans out."""

    id: str | None = None


class Threshold(Answer, frozen=True, gc=False):
    value: Amount


class BalanceStatus(Answer, frozen=True, gc=False):
    """Orb's own word on one threshold of a balance alert."""

    in_alert: bool
    threshold_value: Amount


class Alert(Answer, frozen=True, gc=False):
    """One alert: what it watches, and for whom. Thresholds are in major units of `currency`, or in a metric's own.

    An alert with `grouping_keys` watches each group by itself, one with `price_filters` not all of the prices;
    with `threshold_overrides` some groups have thresholds of their own.
    """

    id: str
    type: str
    enabled: bool
    created_at: Instant
    currency: str | None = None
    thresholds: tuple[Threshold, ...] | None = None
    customer: CustomerId | None = None
    subscription: Named | None = None
    plan: Named | None = None
    metric: Named | None = None
    balance_alert_status: tuple[BalanceStatus, ...] | None = None
    grouping_keys: tuple[str, ...] | None = None
    price_filters: tuple[msgspec.Raw, ...] | None = None
    threshold_overrides: tuple[msgspec.Raw, ...] | None = None


class Alerts(Answer, frozen=True, gc=False):
    data: tuple[Alert, ...]
    pagination_metadata: Paging


def cost_watched(invoice: Invoice) -> Decimal:
    """What a cost alert is held against: the bill after credits, with what this period's earlier invoices had of it.

    Not the amount due: the customer's own balance does not count.
    """
    return total([invoice.total, *(line.partially_invoiced_amount for line in invoice.line_items)])
