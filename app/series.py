"""A cost series of one unit, as Orb cut it into days, and the days before beside it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from app.days import DayName, Period, day_of
from app.money import Money, Unit, total, unit
from app.orb import wire
from app.orb.errors import Malformed
from app.words import Plural, Text

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Question:
    """One cost series to ask for: which subscriptions are in it, over which window, on which axis.

    `beside` marks a unit in which only some prices of a plan are: a series of nothing but zeros is not shown then.
    """

    members: tuple[wire.Subscription, ...]
    currency: str | None
    window: Period
    axis: Period
    rolled_up: bool
    beside: bool = False

    @property
    def unit(self) -> str | None:
        return self.currency or self.members[0].currency


@dataclass(frozen=True, slots=True)
class PriceSubtotal:
    price_id: str
    name: str
    subtotal: wire.Subtotal


@dataclass(frozen=True, slots=True)
class SpendDay:
    """One bucket as Orb cut it. `partial` marks the day that is not over; `total` is there in cumulative view."""

    start: datetime
    end: datetime
    label: DayName
    subtotal: wire.Subtotal
    total: Money | None
    partial: bool
    prices: tuple[PriceSubtotal, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A subscription whose cost is in a series."""

    subscription_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The days directly before, as many as are shown: day by day, whatever the view.

    `text` compares as many full days, and `change` says by how many percent these have more; None where they are not
    to be compared. Without days there is no `subtotal`.
    """

    period: Period
    days: tuple[SpendDay, ...]
    subtotal: wire.Subtotal | None
    text: Text | None
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class Series:
    """The days of one unit; none when they could not be had: `status` is `failed` then, and `code` says why.

    `unit` is empty where Orb does not tell it. `subtotal` is None where the buckets do not add up to one figure.
    `adjusted` says that a minimum, maximum or discount applies: then days do not add up to the bill.
    `period` is the whole axis, future days included. `subscriptions` are those that are in the series.
    `previous` is there when it was asked for. `thresholds` are those of alerts that count what the running totals of
    one subscription's current billing period do, the lowest first.
    """

    view_mode: str
    unit: str
    period: Period
    days: tuple[SpendDay, ...]
    subtotal: wire.Subtotal | None
    adjusted: bool
    subscriptions: tuple[Member, ...]
    status: str = "ready"
    code: str | None = None
    message: Text | None = None
    previous: Previous | None = None
    thresholds: tuple[Money, ...] = ()


def compared(series: Series, past: Series) -> Previous:
    """The days before beside those of `series`: by how much they differ over as many full days.

    In cumulative view the days shown are running totals, which are not held against single days.
    """
    now = [day for day in series.days if not day.partial] if series.view_mode == "periodic" else []
    count = min(len(now), len(past.days))
    counted = unit(past.unit)
    if not past.days:
        return Previous(past.period, (), None, Text("No cost was reported on these days."), None)
    current = total([day.subtotal.amount for day in now[:count]])
    former = total([day.subtotal.amount for day in past.days[:count]])
    return Previous(
        past.period,
        past.days,
        past.subtotal,
        None if count == 0 else _said(wire.Subtotal(former, counted), wire.Subtotal(current, counted), count),
        None if count == 0 or former <= 0 else _change(former, current),
    )


def _said(former: wire.Subtotal, current: wire.Subtotal, count: int) -> Text:
    return Plural(
        "The first day came to {former} then, and to {current} now.",
        "The first {n} days came to {former} then, and to {current} now.",
        n=count,
        former=former,
        current=current,
    )


def _change(former: Decimal, current: Decimal) -> Decimal:
    """By how many percent the one is more than the other, to one decimal."""
    return ((current - former) * 100 / former).quantize(Decimal("0.1"), ROUND_HALF_UP)


def members(question: Question) -> tuple[Member, ...]:
    return tuple(Member(each.id, each.title) for each in question.members)


def view(question: Question, costs: wire.Costs, view_mode: str, zone: ZoneInfo, now: datetime) -> Series:
    """One unit's series for people; `costs` has at least one bucket."""
    if question.unit is None:
        raise Malformed("a plan without a currency")
    counted = unit(question.unit)
    subtotal = wire.subtotal_of(costs, view_mode, question.window.start)
    return Series(
        view_mode,
        counted.code,
        question.axis,
        tuple(_day(cost, view_mode == "cumulative", counted, zone, now) for cost in costs.data),
        None if subtotal is None else wire.Subtotal(subtotal, counted),
        any(cost.subtotal != cost.total for cost in costs.data),
        members(question),
    )


def _day(cost: wire.Cost, cumulative: bool, counted: Unit, zone: ZoneInfo, now: datetime) -> SpendDay:
    # A cumulative bucket begins with the period: the day that it stands for is the one that it ends with.
    moment = cost.timeframe_end - _MOMENT if cumulative else cost.timeframe_start
    return SpendDay(
        cost.timeframe_start,
        cost.timeframe_end,
        DayName(day_of(moment, zone)),
        wire.Subtotal(cost.subtotal, counted),
        Money(cost.total, counted) if cumulative else None,
        cost.timeframe_end > now,
        tuple(
            PriceSubtotal(each.price.id, each.price.name, wire.Subtotal(each.subtotal, counted))
            for each in cost.per_price_costs
        ),
    )
