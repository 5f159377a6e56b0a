"""The groups of one event property in subtotals, and what they leave over of the whole where that is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from app.days import Period, day_of, end_of_day, midnight
from app.labels import Label, property_label, value_label
from app.money import difference, total, unit
from app.orb import wire
from app.orb.errors import Malformed
from app.query import Query
from app.sentences import sentence
from app.words import Text

# Orb's limits on the window of grouped costs.
_LONGEST = timedelta(days=32)
GROUPS_REACH_BACK = timedelta(days=100)

_TENTH = Decimal("0.1")

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
class Whole:
    """The subtotal that the groups are a part of, over exactly their window; without it, `reason`."""

    subtotal: Decimal | None
    reason: Text | None = None
    ways: tuple[Way, ...] = ()


def label_of(query: Query) -> Label:
    """What the property of the groups is called."""
    return property_label(query.group_by, query.group_label)


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
        None if found.groups or rest else sentence(_why_none(subscription, query)),
        group_by=query.group_by,
        label=label_of(query),
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


def _why_none(subscription: wire.Subscription, query: Query) -> str:
    if subscription.customer.parent:
        return "with_parent"
    return "no_cost_then" if query.timeframe_start else "no_groups"


def _left_over(found: wire.GroupedCosts, query: Query) -> Text:
    """What the rest is: more groups, or, where all groups are shown, what belongs to none."""
    if found.has_more:
        return Text("All others")
    return Text("Without {label}, and fees", label=label_of(query))


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
