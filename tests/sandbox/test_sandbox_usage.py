"""Usage by window and by group: that it agrees with the bill, with itself, and with the customer's days."""

from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from orb.types.subscription_usage import GroupedSubscriptionUsage, UngroupedSubscriptionUsage

from app.sandbox.world.cast import CAST
from tests.thorough import some

from .sandbox_client import Invented, Orb, OrbAt, at, exact

D = Decimal
EVERYBODY = tuple(role.external_id for role in CAST)


@pytest.fixture
def events(invented: Invented) -> Invented:
    return invented


async def usage(orb: Orb, subscription: Any, **query: Any) -> list[Any]:
    data: list[Any] = (await orb.read(f"/subscriptions/{subscription['id']}/usage", **query))["data"]
    return data


def total(element: Any) -> Decimal:
    return sum((D(window["quantity"]) for window in element["usage"]), D(0))


def metric_of(subscription: Any, name: str) -> str:
    found = {price["name"]: price["billable_metric"] for price in subscription["plan"]["prices"]}[name]["id"]
    assert isinstance(found, str)
    return found


#: Metrics that do not add up: unique counts and peaks.
APART = {
    price.metric.id
    for role in CAST
    for deal in role.deals
    for price in deal.plan.prices
    if price.metric and not price.metric.decomposable
}


def adding(subscription: Any) -> dict[str, Any]:
    """The usage prices by metric whose metric adds up over days."""
    return {
        price["billable_metric"]["id"]: price
        for price in subscription["plan"]["prices"]
        if price["billable_metric"] and price["billable_metric"]["id"] not in APART
    }


@pytest.mark.parametrize("moment", ["2026-11-20T20:15:30.25+00:00", "2026-10-25T00:30:00+00:00"])
async def test_the_days_of_every_metric_add_up_to_the_quantity_on_the_bill(orb_at: OrbAt, moment: str) -> None:
    async with orb_at(moment) as orb:
        compared = 0
        for subscription in await orb.subscriptions():
            answer = await orb.get("/invoices/upcoming", subscription_id=subscription["id"])
            if answer.status_code != 200:
                continue
            lines = {line["price"]["id"]: line for line in exact(answer)["line_items"]}
            days = {each["billable_metric"]["id"]: each for each in await usage(orb, subscription, granularity="day")}
            if subscription["customer"]["hierarchy"]["parent"]:
                assert days == {}
                continue
            assert len(days) == sum(price["billable_metric"] is not None for price in subscription["plan"]["prices"])
            for metric, price in adding(subscription).items():
                assert total(days[metric]) == D(lines[price["id"]]["quantity"])
                compared += 1
        assert compared > 20


async def test_cumulative_usage_is_the_quantity_of_cumulative_costs(orb: Orb) -> None:
    for subscription in await orb.subscriptions():
        costs: dict[Any, Decimal] = {}
        for currency in {price["currency"] for price in subscription["plan"]["prices"]}:
            path = f"/subscriptions/{subscription['id']}/costs"
            for bucket in (await orb.read(path, currency=currency))["data"]:
                for cost in bucket["per_price_costs"]:
                    metric = cost["price"]["billable_metric"]
                    if metric:
                        key = metric["id"], bucket["timeframe_start"], bucket["timeframe_end"]
                        costs[key] = D(cost["quantity"])
        so_far = {
            (each["billable_metric"]["id"], window["timeframe_start"], window["timeframe_end"]): D(window["quantity"])
            for each in await usage(orb, subscription, granularity="day", view_mode="cumulative")
            for window in each["usage"]
        }
        assert so_far == costs
        child = subscription["customer"]["hierarchy"]["parent"] is not None
        assert bool(costs) == (subscription["status"] != "upcoming" and not child)


