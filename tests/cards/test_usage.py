"""Usage by day: Orb's own buckets, a total only where it is Orb's own or is seen to add up, groups where Orb counts."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cards.usage import UsageByDay, table
from app.days import Period
from app.labels import property_label
from app.listing import Nothing
from app.metered import Groups, Metric, Question, SubscriptionUsage, view
from app.money import Quantity
from app.orb import wire
from app.orb.decode import decode
from app.orb.errors import RateLimited
from app.orb.prices import PriceInterval
from app.orb.usage import Bucket, GroupedUsage, Usage
from app.query import Query
from app.reading import Reading
from tests.english import english
from tests.orb.answers import example

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
MAY = Period(datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 6, 1, 7, tzinfo=UTC))
SO_FAR = Period(MAY.start, datetime(2026, 5, 21, 7, tzinfo=UTC))
LATER = Period(datetime(2026, 5, 18, 7, tzinfo=UTC), SO_FAR.end)
NOW = datetime(2026, 5, 20, 15, tzinfo=UTC)

SUBSCRIPTION = decode(example("subscriptions_list"), wire.Subscriptions).data[0]
INVOICE = decode(example("invoices_upcoming"), wire.Invoice)
REQUESTS, USERS = "Q8w89wjTtBdejXKs", "Fe9pbpMk86xpwdGB"
WHOLE = Question(SUBSCRIPTION, MAY, SO_FAR)
BILLED = replace(WHOLE, bill=Reading(INVOICE, None, NOW))
PART = Question(SUBSCRIPTION, LATER, LATER)
DAILY = Query()
BY_REGION = Query(group_by="region", group_label="Region", grouped=True)


def usage(name: str = "subscription_usage") -> Usage:
    return decode(example(name), Usage)


def groups() -> GroupedUsage:
    return decode(example("subscription_usage_grouped"), GroupedUsage)


def seen(
    question: Question = WHOLE,
    answer: Usage | None = None,
    query: Query = DAILY,
    asked: dict[str, Groups] | None = None,
) -> SubscriptionUsage:
    return view(question, answer or usage(), asked or {}, query, LOS_ANGELES, NOW)


def of(part: SubscriptionUsage, metric: str = REQUESTS) -> Metric:
    return next(each for each in part.metrics if each.billable_metric_id == metric)


def buckets(start: datetime, quantities: Iterable[Decimal]) -> tuple[Bucket, ...]:
    return tuple(
        Bucket(quantity, start + timedelta(days=n), start + timedelta(days=n + 1))
        for n, quantity in enumerate(quantities)
    )


def grouped_by(key: str) -> wire.Subscription:
    """The subscription, its invoices parted by `key`."""
    intervals = tuple(
        PriceInterval(msgspec.structs.replace(each.price, invoice_grouping_key=key))
        for each in SUBSCRIPTION.price_intervals
    )
    return msgspec.structs.replace(SUBSCRIPTION, price_intervals=intervals)


def test_days_are_orbs_buckets_and_named_where_the_customer_lives() -> None:
    days = of(seen()).days

    assert [(day.start, day.end, day.quantity.value) for day in days] == [
        (each.timeframe_start, each.timeframe_end, each.quantity) for each in usage().data[0].usage
    ]
    assert [english(day.label) for day in days] == ["May 18", "May 19", "May 20"]
    assert [day.partial for day in days] == [False, False, True]


def test_a_day_of_23_hours_keeps_its_length_and_its_own_name() -> None:
    days = of(seen(answer=usage("subscription_usage_spring"))).days

    assert [(day.end - day.start) / timedelta(hours=1) for day in days] == [24, 23, 24]
    assert [english(day.label) for day in days] == ["Mar 7", "Mar 8", "Mar 9"]


def test_fractions_huge_quantities_and_corrections_stay_exact() -> None:
    days = of(seen(answer=usage("subscription_usage_spring"))).days

    assert [english(day.quantity) for day in days] == ["52.5", "1,000,000,000,000,000", "−3.125"]


def test_days_are_not_summed() -> None:
    for metric in seen().metrics:
        assert metric.total is None
        assert "not always add up" in english(metric.total_reason)


def test_the_bill_that_is_at_hand_has_the_total() -> None:
    part = seen(BILLED)

    assert [f"{metric.total.value}" for metric in part.metrics if metric.total] == ["1250000", "320"]
    assert [metric.total_reason for metric in part.metrics] == [None, None]


def test_the_bill_says_nothing_of_other_days_than_its_own() -> None:
    part = seen(replace(BILLED, window=LATER, axis=LATER, bill=None))

    assert of(part).total is None
    assert "billing period alone" in english(of(part).total_reason)


@pytest.mark.parametrize(
    "change", [{"grouping": "region"}, {"filter": "region = 'eu'"}, {"start_date": NOW}, {"end_date": None}]
)
def test_a_line_that_has_only_some_of_a_metric_is_not_its_total(change: dict[str, object]) -> None:
    first, *others = INVOICE.line_items
    line = msgspec.structs.replace(first, **change)
    invoice = msgspec.structs.replace(INVOICE, line_items=(line, *others))

    assert of(seen(replace(WHOLE, bill=Reading(invoice, None, NOW)))).total is None


def test_a_metric_in_two_lines_of_the_bill_has_no_total_and_they_are_not_summed() -> None:
    first, *others = INVOICE.line_items
    invoice = msgspec.structs.replace(INVOICE, line_items=(first, first, *others))
    metric = of(seen(replace(WHOLE, bill=Reading(invoice, None, NOW))))

    assert metric.total is None
    assert "running totals have it" in english(metric.total_reason)
    assert [(way.kind, way.href) for way in metric.ways] == [("cumulative", "/cards/usage?view_mode=cumulative")]


def test_a_single_day_that_is_the_whole_window_is_its_own_total() -> None:
    day = Period(SO_FAR.end - timedelta(days=1), SO_FAR.end)
    answer = msgspec.structs.replace(usage(), data=tuple(
        msgspec.structs.replace(each, usage=each.usage[-1:]) for each in usage().data
    ))  # fmt: skip
    part = seen(Question(SUBSCRIPTION, day, day), answer)

    assert [metric.total and metric.total.value for metric in part.metrics] == [0, 190]


def test_a_day_that_is_only_some_of_the_window_is_no_total_of_it() -> None:
    row = usage().data[0]
    answer = Usage((msgspec.structs.replace(row, usage=row.usage[:1]),))

    assert of(seen(PART, answer)).total is None


def test_the_last_running_total_is_the_total() -> None:
    part = seen(answer=usage("subscription_usage_cumulative"), query=Query(view_mode="cumulative"))

    assert [english(day.label) for day in of(part).days] == ["May 18", "May 19", "May 20"]
    assert of(part).total == of(part).days[-1].quantity


def test_running_totals_that_began_before_the_window_are_no_total_of_it() -> None:
    part = seen(PART, usage("subscription_usage_cumulative"), Query(view_mode="cumulative"))

    assert of(part).total is None


def test_running_totals_are_never_summed() -> None:
    growing = replace(BY_REGION, view_mode="cumulative")
    metric = of(seen(PART, usage("subscription_usage_cumulative"), growing, {REQUESTS: groups()}))

    assert (metric.total, metric.groups) == (None, None)


def test_groups_are_counted_by_orb_and_the_largest_comes_first() -> None:
    metric = of(seen(query=BY_REGION, asked={REQUESTS: groups()}))

    assert [(each.key, f"{each.quantity.value}") for each in metric.groups or ()] == [
        ("eu-west-1", "20"),
        ("ap-south-1", "3"),
        ("us-east-1", "0.5"),
    ]
    assert not metric.has_more
    assert of(seen(query=BY_REGION, asked={REQUESTS: groups()}), USERS).groups is None


def test_more_groups_than_are_shown_are_told_of() -> None:
    metric = of(seen(query=replace(BY_REGION, limit=1), asked={REQUESTS: groups()}))

    assert [each.key for each in metric.groups or ()] == ["eu-west-1"]
    assert metric.has_more
    paged = msgspec.structs.replace(groups(), pagination_metadata=wire.Paging(has_more=True))
    assert of(seen(query=BY_REGION, asked={REQUESTS: paged})).has_more


def test_groups_by_any_property_show_that_a_metric_adds_up() -> None:
    metric = of(seen(query=BY_REGION, asked={REQUESTS: groups()}))

    assert metric.adds_up
    assert metric.total == Quantity(Decimal("796500.25"))


def test_groups_as_invoices_have_them_show_nothing_of_the_kind() -> None:
    question = replace(WHOLE, subscription=grouped_by("region"))
    metric = of(seen(question, query=BY_REGION, asked={REQUESTS: groups()}))

    assert metric.groups
    assert not metric.adds_up
    assert metric.total is None


def test_no_groups_at_all_and_a_metric_without_a_price_show_nothing_of_the_kind() -> None:
    nothing = GroupedUsage(())
    unpriced = replace(WHOLE, subscription=msgspec.structs.replace(SUBSCRIPTION, price_intervals=()))

    assert of(seen(query=BY_REGION, asked={REQUESTS: nothing})).total is None
    assert of(seen(query=BY_REGION, asked={REQUESTS: nothing})).groups == ()
    assert of(seen(unpriced, query=BY_REGION, asked={REQUESTS: groups()})).total is None


def daily() -> GroupedUsage:
    """The groups of two days by themselves."""
    rows = tuple(
        msgspec.structs.replace(each, view_mode="periodic", usage=buckets(LATER.start, [Decimal(2), Decimal(3)]))
        for each in groups().data
    )
    return GroupedUsage(rows)


def test_days_of_groups_are_summed_only_where_they_are_seen_to_add_up() -> None:
    asked: dict[str, Groups] = {REQUESTS: daily()}
    proven = of(seen(PART, query=BY_REGION, asked=asked))
    doubtful = of(seen(replace(PART, subscription=grouped_by("region")), query=BY_REGION, asked=asked))

    assert [each.quantity.value for each in proven.groups or ()] == [5, 5, 5]
    assert doubtful.groups is None
    assert "billing period alone" in english(doubtful.groups_reason)
    assert [way.kind for way in doubtful.ways] == ["breakdown"]
    assert [way.kind for way in proven.ways] == []


def test_a_metric_that_cannot_be_grouped_says_so_and_where_its_cost_is() -> None:
    metric = of(seen(query=BY_REGION, asked={REQUESTS: Nothing("not_groupable")}))

    assert metric.groups is None
    assert "does not add up" in english(metric.groups_reason)
    assert [(way.kind, way.href) for way in metric.ways] == [
        ("cumulative", "/cards/usage?view_mode=cumulative"),
        ("breakdown", "/?cards=breakdown&group_by=region"),
    ]


def test_the_ways_on_keep_to_the_chosen_days_and_subscription() -> None:
    week = replace(BY_REGION, timeframe_start=date(2026, 5, 18), timeframe_end=date(2026, 5, 21), subscription_id="Su1")
    (way,) = of(seen(PART, query=week, asked={REQUESTS: Nothing("not_groupable")})).ways

    chosen = "timeframe_start=2026-05-18&timeframe_end=2026-05-21&subscription_id=Su1"
    assert way.href == f"/?cards=breakdown&group_by=region&{chosen}"


def test_groups_that_failed_cost_no_more_than_themselves() -> None:
    part = seen(BILLED, query=BY_REGION, asked={REQUESTS: RateLimited(), USERS: groups()})

    assert part.status == "ready"
    assert english(of(part).groups_reason) == "The billing system is busy. Try again in a few seconds."
    assert of(part, USERS).groups


def test_a_subscription_without_any_usage_says_so_in_words_of_usage() -> None:
    answer = Usage(tuple(
        msgspec.structs.replace(each, usage=buckets(SO_FAR.start, [Decimal(0)])) for each in usage().data
    ))  # fmt: skip

    for part in (seen(answer=answer), seen(answer=Usage(()))):
        assert (part.status, part.code, part.metrics) == ("empty", "no_usage", ())
        assert english(part.message) == "No usage yet. Quantities appear here as usage is reported."


def test_the_table_has_every_day_and_the_groups() -> None:
    part = seen(query=BY_REGION, asked={REQUESTS: groups()})
    found = table(UsageByDay("periodic", "region", property_label("region", "Region"), (part,)))

    assert all(len(row) == len(found.columns) for row in found.rows)
    assert [row[5] for row in found.rows] == [
        None,
        None,
        None,
        "eu-west-1",
        "ap-south-1",
        "us-east-1",
        None,
        None,
        None,
    ]


QUANTITIES = st.lists(st.decimals(-1000, 10**15, places=3), min_size=2, max_size=31)


@given(QUANTITIES, st.booleans())
def test_no_total_of_a_metric_that_may_not_add_up_is_ours(quantities: list[Decimal], billed: bool) -> None:
    row = msgspec.structs.replace(usage().data[0], usage=buckets(SO_FAR.start, quantities))
    window = Period(SO_FAR.start, row.usage[-1].timeframe_end)
    invoice = Reading(INVOICE, None, NOW) if billed else None
    question = replace(WHOLE, subscription=grouped_by("region"), window=window, bill=invoice)
    answers: list[Groups | None] = [None, groups(), daily(), Nothing("not_groupable")]
    for answer in answers:
        asked = {} if answer is None else {REQUESTS: answer}
        metrics = seen(question, Usage((row,)), BY_REGION, asked).metrics
        assert all((metric.total and metric.total.value) == (1250000 if billed else None) for metric in metrics)
