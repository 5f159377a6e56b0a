"""The prices of a subscription as frozen types: what each measures, and while it is part of it."""

from datetime import datetime

from app.orb.decode import Answer, Instant


class MetricId(Answer, frozen=True, gc=False):
    id: str


class UsagePrice(Answer, frozen=True, gc=False):
    """A price of a subscription. One of usage has a metric, a fixed fee none; `invoice_grouping_key` is the property
    by which invoices part it."""

    id: str = ""
    name: str = ""
    billable_metric: MetricId | None = None
    invoice_grouping_key: str | None = None


class PriceInterval(Answer, frozen=True, gc=False):
    """A price, while it is part of a subscription. `filter` and `usage_customer_ids` narrow what counts for it."""

    price: UsagePrice
    start_date: Instant | None = None
    end_date: Instant | None = None
    filter: str | None = None
    usage_customer_ids: tuple[str, ...] | None = None

    @property
    def metric(self) -> str | None:
        return self.price.billable_metric.id if self.price.billable_metric else None

    @property
    def is_narrowed(self) -> bool:
        """Whether only some of the customer's usage counts, or that of other customers too."""
        return bool(self.filter or self.usage_customer_ids)

    def is_current(self, now: datetime) -> bool:
        return (self.start_date is None or self.start_date <= now) and (self.end_date is None or now < self.end_date)
