"""Orb's answers as frozen types: only the fields that a card reads, under Orb's own names."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from app.days import Period
from app.money import Money, total, unit
from app.orb.decode import Amount, Answer, Instant, MaybeAmount, decode
from app.orb.errors import Malformed
from app.orb.lines import LineItem
from app.orb.prices import PriceInterval


class Paging(Answer, frozen=True, gc=False):
    has_more: bool
    next_cursor: str | None = None


class CustomerId(Answer, frozen=True, gc=False):
    """Whom a document is about."""

    id: str
    external_customer_id: str | None = None


class Hierarchy(Answer, frozen=True, gc=False):
    parent: CustomerId | None = None


class Customer(Answer, frozen=True, gc=False):
    id: str
    name: str
    timezone: str
    external_customer_id: str | None = None
    currency: str | None = None
    hierarchy: Hierarchy | None = None

    @property
    def parent(self) -> CustomerId | None:
        """The customer whose costs hold those of this one: Orb counts a child's usage there."""
        return self.hierarchy.parent if self.hierarchy else None


class Plan(Answer, frozen=True, gc=False):
    name: str
    currency: str | None = None


class PendingChange(Answer, frozen=True, gc=False):
    """That a change of plan is to come. What it is, Orb tells elsewhere."""

    id: str


class Subscription(Answer, frozen=True, gc=False):
    id: str
    status: str
    customer: Customer
    plan: Plan | None = None
    name: str | None = None
    start_date: Instant | None = None
    pending_subscription_change: PendingChange | None = None
    current_billing_period_start_date: Instant | None = None
    current_billing_period_end_date: Instant | None = None
    price_intervals: tuple[PriceInterval, ...] = ()

    @property
    def title(self) -> str:
        """What people call it: its name, or its plan's."""
        return self.name or (self.plan.name if self.plan else "Subscription")

    @property
    def currency(self) -> str | None:
        """What its costs are counted in; None where Orb tells neither the plan's nor the customer's."""
        return (self.plan.currency if self.plan else None) or self.customer.currency

    @property
    def period(self) -> Period | None:
        """The current billing period; None unless it is active."""
        start, end = self.current_billing_period_start_date, self.current_billing_period_end_date
        return Period(start, end) if start and end else None


class Subscriptions(Answer, frozen=True, gc=False):
    data: tuple[Subscription, ...]
    pagination_metadata: Paging


class Invoice(Answer, frozen=True, gc=False):
    """An invoice; `target_date` is there on the upcoming one alone."""

    currency: str
    subtotal: Amount
    total: Amount
    amount_due: Amount
    customer: CustomerId
    line_items: tuple[LineItem, ...]
    target_date: Instant | None = None
    scheduled_issue_at: Instant | None = None
    will_auto_issue: bool = True
    hidden_line_item_count: int = 0

    def line_of(self, metric: str, period: Period) -> LineItem | None:
        """The one line that counts all usage of a metric; None where several do, or one counts a part."""
        prices = ((line, line.price) for line in self.line_items)
        lines = [
            line for line, price in prices if price and price.billable_metric and price.billable_metric.id == metric
        ]
        if len(lines) != 1 or lines[0].grouping or lines[0].filter:
            return None
        return lines[0] if (lines[0].start_date, lines[0].end_date) == (period.start, period.end) else None


class CreditFilter(Answer, frozen=True, gc=False):
    """What a block is bound to: the items that it pays for."""

    field: str
    operator: str
    values: tuple[str, ...]


class CreditBlock(Answer, frozen=True, gc=False):
    """Prepaid credits of one purchase or grant. The currency is the one that was asked for."""

    id: str
    balance: Amount
    status: str
    effective_date: Instant | None = None
    expiry_date: Instant | None = None
    per_unit_cost_basis: MaybeAmount = None
    maximum_initial_balance: MaybeAmount = None
    filters: tuple[CreditFilter, ...] = ()


class CreditBlocks(Answer, frozen=True, gc=False):
    data: tuple[CreditBlock, ...]
    pagination_metadata: Paging


class AffectedBlock(Answer, frozen=True, gc=False):
    """The block that an entry is about."""

    id: str
    filters: tuple[CreditFilter, ...] = ()


