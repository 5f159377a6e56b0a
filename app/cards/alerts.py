"""The alerts that were set, which of their thresholds were crossed, and where the figure stands.

Source: Orb's alerts of each subscription and of the customer, held against what other cards have asked for already:
the bill so far, the credit balance. No figure is asked for here: where none is at hand, none is shown.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

from app.account.account import Account
from app.alarms import BALANCE
from app.cache.freshness import Answer, NotKept
from app.cards.base import Card, Outcome, Row, Table, empty, of_parts
from app.listing import Nothing
from app.orb import alerts as orb
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.watched import Alert, Figures, view
from app.words import Text

T = TypeVar("T")

_BILLED = ("cost_exceeded", "usage_exceeded")  # what Orb holds against the bill so far


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
