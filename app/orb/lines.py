"""The lines of an invoice as frozen types: what was charged, what was taken off or added, what paid for it."""

from app.orb.decode import Amount, Answer, Instant, MaybeAmount
from app.orb.prices import MetricId


class Adjustment(Answer, frozen=True, gc=False):
    adjustment_type: str
    amount: Amount
    is_invoice_level: bool = False
    reason: str | None = None
    percentage_discount: MaybeAmount = None


class Tax(Answer, frozen=True, gc=False):
    amount: Amount
    tax_rate_description: str = ""
    tax_rate_percentage: MaybeAmount = None


class PriceUnit(Answer, frozen=True, gc=False):
    """What a price is in: money, or a pricing unit that credits pay; and what it measures."""

    currency: str | None = None
    billable_metric: MetricId | None = None


class Tier(Answer, frozen=True, gc=False):
    """The units that a tier holds, the last one not known where it has no end, and what each costs."""

    first_unit: MaybeAmount = None
    last_unit: MaybeAmount = None
    unit_amount: MaybeAmount = None


class Matrix(Answer, frozen=True, gc=False):
    """That a part is a cell of a matrix: what it is called says which."""


class SubGrouping(Answer, frozen=True, gc=False):
    """The group of a part; without a value, the one that holds what bears no value."""

    key: str
    value: str | None = None


class SubLineItem(Answer, frozen=True, gc=False):
    """A part of a line: a tier, a cell of a matrix, a group. Its `type` is not read: Orb's own list of types has a
    stray one, and what a part is can be told by what it brings."""

    name: str
    amount: Amount
    quantity: MaybeAmount = None
    grouping: SubGrouping | None = None
    tier_config: Tier | None = None
    matrix_config: Matrix | None = None


class LineItem(Answer, frozen=True, gc=False):
    """One line. Up to its credits it counts in its price's unit; `amount` and after it, in the invoice's."""

    name: str
    subtotal: Amount
    adjusted_subtotal: Amount
    credits_applied: Amount
    partially_invoiced_amount: Amount
    amount: Amount
    quantity: MaybeAmount = None
    grouping: str | None = None
    filter: str | None = None
    start_date: Instant | None = None
    end_date: Instant | None = None
    price: PriceUnit | None = None
    adjustments: tuple[Adjustment, ...] = ()
    tax_amounts: tuple[Tax, ...] = ()
    sub_line_items: tuple[SubLineItem, ...] = ()
