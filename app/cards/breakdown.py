"""Where cost comes from: the groups of one event property, largest first, in subtotals.

Source: Orb's grouped costs. Discounts, minimums, credits and tax do not decompose by group, so no group here
can hold an amount due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import partial
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.account.account import Account
from app.cache.cache import Answer
from app.cards.base import Card, Links, Outcome, Row, Table, empty, links, of_parts
from app.days import Period, day_of, end_of_day, midnight
from app.labels import Label, property_label, value_label
from app.listing import Listing, Nothing
from app.money import difference, total, unit
from app.orb import wire
from app.orb.errors import Malformed, OrbError
from app.query import Query
from app.sentences import sentence
from app.together import settled
from app.words import Text

# Orb's limits on the window of grouped costs.
_LONGEST = timedelta(days=32)
GROUPS_REACH_BACK = timedelta(days=100)

_TENTH = Decimal("0.1")

_ROLLED_UP = Text("What the others cost is not known here: cost by day holds all subscriptions together.")
_NO_SERIES = Text("What the others cost is not known: there is no subtotal for this subscription over these days.")
_ASKED_ALONE = Text("What the others cost is not known here: the overview, which has cost by day, tells it.")
_CLAMPED = Text("What the others cost is not known: groups reach back 32 days, the subtotal further.")
_SKEWED = Text("What the others cost is not known: groups and subtotal were taken at different moments.")
_IN_A_UNIT = Text("Charges in money, where there are any, are on the bill alone.")


@dataclass(frozen=True, slots=True)
class GroupShare:
    """One group. `key` is Orb's string untouched; `share` is of the subtotal, in percent, where that is known."""

    key: str
    label: Label | Text
    subtotal: wire.Subtotal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Way:
    """Where to look for what is not here; `kind` is the word of the card or page, which has to be in scope."""

    kind: str
    label: Text
    href: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One subscription's groups. `residual` is what no shown group holds; without it, `residual_reason`.

    `ways` lead on where groups are refused or cannot be known in full. `note` says what is not counted here.
    """

    subscription_id: str
    name: str
    status: str
    code: str | None = None
    message: Text | None = None
    group_by: str | None = None
    label: Label | None = None
    groups: tuple[GroupShare, ...] = ()
    has_more: bool = False
    residual: wire.Subtotal | None = None
    residual_label: Text | None = None
    residual_share: Decimal | None = None
    residual_reason: Text | None = None
    subtotal: wire.Subtotal | None = None
    window: Period | None = None
    clamped: bool = False
    note: Text | None = None
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Breakdowns:
    subscriptions: tuple[Breakdown, ...]
    links: Links


# One subscription's groups, and the answer that they rest on.
_Part = tuple[Breakdown, Answer[wire.GroupedCosts | Nothing] | None]


@dataclass(frozen=True, slots=True)
class Whole:
    """The subtotal that the groups are a part of, over exactly their window; without it, `reason`."""

    subtotal: Decimal | None
    reason: Text | None = None
    ways: tuple[Way, ...] = ()


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
    label, key = _label(query), quote(query.group_by, safe="")
    ways = (
        Way("usage", Text("Usage by {label}", label=label), f"/cards/usage?group_by={key}"),
        Way("explore", Text("Explore by {label}", label=label), f"/explore?group_by={key}"),
    )
    return Breakdown(subscription.id, subscription.title, "empty", state.code, words, label=label, ways=ways)


def _alone(subscription: wire.Subscription) -> Way:
    """The same with this subscription alone, whose own series is asked for then."""
    href = f"/?cards=spend,breakdown&subscription_id={subscription.id}"
    return Way("spend", Text("Look at {name} alone", name=subscription.title), href)


def _label(query: Query) -> Label:
    return property_label(query.group_by, query.group_label)


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
    aligned = subscription.period is not None and subscription.period.start == window.start
    subtotal = wire.subtotal_of(reading.value, query.view_mode, aligned=aligned) if reading else None
    if subtotal is not None:
        return Whole(subtotal)
    return Whole(None, _NO_SERIES if series else _ASKED_ALONE)


def clamp(asked: Period, now: datetime, zone: ZoneInfo) -> Period | None:
    """The part of the asked days that Orb groups: at most 32 days, none of them 100 days old before today ends.

    None when all of them are further back.
    """
    earliest = max(asked.end - _LONGEST, end_of_day(now, zone) - GROUPS_REACH_BACK)
    if asked.start >= earliest:
        return asked
    start = midnight(day_of(earliest, zone), zone)
    if start < earliest:
        start = midnight(day_of(earliest, zone) + timedelta(days=1), zone)
    return Period(start, asked.end) if start < asked.end else None


def view(
    subscription: wire.Subscription,
    found: wire.GroupedCosts,
    whole: Whole,
    window: Period,
    query: Query,
    *,
    clamped: bool = False,
) -> Breakdown:
    """One subscription's groups, with what is left over where the whole is known."""
    code = query.currency or subscription.currency
    if code is None:
        raise Malformed("a plan without a currency")
    counted = unit(code)
    rest = residual(found, whole)
    subtotal = whole.subtotal if rest is not None else None
    parts = [group.subtotal for group in found.groups]
    percents = None if rest is None or subtotal is None else shares([*parts, rest], subtotal)
    of_groups: list[Decimal | None] = [*percents[:-1]] if percents else [None] * len(parts)
    return Breakdown(
        subscription.id,
        subscription.title,
        "ready" if found.groups or rest else "empty",
        None if found.groups or rest else "no_usage",
        None if found.groups or rest else sentence("with_parent" if subscription.customer.parent else "no_groups"),
        group_by=query.group_by,
        label=_label(query),
        groups=tuple(
            GroupShare(group.key, value_label(query.group_by, group.key), wire.Subtotal(group.subtotal, counted), share)
            for group, share in zip(found.groups, of_groups, strict=True)
        ),
        has_more=found.has_more,
        residual=None if rest is None else wire.Subtotal(rest, counted),
        residual_label=None if rest is None else _left_over(found, query),
        residual_share=percents[-1] if percents else None,
        residual_reason=None if rest is not None else whole.reason or _SKEWED,
        subtotal=None if subtotal is None else wire.Subtotal(subtotal, counted),
        window=window,
        clamped=clamped,
        note=None if counted.is_currency else _IN_A_UNIT,
        ways=whole.ways if rest is None else (),
    )


