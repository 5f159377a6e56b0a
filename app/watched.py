"""One alert, held against the figure that it watches where that is at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Literal

from app import alarms
from app.alarms import BALANCE, Value
from app.cache.freshness import Answer
from app.levels import Level, ahead, reached, share
from app.listing import Nothing
from app.money import Money, Quantity, unit
from app.orb import alerts as orb
from app.orb import wire
from app.orb.lines import LineItem
from app.words import Text


@dataclass(frozen=True, slots=True)
class Threshold:
    """`crossed` is None where nobody knows."""

    value: Value
    crossed: bool | None


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `scope` says whose it is; one of a plan belongs to each subscription that has the plan.

    `fired` says that it is on and a threshold is crossed. `current` is the figure that it watches, else there is
    `current_reason`; `share` is how far that figure is on its way up to `next`, in percent.
    """

    id: str
    type: str
    label: Text
    scope: Literal["subscription", "plan", "customer"]
    subscription_id: str | None
    subscription: str | None
    enabled: bool
    fired: bool
    unit: str | None
    thresholds: tuple[Threshold, ...]
    current: Value | None
    current_reason: Text | None
    next: Value | None
    share: Decimal | None
    message: Text


@dataclass(frozen=True, slots=True)
class Figures:
    """What is at hand to hold alerts against: bills by subscription, ledgers by pricing unit. `labels` are what
    people call the properties that costs are grouped by.
    """

    bills: Mapping[str, Answer[wire.Invoice | Nothing]] = field(default_factory=dict)
    ledgers: Mapping[str, Answer[wire.Ledger]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def view(alert: orb.Alert, of: wire.Subscription | None, figures: Figures) -> Alert:
    """One alert, held against the figure that it watches where that is at hand. Orb's own word on a balance wins."""
    line = _line(alert, of, figures)
    current = _current(alert, of, line, figures)
    found = _levels(alert, current)
    coming, key = ahead(found), next(iter(alert.grouping_keys or ()), None)
    write = partial(_value, alert)
    reaches = found[-1].value if coming is None and found else coming
    rising = alarms.rises(alert.type) and current is not None and reaches is not None
    return Alert(
        alert.id,
        alert.type,
        alarms.label(
            alert.type,
            metric=line.name if line else None,
            groups=figures.labels.get(key, key) if key else None,
            some=alert.type == "spend_exceeded" and bool(alert.price_filters),
        ),
        "subscription" if alert.subscription else "plan" if alert.plan else "customer",
        of.id if of else None,
        of.title if of else None,
        alert.enabled,
        alert.enabled and reached(found) is not None,
        unit(alert.currency).code if alert.currency else None,
        tuple(Threshold(write(each.value), each.crossed) for each in found),
        None if current is None else write(current),
        None
        if current is not None
        else alarms.unseen(alert.type, groups=key is not None, exceptions=bool(alert.threshold_overrides)),
        None if coming is None else write(coming),
        share(current, reaches) if rising and current is not None and reaches is not None else None,
        alarms.told(alert.type, found if alert.enabled else [Level(each.value) for each in found], write),
    )


def _value(alert: orb.Alert, amount: Decimal) -> Value:
    return Money(amount, unit(alert.currency)) if alert.currency else Quantity(amount)


def _line(alert: orb.Alert, of: wire.Subscription | None, figures: Figures) -> LineItem | None:
    """The line of the bill so far that holds what a usage alert watches."""
    bill = _bill(of, figures)
    if alert.type != "usage_exceeded" or not (bill and of and of.period and alert.metric and alert.metric.id):
        return None
    return bill.line_of(alert.metric.id, of.period)


def _current(alert: orb.Alert, of: wire.Subscription | None, line: LineItem | None, figures: Figures) -> Decimal | None:
    """The very figure that Orb holds the alert against; None where what is at hand is another one."""
    if line is not None:
        return line.quantity
    bill = _bill(of, figures)
    if alert.type == "cost_exceeded" and bill and alert.currency and not alert.grouping_keys:
        return orb.cost_watched(bill) if unit(bill.currency) == unit(alert.currency) else None
    ledger = figures.ledgers.get(alert.currency or "") if alert.type in BALANCE else None
    entries = ledger.reading.value.data if ledger else ()
    return entries[0].ending_balance if entries else None


def _bill(of: wire.Subscription | None, figures: Figures) -> wire.Invoice | None:
    answer = figures.bills.get(of.id) if of else None
    bill = answer.reading.value if answer else None
    return None if isinstance(bill, Nothing) else bill


def _levels(alert: orb.Alert, current: Decimal | None) -> list[Level]:
    status = {each.threshold_value: each.in_alert for each in alert.balance_alert_status or ()}
    values = [each.value for each in alert.thresholds or ()] or list(status)
    found = alarms.gauge(alert.type, values, current)
    return [replace(each, crossed=status.get(each.value, each.crossed)) for each in found]
