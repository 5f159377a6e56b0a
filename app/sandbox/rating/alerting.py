"""What alerts see: the figures that they watch, and which of their thresholds those have reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.sandbox.catalogue.alerts import BALANCE, Rule
from app.sandbox.rating.accrual import accrued
from app.sandbox.rating.bill import bill_of
from app.sandbox.rating.costs import Window, default_window
from app.sandbox.rating.groups import grouped
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.rating.licensed import consumption
from app.sandbox.rating.usage import ZERO, Usage
from app.sandbox.world.licenses import License
from app.sandbox.world.world import Customer, Subscription, World


@dataclass(frozen=True)
class Standing:
    """One threshold and the value that it is held against: of a group or a license, where an alert watches several."""

    threshold: Decimal
    value: Decimal
    in_alert: bool
    group: str | None = None
    license: License | None = None


#: A value that an alert watches, with the group or the license that it is of.
_Reading = tuple[Decimal, str | None, License | None]


def standings(usage: Usage, world: World, rule: Rule, watched: Customer | Subscription) -> list[Standing]:
    """Hold every threshold of a rule against what it watches, at the instant of the usage.

    `watched` is the customer whose balance a balance alert watches, and a subscription for any other.
    """
    return [
        Standing(level, value, rule.reached(level, value), group, whose)
        for value, group, whose in _readings(usage, world, rule, watched)
        for level in rule.levels(group)
    ]


def crossed(before: Sequence[Standing], after: Sequence[Standing]) -> list[Standing]:
    """List the thresholds that are reached after and were not before: for these, and no others, a webhook is due."""
    reached = {_place(each) for each in before if each.in_alert}
    return [each for each in after if each.in_alert and _place(each) not in reached]


def _place(standing: Standing) -> tuple[Decimal, str | None, License | None]:
    return standing.threshold, standing.group, standing.license


def _readings(usage: Usage, world: World, rule: Rule, watched: Customer | Subscription) -> Sequence[_Reading]:
    if isinstance(watched, Customer) != (rule.kind in BALANCE):
        raise ValueError(f"An alert of the type {rule.kind} does not watch a {type(watched).__name__.lower()}.")
    if isinstance(watched, Customer):
        return _balance(usage, world, rule, watched)
    window = default_window(watched, usage.known)
    match rule.kind:
        case "usage_exceeded":
            return [(_quantity(usage, watched, rule, window), None, None)]
        case "cost_exceeded" if rule.grouping_key is not None:
            groups = grouped(usage, watched, window, rule.grouping_key, rule.currency or watched.plan.currency)
            return [(amount, group, None) for group, amount in groups]
        case "cost_exceeded":
            return [(_cost(usage, world, watched, window), None, None)]
        case "spend_exceeded":
            return [(_spend(usage, watched, rule, window), None, None)]
        case _:
            return _licenses(usage, watched, rule, window)


def _balance(usage: Usage, world: World, rule: Rule, customer: Customer) -> Sequence[_Reading]:
    """Read the balance of a customer's ledger. Only one that was depleted before can recover."""
    ledger = ledger_of(usage, world, customer, rule.currency or "")
    if rule.kind == "credit_balance_recovered" and not (ledger and any(entry.ending <= 0 for entry in ledger.entries)):
        return []
    return [(ledger.balance if ledger else ZERO, None, None)]


def _quantity(usage: Usage, subscription: Subscription, rule: Rule, window: Window) -> Decimal:
    if rule.metric is None:
        return ZERO
    (tally,) = usage.so_far(subscription, rule.metric, window)
    return sum(tally.values(), ZERO)


def _cost(usage: Usage, world: World, subscription: Subscription, window: Window) -> Decimal:
    """Add up what the billing period costs after credits, with what earlier invoices of it had."""
    bill = bill_of(usage, world, subscription, *window)
    return sum((line.amount + line.tax + line.partial for line in bill.lines), ZERO)


def _spend(usage: Usage, subscription: Subscription, rule: Rule, window: Window) -> Decimal:
    """Add up what prices in the rule's currency come to, before discounts and credits."""
    start, end = window
    (lines,) = accrued(usage, subscription, start, [end])
    return sum(
        (
            line.subtotal
            for line in lines
            if line.price.currency == rule.currency and all(each.admits(line.price) for each in rule.price_filters)
        ),
        ZERO,
    )


def _licenses(usage: Usage, subscription: Subscription, rule: Rule, window: Window) -> Sequence[_Reading]:
    """Say what percentage of its allocation each license has left."""
    return [
        (100 * row.remaining / row.allocated, None, row.license)
        for row in consumption(usage, subscription, window, group_by=["license"])
        if row.license and row.license.type == rule.license_type and row.allocated
    ]