def _left_over(found: wire.GroupedCosts, query: Query) -> Text:
    """What the rest is: more groups, or, where all groups are shown, what belongs to none."""
    if found.has_more:
        return Text("All others")
    return Text("Without {label}, and fees", label=_label(query))


def residual(found: wire.GroupedCosts, whole: Whole) -> Decimal | None:
    """What the whole holds beyond the groups; None when it is not known, or the groups hold more than the whole."""
    if whole.subtotal is None:
        return None
    rest = difference(whole.subtotal, total([group.subtotal for group in found.groups]))
    return rest if rest >= 0 else None


def shares(parts: list[Decimal], whole: Decimal) -> list[Decimal] | None:
    """Each part in percent of their sum `whole`, to one decimal, adding up to 100.0 exactly.

    Each is rounded down, then those that lost most get a tenth more. None where there is nothing to share, or
    a part is negative.
    """
    if whole <= 0 or any(part < 0 for part in parts):
        return None
    exact = [part * 100 / whole for part in parts]
    rounded = [each.quantize(_TENTH, ROUND_FLOOR) for each in exact]
    missing = int((100 - sum(rounded)) / _TENTH)
    neediest = sorted(range(len(parts)), key=lambda n: rounded[n] - exact[n])
    for n in neediest[:missing]:
        rounded[n] += _TENTH
    return rounded


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
