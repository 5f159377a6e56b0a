"""The prices of a subscription as frozen types: what each measures and costs in, and while it is part of it."""

from datetime import datetime
from typing import Any

from app.money import unit
from app.orb.decode import Answer, Instant


class MetricId(Answer, frozen=True, gc=False):
    id: str


class IntervalPrice(Answer, frozen=True, gc=False):
    """A price of a subscription. One of usage has a metric, a fixed fee none; `invoice_grouping_key` is the property
    by which invoices part it."""

    id: str = ""
    name: str = ""
    currency: str | None = None
    billable_metric: MetricId | None = None
    invoice_grouping_key: str | None = None
    conversion_rate: Any = None  # of no interest but that it is there
    conversion_rate_config: Any = None

    @property
    def is_billed(self) -> bool:
        """Whether what no credits pay of it comes onto an invoice: it is in money, or Orb turns its unit into it."""
        if self.currency is not None and unit(self.currency).is_currency:
            return True
        return self.conversion_rate is not None or self.conversion_rate_config is not None


class PriceInterval(Answer, frozen=True, gc=False):
    """A price, while it is part of a subscription. `filter` and `usage_customer_ids` narrow what counts for it."""

    price: IntervalPrice
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
