"""Where cost comes from: the groups of one event property, largest first, in subtotals.

Source: Orb's grouped costs. Discounts, minimums, credits and tax do not decompose by group, so no group here
can hold an amount due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from app.account.account import Account
from app.cache.freshness import Answer
from app.cards.base import Card, Links, Outcome, Row, Table, empty, links, of_parts
from app.days import Period
from app.groups import Breakdown, Way, Whole, clamp, label_of, view
from app.listing import Listing, Nothing
from app.orb import wire
from app.orb.errors import OrbError
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.words import Text

_ROLLED_UP = Text("What the others cost is not known here: cost by day is of all subscriptions together.")
_NO_SERIES = Text("What the others cost is not known: there is no subtotal for this subscription over these days.")
_ASKED_ALONE = Text("What the others cost is not known here: the overview, which has cost by day, tells it.")
_CLAMPED = Text("What the others cost is not known: groups reach back 32 days, the subtotal further.")


@dataclass(frozen=True, slots=True)
class Breakdowns:
    subscriptions: tuple[Breakdown, ...]
    links: Links


# One subscription's groups, and the answer that they rest on.
_Part = tuple[Breakdown, Answer[wire.GroupedCosts | Nothing] | None]


async def load(account: Account, query: Query) -> Outcome:
    listing = await account.listing()
    if listing.state:
        return empty(listing, listing.state)
    chosen = listing.shown(query.subscription_id)
    # The series of one subscription is asked for by the spend card too: the same question, sent once.
    series = "spend" in query.cards and not account.rolls_up(listing, chosen)
    asked = [
        (each, window)
        for each in chosen
        if query.currency in (None, each.currency)
        if (window := account.so_far(listing, listing.axis(each.period, query.timeframe_start, query.timeframe_end)))
    ]
    if not asked:
        return empty(listing, "no_usage", "other_currency" if query.currency else "no_groups")
    outcomes = await settled(
        OrbError, *(partial(_ask, account, listing, each, window, query, series) for each, window in asked)
    )
    parts = [_part(each, outcome) for (each, _), outcome in zip(asked, outcomes, strict=True)]
    answers = [outcome[1] for outcome in outcomes if not isinstance(outcome, OrbError) and outcome[1]]
    error = next((outcome for outcome in outcomes if isinstance(outcome, OrbError)), None)
    return of_parts(listing, Breakdowns(tuple(parts), links(chosen)), parts, answers, error)


def _part(subscription: wire.Subscription, outcome: _Part | OrbError) -> Breakdown:
    if isinstance(outcome, OrbError):
        return Breakdown(subscription.id, subscription.title, "failed", outcome.code, sentence(outcome.code))
    return outcome[0]


async def _ask(
    account: Account,
    listing: Listing,
    subscription: wire.Subscription,
    asked: Period,
    query: Query,
    series: bool,
) -> _Part:
    window = clamp(asked, account.now, listing.zone)
    if window is None:
        return _nothing(subscription, Nothing("no_usage", "too_long_ago"), query), None
    currency = query.currency or subscription.currency
    groups = await account.grouped_costs(subscription, query.group_by, window, currency, query.limit)
    found = groups.reading.value
    if isinstance(found, Nothing):
        return _nothing(subscription, found, query), groups
    if found.subtotal is not None:
        whole = Whole(found.subtotal)
    elif window != asked:
        whole = Whole(None, _CLAMPED)
    else:
        whole = await _whole(account, subscription, window, query, series)
        if whole.subtotal is None and account.rolls_up(listing, listing.shown(query.subscription_id)):
            whole = Whole(None, _ROLLED_UP, (_alone(subscription),))
    return view(subscription, found, whole, window, query, clamped=window != asked), groups


def _nothing(subscription: wire.Subscription, state: Nothing, query: Query) -> Breakdown:
    """A refusal in words, and the ways on that Orb's guide names: by usage, or with a free question."""
    words = sentence(state.why or state.code)
    label, key = label_of(query), quote(query.group_by, safe="")
    ways = (
        Way("usage", Text("Usage by {label}", label=label), f"/cards/usage?group_by={key}"),
        Way("explore", Text("Explore by {label}", label=label), f"/explore?group_by={key}"),
    )
    return Breakdown(subscription.id, subscription.title, "empty", state.code, words, label=label, ways=ways)


def _alone(subscription: wire.Subscription) -> Way:
    """The same with this subscription alone, whose own series is asked for then."""
    href = f"/?cards=spend,breakdown&subscription_id={subscription.id}"
    return Way("spend", Text("Look at {name} alone", name=subscription.title), href)


async def _whole(
    account: Account, subscription: wire.Subscription, window: Period, query: Query, series: bool
) -> Whole:
    question = (subscription, query.view_mode, window, query.currency)
    try:
        if series:
            answer = await account.subscription_costs(*question, hurry=True)
            reading = None if answer.failed else answer.reading  # an older one is of another moment than the groups
        else:
            reading = account.kept_costs(*question)
    except OrbError:
        reading = None
    subtotal = wire.subtotal_of(reading.value, query.view_mode, window.start) if reading else None
    if subtotal is not None:
        return Whole(subtotal)
    return Whole(None, _NO_SERIES if series else _ASKED_ALONE)


def table(data: Breakdowns) -> Table:
    """Every group that is shown, and what they leave over where that is known."""
    columns = ("subscription_id", "subscription", "group_by", "key", "label", "subtotal", "unit", "share", "period")
    return Table(columns, tuple(row for part in data.subscriptions for row in _rows(part)))


def _rows(part: Breakdown) -> Iterator[Row]:
    own = (part.subscription_id, part.name, part.group_by)
    for group in part.groups:
        subtotal = group.subtotal
        yield (*own, group.key, group.label, subtotal, subtotal.unit.code, group.share, part.window)
    if part.residual is not None:
        unit_code, share = part.residual.unit.code, part.residual_share
        yield (*own, None, part.residual_label, part.residual, unit_code, share, part.window)


CARD = Card("breakdown", Text("Where cost comes from"), "subtotal", load, table)
