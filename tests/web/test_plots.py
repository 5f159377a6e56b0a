"""What is drawn of a series: every bucket counted, one line for each billing period, today where it is."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from app.cards.credits import UnitCredits
from app.cards.explore import Exploration, Group, Result
from app.days import Period
from app.money import Money, Quantity, unit
from app.orb import wire
from app.orb.decode import decode
from app.orb.wire import Subtotal
from app.prepaid.blocks import Block, described
from app.prepaid.outlook import Expiring
from app.series import Question, Series, view
from app.web import plots
from app.web.plots_spend import SpendPlot, spend
from app.words import Text
from tests.orb.answers import example

ZONE = "America/Los_Angeles"
MAY = Period(datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 6, 1, 7, tzinfo=UTC))
SUBSCRIPTION = decode(example("subscriptions_list"), wire.Subscriptions).data[0]
THIRD_OF_MAY = datetime(2026, 5, 3, 19, tzinfo=UTC)
FOURTH_OF_MAY = THIRD_OF_MAY + timedelta(days=1)


def costs(mode: str) -> tuple[wire.Cost, ...]:
    return decode(example(f"subscription_costs_{mode}"), wire.Costs).data


def series(buckets: tuple[wire.Cost, ...], mode: str, now: datetime = THIRD_OF_MAY) -> Series:
    window = Period(MAY.start - timedelta(days=10), MAY.end)
    question = Question((SUBSCRIPTION,), None, window, MAY, rolled_up=False)
    return view(question, wire.Costs(buckets), mode, ZoneInfo(ZONE), now)


def drawn(buckets: tuple[wire.Cost, ...], mode: str, now: datetime = THIRD_OF_MAY) -> SpendPlot:
    return spend(series(buckets, mode, now), ZONE)


def earlier(bucket: wire.Cost) -> wire.Cost:
    """The same running total in the series of a billing period that began before."""
    return replace(bucket, timeframe_start=bucket.timeframe_start - timedelta(days=10))


def test_two_buckets_of_one_day_are_drawn_as_one_bar_of_both() -> None:
    first, *others = costs("periodic")
    noon = first.timeframe_start + timedelta(hours=12)
    half = [replace(each, subtotal=each.subtotal / 2) for each in first.per_price_costs]
    halves = replace(first, subtotal=first.subtotal / 2, per_price_costs=tuple(half))
    split = (replace(halves, timeframe_end=noon), replace(halves, timeframe_start=noon), *others)

    assert drawn(split, "periodic").plot == drawn((first, *others), "periodic").plot
    assert drawn(split, "periodic").legend == drawn((first, *others), "periodic").legend
    assert drawn(split, "periodic").places == (0, 0, 1, 2)


def test_series_that_come_interleaved_are_a_line_each_and_their_prices_count_in_all() -> None:
    buckets = costs("cumulative")
    both = tuple(chain.from_iterable((earlier(each), each) for each in buckets))
    alone, together = drawn(buckets, "cumulative"), drawn(both, "cumulative")

    assert together.plot.paths == alone.plot.paths * 2
    assert together.runs == (date(2026, 5, 1),) * 2
    assert alone.runs == ()
    assert [(each.name, each.subtotal.amount) for each in together.legend] == [("API Requests", Decimal("140.00"))]


def test_a_billing_period_that_begins_anew_is_a_line_of_its_own() -> None:
    first, second, third = costs("cumulative")
    found = drawn((earlier(first), earlier(second), third), "cumulative")

    assert [re.findall(r"M(\d+)", path) for path in found.plot.paths] == [["0"], ["20"]]
    assert found.runs == (date(2026, 5, 1), date(2026, 5, 3))


def test_today_has_its_column_until_it_is_over() -> None:
    today, over = drawn(costs("periodic"), "periodic"), drawn(costs("periodic"), "periodic", FOURTH_OF_MAY)

    assert today.today is not None
    assert today.axis[today.today] == date(2026, 5, 3)
    assert over.today is None


def test_blocks_that_can_be_used_are_one_bar_and_what_expires_unused_is_a_part_of_its_block() -> None:
    (block, _) = decode(example("credits_blocks"), wire.CreditBlocks).data

    def held(name: str, balance: str, **fields: object) -> Block:
        found = replace(block, id=name, balance=Decimal(balance), effective_date=None, expiry_date=None, **fields)
        return described(found, unit("credits"), None, None, THIRD_OF_MAY)

    later = replace(block, id="later", effective_date=THIRD_OF_MAY + timedelta(days=1), expiry_date=None)
    lost = Expiring("a", Money(Decimal(15), unit("credits")), THIRD_OF_MAY, Text("Lost"))
    blocks = (
        held("a", "60"),
        held("b", "20"),
        held("none", "0"),
        held("unpaid", "5", status="pending_payment"),
        described(later, unit("credits"), None, None, THIRD_OF_MAY),
    )
    found = plots.blocks(UnitCredits("credits", "ready", blocks=blocks, expiring=(lost,)))

    assert found == {"a": plots.Stretch(0, 75, 25, 1), "b": plots.Stretch(75, 25, 0, 2)}
    assert plots.blocks(UnitCredits("credits", "ready")) == {}


def result(*groups: tuple[object, str], unit_code: str = "USD") -> Result:
    found = tuple(
        Group((value,), Quantity(Decimal(1)), Subtotal(Decimal(amount), unit(unit_code)))  # type: ignore[arg-type]
        for value, amount in groups
    )
    return Result("p", "P", unit_code, found)


def exploration(*results: Result) -> Exploration:
    window = Period(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC))
    return Exploration(results, False, (), window, "UTC", window.start, False)


def test_hours_stand_in_their_own_columns_and_gaps_stay_empty() -> None:
    first = datetime(2026, 5, 1, 3, tzinfo=UTC)
    drawn = plots.hours(result((first, "1"), (first + timedelta(hours=3), "2")))

    assert drawn is not None
    assert drawn.places == (0, 3)
    assert drawn.plot.columns == 4
    assert drawn.plot.paths[0].count("M") == 2
    assert [at for at, _ in drawn.marks] == [first, first + timedelta(hours=2), first + timedelta(hours=3)]
    assert plots.hours(result((first, "1"))) is None


def test_prices_are_compared_in_one_unit_alone() -> None:
    dollars, euros = result(("a", "4")), result(("a", "1"), unit_code="EUR")

    assert plots.price_shares(exploration(dollars, result(("a", "1")), result())) == [100, 25, 0]
    assert plots.price_shares(exploration(dollars, euros)) is None
    assert plots.price_shares(exploration(dollars)) is None