class LedgerEntry(Answer, frozen=True, gc=False):
    """One movement of credits. What it moved is `ending_balance - starting_balance`: Orb does not promise
    the sign of its `amount`."""

    id: str
    entry_type: str
    entry_status: str
    customer: CustomerId
    starting_balance: Amount
    ending_balance: Amount
    amount: Amount
    created_at: Instant
    description: str | None = None
    credit_block: AffectedBlock | None = None
    price_id: str | None = None
    new_block_expiry_date: Instant | None = None
    void_reason: str | None = None


class Ledger(Answer, frozen=True, gc=False):
    data: tuple[LedgerEntry, ...]
    pagination_metadata: Paging


class Price(Answer, frozen=True, gc=False):
    id: str
    name: str
    price_type: str = ""


class PriceCost(Answer, frozen=True, gc=False):
    price: Price
    subtotal: Amount
    total: Amount
    quantity: MaybeAmount = None


class Cost(Answer, frozen=True, gc=False):
    """One bucket of a cost series: a day, or in cumulative view the period up to the end of that day."""

    timeframe_start: Instant
    timeframe_end: Instant
    subtotal: Amount
    total: Amount
    per_price_costs: tuple[PriceCost, ...] = ()


class Costs(Answer, frozen=True, gc=False):
    data: tuple[Cost, ...]


def subtotal_of(costs: Costs, view_mode: str, start: datetime) -> Decimal | None:
    """What the window of a series that begins at `start` costs at list price, exact.

    Periodic buckets add up. Of cumulative ones the last of each `timeframe_start` counts, and only where none of
    them is before the window: such a billing period's first bucket holds what came before it.
    """
    if view_mode == "periodic":
        return total([cost.subtotal for cost in costs.data])
    if any(cost.timeframe_start < start for cost in costs.data):
        return None
    return total(list({cost.timeframe_start: cost.subtotal for cost in costs.data}.values()))


class GroupRow(Answer, frozen=True, gc=False):
    """One group of grouped costs. Its field names are not published: every plausible one is read."""

    grouping_values: tuple[msgspec.Raw, ...] = ()
    group_values: tuple[msgspec.Raw, ...] = ()
    groups: tuple[msgspec.Raw, ...] = ()
    subtotal: MaybeAmount = None
    amount: MaybeAmount = None


class GroupPage(Answer, frozen=True, gc=False):
    data: tuple[GroupRow, ...]
    has_more: bool | None = None
    pagination_metadata: Paging | None = None
    subtotal: MaybeAmount = None


@dataclass(frozen=True, slots=True)
class Group:
    """One value of the grouping key, Orb's string untouched, and the subtotal under it."""

    key: str
    subtotal: Decimal


@dataclass(frozen=True, slots=True)
class GroupedCosts:
    """Subtotals by group, largest first. `subtotal` is that of the whole window, where Orb tells it."""

    groups: tuple[Group, ...]
    has_more: bool
    subtotal: Decimal | None = None


def grouped_costs(page: GroupPage) -> GroupedCosts:
    """The groups in an answer whose field names Orb has not published. Raises Malformed where none fits."""
    paging = page.pagination_metadata
    has_more = page.has_more if page.has_more is not None else paging is not None and paging.has_more
    groups = sorted((_group(row) for row in page.data), key=lambda group: -group.subtotal)
    return GroupedCosts(tuple(groups), has_more, page.subtotal)


def _group(row: GroupRow) -> Group:
    values = row.grouping_values or row.group_values or row.groups
    subtotal = row.subtotal if row.subtotal is not None else row.amount
    if not values or subtotal is None:
        raise Malformed("a group without its value or its subtotal")
    token = bytes(values[0])
    return Group(decode(token, str) if token.startswith(b'"') else token.decode(), subtotal)


class Problem(Answer, frozen=True, gc=False):
    """Orb's problem document, as far as a decision rests on it."""

    type: str = ""
    validation_errors: tuple[msgspec.Raw, ...] = ()


class AmountDue(Money):
    """What a customer will be charged. Made from an invoice and from nothing else."""

    __slots__ = ()

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(invoice.amount_due, unit(invoice.currency))


class Subtotal(Money):
    """What usage costs at list price: before discounts, minimums, maximums, credits and tax."""

    __slots__ = ()
