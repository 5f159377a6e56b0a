"""Freeform analytics: what chosen prices come to, by up to two properties or by the hour, in subtotals.

Source: Orb's `prices/evaluate`, computed live over usage, or `evaluate_preview_events` over made-up events. Each group
is priced by itself at list price, so nothing here can hold an amount due, and nothing is summed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from app.account.account import Account
from app.account.evaluated import OwnPrice, reachable
from app.asking import HOUR, MOST_PRICES, Asked, BadQuestion
from app.cards.base import Cell, Table
from app.days import DayName, Period, day_of, midnight
from app.money import Quantity, unit
from app.orb import wire
from app.orb.errors import Malformed
from app.orb.evaluation import Evaluation, Evaluations, GroupingValue
from app.orb.filter import expression, grouping
from app.words import Text

# Orb's limits: how far back a window may begin, and how many groups one answer has.
REACH_BACK = timedelta(days=100)
MOST_GROUPS = 1000

_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)

GroupValue = GroupingValue | datetime


class UnknownPrice(LookupError):
    """A price that does not exist, or that this viewer may not ask about."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that may be asked of Orb: the prices are the viewer's own, the window is within reach."""

    evaluation: Evaluation
    names: Mapping[str, str]
    keys: tuple[str, ...]
    hours: int | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one group used, and what that costs at list price. An hour is the instant at which it begins."""

    grouping_values: tuple[GroupValue, ...]
    quantity: Quantity
    subtotal: wire.Subtotal


@dataclass(frozen=True, slots=True)
class Result:
    """One price and its groups; without grouping keys one, of all."""

    price_id: str
    name: str
    unit: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """An answer. `truncated` when Orb sent as many groups as it ever does; `estimate` when the events were made up."""

    results: tuple[Result, ...]
    truncated: bool
    grouping_keys: tuple[str, ...]
    window: Period
    timezone: str
    as_of: datetime
    estimate: bool
    basis: Literal["subtotal"] = "subtotal"

    @property
    def nothing_counted(self) -> bool:
        """Whether the events that were made up moved no price."""
        return self.estimate and not any(group.quantity.value for each in self.results for group in each.groups)


async def question(account: Account, asked: Asked, properties: Mapping[str, str]) -> Question:
    """The question as this viewer may ask it; costs no call but the list of subscriptions.

    Raises BadQuestion, or UnknownPrice alike for a price of somebody else's and for one that is not there.
    """
    listing, own = await account.listing(), {each.id: each for each in await account.prices()}
    chosen = asked.price_ids or tuple(own)[:MOST_PRICES]
    if not chosen or any(each not in own for each in chosen):
        raise UnknownPrice
    window = _window(asked, account.now, listing.zone, [own[each] for each in chosen])
    for place, event in enumerate(asked.events or ()):
        if not window.holds(event.timestamp):
            raise BadQuestion(
                Text("{name} must be within the days that are asked for.", name=f"events[{place}].timestamp")
            )
    keys = tuple(grouping(key, is_property=key in properties) for key in asked.keys)
    evaluation = Evaluation(chosen, window, expression(asked.conditions), keys, asked.events)
    hours = asked.keys.index(HOUR) if HOUR in asked.keys and HOUR not in properties else None
    return Question(evaluation, {each: own[each].name for each in chosen}, asked.keys, hours, listing.zone.key)


async def run(account: Account, asked: Question, deadline: float) -> Exploration:
    """The answer, computed by Orb now; `deadline` is in seconds."""
    reading = await account.evaluate(asked.evaluation, deadline)
    return view(asked, reading.value, reading.asked)


def earliest(now: datetime, zone: ZoneInfo) -> date:
    """The first of the customer's days that Orb still evaluates."""
    day = day_of(now - REACH_BACK, zone)
    return day if midnight(day, zone) >= now - REACH_BACK else day + timedelta(days=1)


def _window(asked: Asked, now: datetime, zone: ZoneInfo, prices: Sequence[OwnPrice]) -> Period:
    window = Period(midnight(asked.timeframe_start, zone), midnight(asked.timeframe_end, zone))
    if asked.timeframe_start < (first := earliest(now, zone)):
        raise BadQuestion(
            Text(
                "{name} reaches too far back: choose {day} or later, at most 100 days ago.",
                name="timeframe_start",
                day=DayName(first),
            )
        )
    if since := reachable(prices, window):
        first = day_of(since - _INSTANT, zone) + _DAY
        raise BadQuestion(
            Text(
                "{name} reaches too far back: choose {day} or later, when the subscription had begun.",
                name="timeframe_start",
                day=DayName(first),
            )
        )
    return window


def view(asked: Question, found: Evaluations, as_of: datetime) -> Exploration:
    """Each price with its groups: largest first, or by the hour in the order of the hours.

    Raises Malformed when the answer is about other prices, or its groups are of other keys.
    """
    groups: dict[str, list[Group]] = {each: [] for each in asked.names}
    units: dict[str, str] = {}
    for each in found.data:
        if each.price_id is None or each.price_id not in groups:
            raise Malformed("a price that was not asked about")
        counted = unit(each.currency)
        units[each.price_id] = counted.code
        for group in each.price_groups:
            values = _values(asked, group.values)
            groups[each.price_id].append(Group(values, Quantity(group.quantity), wire.Subtotal(group.amount, counted)))
    if units.keys() != groups.keys():
        raise Malformed("a price without its answer")
    results = tuple(
        Result(price, name, units[price], tuple(_sorted(groups[price], asked.hours)))
        for price, name in asked.names.items()
    )
    truncated = sum(len(each.groups) for each in results) >= MOST_GROUPS
    evaluation = asked.evaluation
    return Exploration(
        results, truncated, asked.keys, evaluation.window, asked.timezone, as_of, evaluation.events is not None
    )


def _values(asked: Question, values: tuple[GroupingValue, ...]) -> tuple[GroupValue, ...]:
    if len(values) != len(asked.keys):
        raise Malformed("groups of other keys")
    return tuple(_hour(value) if place == asked.hours else value for place, value in enumerate(values))


def _hour(value: GroupingValue) -> datetime:
    """The instant that Orb writes as milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(int(Decimal(value or "")) / 1000, UTC)
    except (ArithmeticError, ValueError, TypeError, OSError):
        raise Malformed("an hour that is none") from None


def _sorted(groups: Sequence[Group], hours: int | None) -> list[Group]:
    largest = sorted(groups, key=lambda group: -group.subtotal.amount)
    if hours is None:
        return largest
    return sorted(largest, key=lambda group: [str(value) for value in group.grouping_values[: hours + 1]])


def table(data: Exploration) -> Table:
    """Every group as a row: its price, what it is of, what was used and what that costs."""
    named = tuple(
        name for n in range(len(data.grouping_keys)) for name in (f"grouping_key_{n + 1}", f"grouping_value_{n + 1}")
    )
    rows = tuple(
        (each.price_id, each.name, *_cells(data, group), group.quantity, group.subtotal, each.unit)
        for each in data.results
        for group in each.groups
    )
    return Table(("price_id", "price", *named, "quantity", "subtotal", "unit"), rows)


def _cells(data: Exploration, group: Group) -> tuple[Cell, ...]:
    pairs = zip(data.grouping_keys, group.grouping_values, strict=True)
    return tuple(cell for key, value in pairs for cell in (key, _cell(value)))


def _cell(value: GroupValue) -> Cell:
    return str(value).lower() if isinstance(value, bool) else value
