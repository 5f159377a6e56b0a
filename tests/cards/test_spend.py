"""Cost by day: Orb's own buckets, named in the customer's zone, summed only where that is a figure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.days import Period
from app.orb import wire
from app.orb.decode import decode
from app.series import Question, Series, view
from tests.orb.answers import example

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
MAY = Period(datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 6, 1, 7, tzinfo=UTC))
NOON = datetime(2026, 5, 3, 19, tzinfo=UTC)

SUBSCRIPTION = decode(example("subscriptions_list"), wire.Subscriptions).data[0]
SO_FAR = Question((SUBSCRIPTION,), None, Period(MAY.start, datetime(2026, 5, 4, 7, tzinfo=UTC)), MAY, rolled_up=False)


def costs(mode: str) -> wire.Costs:
    return decode(example(f"subscription_costs_{mode}"), wire.Costs)


def series(mode: str, question: Question = SO_FAR) -> Series:
    return view(question, costs(mode), mode, LOS_ANGELES, NOON)


def test_days_are_orbs_buckets_and_named_where_the_customer_lives() -> None:
    found = series("periodic")

    assert [(day.start, day.end) for day in found.days] == [
        (cost.timeframe_start, cost.timeframe_end) for cost in costs("periodic").data
    ]
    assert [day.label.day.isoformat() for day in found.days] == ["2026-05-01", "2026-05-02", "2026-05-03"]


def test_a_cumulative_bucket_is_named_by_the_day_that_it_ends_with() -> None:
    found = series("cumulative")

    assert [day.label.day.isoformat() for day in found.days] == ["2026-05-01", "2026-05-02", "2026-05-03"]
    assert [f"{day.total.amount}" for day in found.days if day.total] == ["50.00", "50.00", "70.00"]


def test_the_day_that_is_not_over_is_marked() -> None:
    assert [day.partial for day in series("periodic").days] == [False, False, True]


def test_daily_and_cumulative_come_to_the_same_subtotal() -> None:
    assert series("periodic").subtotal == series("cumulative").subtotal
    assert repr(series("periodic").subtotal) == "Subtotal(70.00 USD)"


def test_a_cumulative_window_that_does_not_begin_with_the_period_has_no_subtotal() -> None:
    later = replace(SO_FAR, window=Period(MAY.start + timedelta(days=1), SO_FAR.window.end))

    assert series("cumulative", later).subtotal is None
    assert series("periodic", later).subtotal is not None


def test_several_series_in_one_cumulative_answer_each_count_once() -> None:
    first = costs("cumulative").data
    shifted = [msgspec.structs.replace(each, timeframe_start=NOON - timedelta(days=30)) for each in first]

    both = wire.Costs((*first, *shifted))
    assert wire.subtotal_of(both, "cumulative", NOON - timedelta(days=30)) == Decimal("140.00")


def test_a_minimum_or_discount_is_noticed() -> None:
    plain = wire.Costs(tuple(msgspec.structs.replace(each, total=each.subtotal) for each in costs("periodic").data))

    assert series("periodic").adjusted
    assert not view(SO_FAR, plain, "periodic", LOS_ANGELES, NOON).adjusted


@pytest.mark.parametrize("mode", ["periodic", "cumulative"])
def test_prices_keep_their_own_subtotals(mode: str) -> None:
    last = series(mode).days[-1]

    assert [(each.name, each.subtotal.amount) for each in last.prices] == [("API Requests", last.subtotal.amount)]
