"""The alerts that were set, which of their thresholds were crossed, and where the figure stands.

Source: Orb's alerts of each subscription and of the customer, held against what other cards have asked for already:
the bill so far, the credit balance. No figure is asked for here: where none is at hand, none is shown.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Literal, TypeVar

from app import alarms
from app.account.account import Account
from app.alarms import BALANCE, Value
from app.cache.cache import Answer, NotKept
from app.cards.base import Card, Outcome, Row, Table, empty, of_parts
from app.levels import Level, ahead, reached, share
from app.listing import Nothing
from app.money import Money, Quantity, unit
from app.orb import alerts as orb
from app.orb import wire
from app.orb.errors import OrbError
from app.orb.lines import LineItem
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.words import Text

T = TypeVar("T")

_BILLED = ("cost_exceeded", "usage_exceeded")  # what Orb holds against the bill so far


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
class Part:
    """Whose alerts were asked for, and what became of that: a subscription's, or the customer's own."""

    scope: Literal["subscription", "customer"]
    subscription_id: str | None
    name: str | None
    status: str
    code: str | None = None
    message: Text | None = None


@dataclass(frozen=True, slots=True)
class AllAlerts:
    """Those that fired first, those that are switched off last."""

    alerts: tuple[Alert, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is at hand to hold alerts against: bills by subscription, ledgers by pricing unit. `labels` are what
    people call the properties that costs are grouped by.
    """

    bills: Mapping[str, Answer[wire.Invoice | Nothing]] = field(default_factory=dict)
    ledgers: Mapping[str, Answer[wire.Ledger]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


# Whose alerts they are, and what Orb says of them. None stands for the customer.
Asked = tuple[wire.Subscription | None, Answer[orb.Alerts] | OrbError]


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    whose: list[wire.Subscription | None] = [*listing.shown(query.subscription_id)]
    if listing.customer and (account.only is None or "alerts" in account.named):
        whose.append(None)
    if not whose:
        return empty(listing, listing.state or "no_alerts")
    found = await settled(OrbError, *(partial(_ask, account, each) for each in whose))
    asked = list(zip(whose, found, strict=True))
    pairs = list(once(asked))
    figures = await _figures(account, query, pairs)
    parts = tuple(_part(each, outcome) for each, outcome in asked)
    shown = sorted((view(each, of, figures) for of, each in pairs), key=lambda one: (not one.fired, not one.enabled))
    answers = [
        each for each in (*found, *figures.bills.values(), *figures.ledgers.values()) if isinstance(each, Answer)
    ]
    error = next((each for each in found if isinstance(each, OrbError)), None)
    return of_parts(listing, AllAlerts(tuple(shown), parts), parts, answers, error)


async def _ask(account: Account, whose: wire.Subscription | None) -> Answer[orb.Alerts]:
    return await (account.customer_alerts() if whose is None else account.subscription_alerts(whose))


def once(asked: Sequence[Asked]) -> Iterator[tuple[wire.Subscription | None, orb.Alert]]:
    """Every alert with whose it is. One that stands in both lists is its subscription's; what the customer's list
    tells of subscriptions that are not shown is left out.
    """
    shown = {whose.id: whose for whose, _ in asked if whose}
    seen: set[str] = set()
    for whose, outcome in asked:
        if isinstance(outcome, OrbError):
            continue
        mine = [each for each in outcome.reading.value.data if whose or each.id not in seen]
        seen.update(each.id for each in mine)
        for each in mine:
            named = each.subscription and each.subscription.id
            if whose or not named or named in shown:
                yield whose or shown.get(named or ""), each


async def _figures(
    account: Account, query: Query, pairs: Sequence[tuple[wire.Subscription | None, orb.Alert]]
) -> Figures:
    """What is at hand of the figures that these alerts watch, as far as the viewer may see the cards they are of."""
    at_hand = account.at_hand()
    bills: dict[str, Answer[wire.Invoice | Nothing]] = {}
    ledgers: dict[str, Answer[wire.Ledger]] = {}
    for of in {of.id: of for of, each in pairs if of and each.type in _BILLED}.values():
        if bill := await _kept(account, query, "bill", partial(at_hand.upcoming_invoice, of)):
            bills[of.id] = bill
    for code in {each.currency for _, each in pairs if each.type in BALANCE} & {*account.credit_currencies}:
        if code and (ledger := await _kept(account, query, "credits", partial(at_hand.credits_ledger, code))):
            ledgers[code] = ledger
    return Figures(bills, ledgers, {query.group_by: query.group_label})


async def _kept(account: Account, query: Query, card: str, ask: Callable[[], Awaitable[Answer[T]]]) -> Answer[T] | None:
    """The answer if it is at hand. Raises NotKept where that card is just being asked for: then this one can wait."""
    if card not in account.scope:
        return None
    try:
        return await ask()
    except NotKept:
        if account.asks_nobody and card in query.cards:
            raise
        return None


def _part(whose: wire.Subscription | None, outcome: Answer[orb.Alerts] | OrbError) -> Part:
    part = Part("subscription", whose.id, whose.title, "ready") if whose else Part("customer", None, None, "ready")
    if isinstance(outcome, OrbError):
        return replace(part, status="failed", code=outcome.code, message=sentence(outcome.code))
    if not outcome.reading.value.data:
        return replace(part, status="empty", code="no_alerts", message=sentence("no_alerts"))
    return part


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


def table(data: AllAlerts) -> Table:
    """Every threshold of every alert, in page order."""
    columns = (
        "id", "type", "alert", "scope", "subscription_id", "subscription", "enabled", "fired", "threshold", "crossed",
        "current", "unit",
    )  # fmt: skip
    return Table(columns, tuple(row for alert in data.alerts for row in _rows(alert)))


def _rows(alert: Alert) -> Iterator[Row]:
    own = (alert.id, alert.type, alert.label, alert.scope, alert.subscription_id, alert.subscription)
    state = (_word(alert.enabled), _word(alert.fired))
    for each in alert.thresholds or (None,):
        level = (each.value, _word(each.crossed)) if each else (None, None)
        yield (*own, *state, *level, alert.current, alert.unit)


def _word(known: bool | None) -> str | None:
    return None if known is None else "yes" if known else "no"


CARD = Card("alerts", Text("Alerts"), "threshold", load, table, late=True)
