"""What is drawn of usage: a bar a day of the whole period, a line in cumulative view, many metrics folded."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

from app.amounts import write_compact
from app.days import Period
from app.locales import locale
from app.metered import SubscriptionUsage
from app.money import Quantity
from app.orb.usage import Usage
from app.query import Query
from app.web import plots_usage
from app.web.catalogue import ENGLISH
from app.web.plots_usage import UsagePlot
from tests.cards.test_usage import MAY, NOW, PART, SO_FAR, WHOLE, buckets, of, seen, usage

ZONE = "America/Los_Angeles"


def drawn(part: SubscriptionUsage, view_mode: str = "periodic") -> UsagePlot:
    return plots_usage.metric(of(part), part, view_mode, ZONE)


def days(*quantities: int, period: Period = MAY) -> SubscriptionUsage:
    row = msgspec.structs.replace(usage().data[0], usage=buckets(period.start, [Decimal(each) for each in quantities]))
    return seen(replace(WHOLE, axis=period, window=period), Usage((row,)))


def test_the_axis_is_the_whole_period_and_each_bar_stands_on_its_own_day() -> None:
    found = drawn(seen())

    assert (found.plot.columns, found.places) == (31, (17, 18, 19))
    assert found.axis == [date(2026, 5, day) for day in range(1, 32)]
    assert found.today == 19


def test_the_day_that_is_not_over_is_faint() -> None:
    answer = usage("subscription_usage")
    last = answer.data[1]
    found = drawn(seen(answer=Usage((msgspec.structs.replace(last, billable_metric=answer.data[0].billable_metric),))))

    assert re.findall(r"M(\d+)", found.plot.paths[0]) == ["171", "181"]
    assert re.findall(r"M(\d+)", found.plot.faint[0]) == ["191"]


def test_a_correction_hangs_below_the_zero_line_which_has_a_name() -> None:
    found = drawn(days(4, -2))

    assert [tick.value for tick in found.ticks] == [-2, 0, 4]


def test_running_totals_are_a_line() -> None:
    part = seen(answer=usage("subscription_usage_cumulative"), query=Query(view_mode="cumulative"))

    found = drawn(part, "cumulative")
    assert found.plot.paths[0].count("L") == 3
    assert (found.plot.faint, found.most) == (("",), None)


def test_few_days_are_bars_and_no_blocks() -> None:
    day = Period(SO_FAR.start, SO_FAR.start + timedelta(days=1))
    found = drawn(days(4, period=day))

    assert (found.plot.columns, found.axis, found.today) == (7, [date(2026, 5, 1)], None)


def test_a_year_has_no_single_days_to_point_at() -> None:
    year = Period(MAY.start, MAY.start + timedelta(days=365))

    assert not drawn(days(*range(365), period=year)).pointed
    assert drawn(days(*range(31))).pointed


def test_the_day_that_has_most_is_found() -> None:
    most = drawn(days(3, 9, 4)).most

    assert most is not None
    assert most.quantity == Quantity(Decimal(9))
    assert drawn(days(-3, 0)).most is None


def test_six_metrics_are_open_the_others_folded_and_those_without_usage_named() -> None:
    rows = [
        msgspec.structs.replace(
            usage().data[0],
            billable_metric=msgspec.structs.replace(usage().data[0].billable_metric, id=f"M{n}"),
            usage=buckets(MAY.start, [Decimal(n % 4), Decimal(0)]),
        )
        for n in range(20)
    ]
    found = plots_usage.metrics(seen(answer=Usage(tuple(rows))))

    assert (len(found.shown), len(found.folded), len(found.unused)) == (6, 9, 5)
    assert [metric.billable_metric_id for metric in found.unused] == ["M0", "M4", "M8", "M12", "M16"]


def test_the_table_has_a_row_a_bucket_and_a_column_a_metric() -> None:
    answer = usage()
    short = msgspec.structs.replace(answer.data[1], usage=answer.data[1].usage[1:])
    found = plots_usage.table(seen(PART, Usage((answer.data[0], short))), ZONE)

    assert [metric.name for metric in found.metrics] == ["API Requests", "Active Users"]
    assert [[each and f"{each.value}" for each in row] for _, row in found.rows] == [
        ["410000", None],
        ["386500.25", "240"],
        ["0", "190"],
    ]
    assert [day.end > NOW for day, _ in found.rows] == [False, False, True]


def test_a_reason_is_given_once() -> None:
    ((reason, href),) = plots_usage.reasons(seen())

    assert "running totals" in reason.text
    assert href == "/cards/usage?view_mode=cumulative"


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("0", "0"), ("0.0005", "0.0005"), ("9990", "9,990"), ("-12.5", "−12.5"), ("10000", "10K"), ("12345", "12.3K"),
        ("999950", "1M"), ("50300000", "50.3M"), ("-2500000000", "−2.5B"), ("1E+15", "1000T"),
    ],
)  # fmt: skip
def test_a_gridline_has_a_short_name(quantity: str, text: str) -> None:
    assert write_compact(Decimal(quantity), ENGLISH) == text


def test_a_gridline_keeps_its_groups_where_a_language_has_no_short_word() -> None:
    assert write_compact(Decimal(300_000), locale("de")) == "300.000"
    assert write_compact(Decimal(50_300_000), locale("de")) == "50,3\xa0Mio."