async def test_without_granularity_there_is_one_window(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    period = [northwind[f"current_billing_period_{end}_date"] for end in ("start", "end")]
    days = await usage(orb, northwind, granularity="day")
    for whole, by_day in zip(await usage(orb, northwind), days, strict=True):
        (window,) = whole["usage"]
        assert [window["timeframe_start"], window["timeframe_end"]] == period
        assert total(whole) == total(by_day) > 0
        assert (whole["view_mode"], by_day["view_mode"]) == ("periodic", "periodic")


async def test_windows_are_local_days_cut_at_the_timeframe_those_without_usage_too(orb_at: OrbAt) -> None:
    async with orb_at("2026-11-03T12:00:00+00:00") as orb:
        for who, hours in (("northwind", 25), ("quiet", 25), ("meridian", 25)):
            (subscription,) = await orb.subscriptions(who)
            zone = ZoneInfo(subscription["customer"]["timezone"])
            span = {"timeframe_start": "2026-10-23T10:00:00Z", "timeframe_end": "2026-11-02T09:00:00Z"}
            for element in await usage(orb, subscription, granularity="day", **span):
                windows = [(at(w["timeframe_start"]), at(w["timeframe_end"])) for w in element["usage"]]
                assert (windows[0][0], windows[-1][1]) == tuple(at(text) for text in span.values())
                for (_, end), (start, _) in pairwise(windows):
                    assert start == end
                    assert (start.astimezone(zone).hour, start.astimezone(zone).minute) == (0, 0)
                lengths = {(end - start).total_seconds() / 3600 for start, end in windows[1:-1]}
                assert lengths == {24, hours}
            if who == "quiet":
                assert all(total(element) == 0 for element in await usage(orb, subscription, granularity="day"))


async def test_windows_end_with_the_one_that_holds_now(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    last = (await usage(orb, northwind, granularity="day"))[0]["usage"][-1]
    assert at(last["timeframe_start"]) <= orb.now < at(last["timeframe_end"])
    future = {"timeframe_start": "2026-12-20T00:00:00Z", "timeframe_end": "9999-01-01T00:00:00Z"}
    for mode in ("periodic", "cumulative"):
        assert all(not each["usage"] for each in await usage(orb, northwind, view_mode=mode, **future))


@pytest.mark.parametrize("granularity", [{}, {"granularity": "day"}])
async def test_windows_are_cut_to_the_life_of_the_subscription(orb: Orb, granularity: dict[str, str]) -> None:
    (sunset,) = await orb.subscriptions("sunset")
    span = {"timeframe_start": "2020-01-01T00:00:00Z", "timeframe_end": "2026-11-20T00:00:00Z"}
    for element in await usage(orb, sunset, **granularity, **span):
        windows = element["usage"]
        assert windows[0]["timeframe_start"] == sunset["start_date"]
        assert windows[-1]["timeframe_end"] == sunset["end_date"]


async def test_a_cumulative_series_begins_anew_with_every_billing_period(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    span = {"timeframe_start": "2026-10-30T04:00:00Z", "timeframe_end": "2026-11-03T05:00:00Z"}
    (element, *_) = await usage(orb, northwind, granularity="day", view_mode="cumulative", **span)
    starts = [window["timeframe_start"] for window in element["usage"]]
    assert starts == ["2026-10-01T04:00:00+00:00"] * 2 + ["2026-11-01T04:00:00+00:00"] * 2
    assert element["usage"][1]["quantity"] > element["usage"][2]["quantity"]


@pytest.mark.parametrize("mode", ["periodic", "cumulative"])
async def test_groups_add_up_to_the_usage_that_bears_the_key(orb_at: OrbAt, mode: str) -> None:
    async with orb_at("2026-11-20T20:15:30.250000+00:00") as orb:
        await _groups_add_up(orb, mode)


async def _groups_add_up(orb: Orb, mode: str) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    event = {"event_name": "builds", "external_customer_id": "northwind", "timestamp": "2026-11-20T06:00:00Z"}
    whole = {each["billable_metric"]["name"]: each for each in await usage(orb, northwind, granularity="day")}
    metric = metric_of(northwind, "Build minutes")
    query = {"billable_metric_id": metric, "group_by": "team", "granularity": "day", "view_mode": mode}
    assert await usage(orb, northwind, **query) == []
    sent = [
        event | {"idempotency_key": "1", "properties": {"minutes": 5, "team": "core"}},
        event | {"idempotency_key": "2", "properties": {"minutes": 7.25, "team": ""}},
        event | {"idempotency_key": "3", "properties": {"minutes": 11}},
        event | {"idempotency_key": "4", "properties": {"minutes": 2, "team": True}},
    ]
    assert (await orb.http.post("/v1/ingest", json={"events": sent})).status_code == 200
    groups = await usage(orb, northwind, **query)
    values = {each["metric_group"]["property_value"]: D(each["usage"][-1]["quantity"]) for each in groups}
    assert values == {"core": 5, "": D("7.25"), "true": 2}
    assert {each["metric_group"]["property_key"] for each in groups} == {"team"}
    assert all(len(each["usage"]) == 20 for each in groups)
    assert all(window["quantity"] == 0 for each in groups for window in each["usage"][:-1])
    after = {each["billable_metric"]["name"]: each for each in await usage(orb, northwind, granularity="day")}
    assert total(after["Build minutes"]) == total(whole["Build minutes"]) + 5 + D("7.25") + 11 + 2


async def test_by_workspace_all_days_and_what_names_none_make_up_the_whole(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    for name in ("GPU inference", "Egress", "Webhook deliveries"):
        metric = metric_of(northwind, name)
        query = {"billable_metric_id": metric, "granularity": "day"}
        groups = await usage(orb, northwind, group_by="workspace_id", **query)
        assert len(groups) == 24
        assert len({each["metric_group"]["property_value"] for each in groups}) == 24
        # Every event bears a source, those without a workspace too.
        (everything,) = await usage(orb, northwind, group_by="source", **query)
        regions = await usage(orb, northwind, group_by="region", **query)
        for day, whole in enumerate(everything["usage"]):
            tagged = sum(D(each["usage"][day]["quantity"]) for each in groups)
            assert tagged == sum(D(each["usage"][day]["quantity"]) for each in regions)
            assert tagged <= whole["quantity"]
        assert D(0) < sum(map(total, groups)) < total(everything)


async def test_uniques_of_days_do_not_add_up_to_those_of_the_period(orb: Orb) -> None:
    (quill,) = await orb.subscriptions("quill")
    members = metric_of(quill, "Active members")

    async def of_members(**query: Any) -> list[Any]:
        (element,) = [each for each in await usage(orb, quill, **query) if each["billable_metric"]["id"] == members]
        found: list[Any] = element["usage"]
        return found

    days = await of_members(granularity="day")
    (period,) = await of_members()
    so_far = await of_members(granularity="day", view_mode="cumulative")
    assert period["quantity"] == so_far[-1]["quantity"] == 30
    assert max(day["quantity"] for day in days) <= 30 < sum(day["quantity"] for day in days)
    assert [point["quantity"] for point in so_far] == sorted(point["quantity"] for point in so_far)


async def test_uniques_are_grouped_as_invoices_group_them_and_in_no_other_way(orb: Orb) -> None:
    (quill,) = await orb.subscriptions("quill")
    path, members = f"/subscriptions/{quill['id']}/usage", metric_of(quill, "Active members")
    teams = await usage(orb, quill, billable_metric_id=members, group_by="team")
    assert {each["metric_group"]["property_value"]: total(each) for each in teams} == {
        "Litigation": 10,
        "Mergers": 10,
        "Property": 10,
    }
    answer = await orb.get(path, billable_metric_id=members, group_by="workspace_id")
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith("group_by: is not supported for Active members")
    actions = metric_of(quill, "Assistant")
    assert len(await usage(orb, quill, billable_metric_id=actions, group_by="workspace_id")) == 3


async def test_dimensions_narrow_usage_down_to_a_cell(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    query = {"billable_metric_id": metric_of(northwind, "GPU inference")}
    first = {"first_dimension_key": "region", "first_dimension_value": "us-east-1"}
    second = {"second_dimension_key": "workspace_id", "second_dimension_value": "checkout-prod"}
    (region,) = await usage(orb, northwind, **query, **first)
    (cell,) = await usage(orb, northwind, **query, **first, **second)
    by_region = await usage(orb, northwind, **query, group_by="region")
    assert total(region) == next(total(g) for g in by_region if g["metric_group"]["property_value"] == "us-east-1")
    groups = await usage(orb, northwind, **query, **first, group_by="workspace_id")
    assert sum(map(total, groups)) == total(region)
    values = {each["metric_group"]["property_value"]: total(each) for each in groups}
    assert total(cell) == values["checkout-prod"] > 0
    (nothing,) = await usage(orb, northwind, **query, **first | {"first_dimension_value": "moon"})
    assert total(nothing) == 0


METRIC = {"billable_metric_id": "x"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"granularity": "hour"}, "granularity"),
        ({"view_mode": "daily"}, "view_mode"),
        ({"timeframe_start": "2026-11-01T00:00:00Z"}, "timeframe_end"),
        ({"timeframe_start": "2026-11-01T00:00:00", "timeframe_end": "2026-11-02T00:00:00Z"}, "timeframe_start"),
        ({"timeframe_start": "2026-11-02T00:00:00Z", "timeframe_end": "2026-11-02T00:00:00Z"}, "timeframe_end"),
        ({"group_by": "region"}, "billable_metric_id"),
        ({"first_dimension_key": "region", "first_dimension_value": "x"}, "billable_metric_id"),
        (METRIC, "group_by"),
        (METRIC | {"group_by": "region"}, "billable_metric_id"),
        (METRIC | {"first_dimension_key": "region"}, "first_dimension_value"),
        (METRIC | {"first_dimension_value": "x"}, "first_dimension_key"),
        ({"second_dimension_key": "a", "second_dimension_value": "x"}, "first_dimension_key"),
        ({"group_by": ""}, "group_by"),
        ({"limit": "5"}, "limit"),
    ],
)
async def test_a_contradictory_question_is_refused_by_name(orb: Orb, query: dict[str, str], named: str) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    answer = await orb.get(f"/subscriptions/{northwind['id']}/usage", **query)
    assert answer.status_code == 400
    assert any(error.startswith(named) for error in answer.json()["validation_errors"]), answer.text


async def test_a_snapshot_of_usage_says_of_when_it_is(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    path = f"/subscriptions/{northwind['id']}/usage"
    live = await orb.get(path, granularity="day")
    assert "orb-cache-updated-at" not in live.headers
    orb.later(3600)
    kept = await orb.cached(path, granularity="day")
    assert kept.content == live.content
    assert (await orb.cached(path, 60, granularity="day")).content != live.content


@pytest.mark.parametrize("who", some(EVERYBODY, 9))
async def test_every_answer_is_of_the_type_that_the_official_client_declares(orb: Orb, who: str) -> None:
    async def check(model: Any, path: str, **query: Any) -> None:
        answer: httpx.Response = await orb.get(path, **query)
        assert answer.status_code == 200, answer.text
        model.model_validate_json(answer.content, strict=True)

    for subscription in await orb.subscriptions(who):
        path = f"/subscriptions/{subscription['id']}/usage"
        await check(UngroupedSubscriptionUsage, path)
        await check(UngroupedSubscriptionUsage, path, granularity="day", view_mode="cumulative")
        for metric in adding(subscription):
            query = {"billable_metric_id": metric, "group_by": "workspace_id", "granularity": "day"}
            await check(GroupedSubscriptionUsage, path, **query)
