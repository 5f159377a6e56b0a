"""What the customer is on track to be charged: one bill per subscription, never summed.

The one card whose figure is the amount due. Source: Orb's upcoming invoice, the only answer with discounts,
minimums, credits and tax in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Card, Empty, Links, Outcome, Row, Table, empty, links, of_parts
from app.days import DayName, Period, day_of
from app.listing import Listing, Nothing
from app.money import Money, unit
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query
from app.sentences import sentence
from app.statement import Line, Step, bridge, lines
from app.together import settled
from app.words import Text


@dataclass(frozen=True, slots=True)
class Bill:
    """One subscription's bill. `subtotal` plus every step of `bridge` is `amount_due`, exactly.

    `target_date` is the day of the invoice; `scheduled_issue_at` when Orb issues it by itself, None where somebody
    has to. `changes` says that a change of plan is to come.
    """

    subscription_id: str
    name: str
    status: str
    code: str | None = None
    message: Text | None = None
    period: Period | None = None
    subtotal: wire.Subtotal | None = None
    total: Money | None = None
    amount_due: wire.AmountDue | None = None
    target_date: datetime | None = None
    scheduled_issue_at: datetime | None = None
    changes: bool = False
    lines: tuple[Line, ...] = ()
    hidden_line_item_count: int = 0
    bridge: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Coming:
    """A subscription that has not begun: nothing is charged for it yet."""

    subscription_id: str
    name: str
    start_date: datetime | None


@dataclass(frozen=True, slots=True)
class Bills:
    """One bill a subscription; `coming` are those that have none yet. `links` lead to each bill in full."""

    subscriptions: tuple[Bill, ...]
    coming: tuple[Coming, ...]
    links: Links


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    shown = listing.shown(query.subscription_id)
    if not shown:
        return _not_begun(listing, query.subscription_id)
    outcomes = await settled(OrbError, *(partial(account.upcoming_invoice, each) for each in shown))
    bills = [_bill(each, outcome) for each, outcome in zip(shown, outcomes, strict=True)]
    answers = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    error = next((outcome for outcome in outcomes if isinstance(outcome, OrbError)), None)
    data = Bills(tuple(bills), coming(listing, query.subscription_id), links(shown))
    return of_parts(listing, data, bills, answers, error)


def _not_begun(listing: Listing, chosen: str | None) -> Empty:
    """No bill, for the subscription that is to begin first has not begun."""
    state = empty(listing, "no_upcoming_invoice")
    first = min((each.start_date for each in coming(listing, chosen) if each.start_date), default=None)
    if first is None or state.stale:
        return state
    starts = DayName(day_of(first, listing.zone))
    return replace(state, message=Text("Starts on {day}. Nothing is charged for it before.", day=starts))


def coming(listing: Listing, chosen: str | None) -> tuple[Coming, ...]:
    """The subscriptions that are to begin, unless another one was chosen."""
    found = (each for each in listing.subscriptions if each.status == "upcoming" and chosen in (None, each.id))
    return tuple(Coming(each.id, each.title, each.start_date) for each in found)


def _bill(subscription: wire.Subscription, outcome: Answer[wire.Invoice | Nothing] | OrbError) -> Bill:
    if isinstance(outcome, OrbError):
        return Bill(subscription.id, subscription.title, "failed", outcome.code, sentence(outcome.code))
    return view(subscription, outcome.reading.value)


def view(subscription: wire.Subscription, invoice: wire.Invoice | Nothing) -> Bill:
    """The bill of one subscription in the words of its upcoming invoice."""
    if isinstance(invoice, Nothing):
        return Bill(subscription.id, subscription.title, "empty", invoice.code, sentence(invoice.code))
    currency = unit(invoice.currency)
    return Bill(
        subscription.id,
        subscription.title,
        "ready",
        period=subscription.period,
        subtotal=wire.Subtotal(invoice.subtotal, currency),
        total=Money(invoice.total, currency),
        amount_due=wire.AmountDue(invoice),
        target_date=invoice.target_date,
        scheduled_issue_at=invoice.scheduled_issue_at if invoice.will_auto_issue else None,
        changes=subscription.pending_subscription_change is not None,
        lines=lines(invoice, subscription.period),
        hidden_line_item_count=invoice.hidden_line_item_count,
        bridge=bridge(invoice),
    )


def table(data: Bills) -> Table:
    """Every line with its parts, and every step, of each bill, in page order.

    `charged` is there where a line counts in another unit than the bill: what of it is charged in the bill's money.
    """
    own = ("subscription_id", "subscription", "kind", "name", "part")
    columns = (*own, "quantity", "amount", "unit", "charged", "charged_unit", "period")
    return Table(columns, tuple(row for bill in data.subscriptions for row in _rows(bill)))


def _rows(bill: Bill) -> Iterator[Row]:
    own = (bill.subscription_id, bill.name)
    for line in bill.lines:
        code, period = line.subtotal.unit.code, line.period or bill.period
        charged = (None, None) if line.charged is None else (line.charged, line.charged.unit.code)
        yield (*own, "line", line.name, line.group, line.quantity, line.subtotal, code, *charged, period)
        for part in line.parts:
            yield (*own, "sub_line", line.name, part.name, part.quantity, part.amount, code, None, None, period)
        for part in line.groups:
            yield (*own, "group", line.name, part.group, part.quantity, part.amount, code, None, None, period)
    steps = [("subtotal", Text("Subtotal"), bill.subtotal), *((s.kind, s.label, s.amount) for s in bill.bridge)]
    for kind, label, amount in [*steps, ("amount_due", Text("Amount due"), bill.amount_due)]:
        if amount is not None:
            yield (*own, kind, label, None, None, amount, amount.unit.code, None, None, bill.period)


CARD = Card("bill", Text("Bill"), "amount_due", load, table)
