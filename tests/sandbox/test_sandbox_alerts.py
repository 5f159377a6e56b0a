"""Alerts: what they watch, whether they are in alert, and how they are made, changed and switched."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, get_args

import pytest
from orb.types import Alert as OrbAlert

from app.sandbox.catalogue.alerts import AlertType, Rule
from app.sandbox.catalogue.teams import AI_CREDITS, SEAT
from app.sandbox.rating.alerting import Standing, crossed, standings
from app.sandbox.rating.events import Event, Events
from app.sandbox.rating.usage import Usage
from app.sandbox.world.cast import CAST
from app.sandbox.world.casts.alarms import staged_alerts
from app.sandbox.world.stage import staged_at
from app.sandbox.world.world import Customer, Subscription, World

from .sandbox_client import Orb, OrbAt, at, exact

D = Decimal
NOW = at("2026-11-20T20:15:30.25+00:00")
EVERYBODY = tuple(role.external_id for role in CAST)


async def alerts(orb: Orb, **query: Any) -> list[Any]:
    data: list[Any] = (await orb.read("/alerts", limit=100, **query))["data"]
    return data


async def of_customer(orb: Orb, who: str) -> dict[str, Any]:
    return {alert["type"]: alert for alert in await alerts(orb, external_customer_id=who)}


async def one(orb: Orb, who: str) -> Any:
    (subscription,) = await orb.subscriptions(who)
    return subscription


async def everywhere(orb: Orb) -> list[Any]:
    found = [alert for who in EVERYBODY for alert in await alerts(orb, external_customer_id=who)]
    for subscription in await orb.subscriptions():
        found += await alerts(orb, subscription_id=subscription["id"])
    return found


async def test_every_type_occurs_switched_on_and_some_switched_off(orb: Orb) -> None:
    found = await everywhere(orb)
    assert {alert["type"] for alert in found} == set(get_args(AlertType))
    assert {alert["enabled"] for alert in found} == {True, False}
    states = {state["in_alert"] for alert in found for state in alert.get("balance_alert_status", [])}
    assert states == {True, False}
    assert len({alert["id"] for alert in found}) == len(staged_alerts(staged_at(orb.now)))


async def test_every_answer_is_of_the_type_that_the_official_client_declares(orb: Orb) -> None:
    for alert in await everywhere(orb):
        answer = await orb.get(f"/alerts/{alert['id']}")
        OrbAlert.model_validate_json(answer.content, strict=True)
        assert exact(answer) == alert
        assert all(type(threshold["value"]) in {int, Decimal} for threshold in alert["thresholds"] or [])


async def test_alerts_are_listed_newest_first_page_by_page(orb: Orb) -> None:
    northwind = await one(orb, "northwind")
    whole = await alerts(orb, subscription_id=northwind["id"])
    created = [at(alert["created_at"]) for alert in whole]
    assert created == sorted(created, reverse=True)
    first = await orb.read("/alerts", subscription_id=northwind["id"], limit=3)
    cursor = first["pagination_metadata"]["next_cursor"]
    second = await orb.read("/alerts", subscription_id=northwind["id"], limit=3, cursor=cursor)
    assert first["data"] + second["data"] == whole
    assert second["pagination_metadata"] == {"has_more": False, "next_cursor": None}
    late = {"created_at[gte]": whole[1]["created_at"]}
    assert await alerts(orb, subscription_id=northwind["id"], **late) == whole[:2]


async def test_a_subscription_has_its_own_alerts_and_those_of_its_plan(orb: Orb) -> None:
    northwind = await one(orb, "northwind")
    found = await alerts(orb, subscription_id=northwind["id"])
    own = [alert for alert in found if alert["subscription"]]
    (inherited,) = [alert for alert in found if alert["plan"]]
    assert {alert["subscription"]["id"] for alert in own} == {northwind["id"]}
    assert len(own) == len(found) - 1 == 4
    assert inherited["plan"]["id"] == northwind["plan"]["id"]
    assert (inherited["subscription"], inherited["customer"]) == (None, None)


async def test_the_status_of_a_balance_alert_is_that_of_the_ledger(orb: Orb) -> None:
    for who, unit in (("lumen", "credits"), ("quill", AI_CREDITS)):
        ledger = await orb.read(f"/customers/external_customer_id/{who}/credits/ledger", currency=unit, limit=1)
        balance = ledger["data"][0]["ending_balance"]
        found = await of_customer(orb, who)
        for kind in ("credit_balance_dropped", "credit_balance_depleted"):
            levels = [threshold["value"] for threshold in found[kind]["thresholds"] or [{"value": 0}]]
            assert found[kind]["balance_alert_status"] == [
                {"in_alert": balance <= level, "threshold_value": level} for level in levels
            ]
        assert {state["in_alert"] for state in found["credit_balance_dropped"]["balance_alert_status"]} == (
            {True, False} if who == "lumen" else {True}
        )


async def test_a_balance_has_recovered_once_it_was_depleted_and_is_no_longer(orb_at: OrbAt) -> None:
    async def sounding(moment: str) -> tuple[bool, bool]:
        async with orb_at(moment) as orb:
            found = await of_customer(orb, "quill")
            kinds = ("credit_balance_depleted", "credit_balance_recovered")
            depleted, recovered = (found[kind]["balance_alert_status"][0]["in_alert"] for kind in kinds)
            assert (await of_customer(orb, "lumen"))[kinds[1]]["balance_alert_status"][0]["in_alert"] is False
            return depleted, recovered

    assert await sounding("2026-11-20T20:15:30.25+00:00") == (True, False)
    assert await sounding("2026-11-03T20:15:30.25+00:00") == (False, True)


@pytest.fixture(scope="module")
def events() -> Iterator[Events]:
    events = Events()
    yield events
    events.close()


def subscription_of(world: World, who: str) -> Subscription:
    (found,) = [s for s in world.subscriptions if s.customer.external_id == who]
    return found


def customer_of(world: World, who: str) -> Customer:
    found = world.customer(who, external=True)
    assert found is not None
    return found


async def test_what_an_alert_reads_is_what_the_bill_and_the_costs_say(orb: Orb, events: Events) -> None:
    world, usage = staged_at(NOW), Usage(events, NOW)
    northwind, scale = await one(orb, "northwind"), subscription_of(world, "northwind")
    bill = await orb.read("/invoices/upcoming", subscription_id=northwind["id"])
    lines = {line["name"]: line for line in bill["line_items"]}

    def read(rule: Rule) -> list[Decimal]:
        return [each.value for each in standings(usage, world, rule, scale)]

    prices = {price.name: price for price in scale.plan.prices}
    assert read(Rule("cost_exceeded", (D(1),), "USD")) == [D(bill["total"])]
    assert read(Rule("spend_exceeded", (D(1),), "USD")) == [D(bill["subtotal"])]
    usage_of = Rule("usage_exceeded", (D(1),), metric=prices["Egress"].metric)
    assert read(usage_of) == [D(lines["Egress"]["quantity"])]
    filters = {rule.kind: rule for rule in (alert.rule for alert in staged_alerts(world)) if rule.price_filters}
    assert read(filters["spend_exceeded"]) == [D(lines["GPU inference"]["subtotal"])]


async def test_a_grouped_alert_watches_each_group_with_thresholds_of_its_own(orb: Orb, events: Events) -> None:
    world = staged_at(NOW)
    (alert,) = [alert for alert in staged_alerts(world) if alert.rule.grouping_key]
    subscription = world.subscription(alert.subscription or "")
    assert subscription is not None
    found = standings(Usage(events, NOW), world, alert.rule, subscription)
    groups = {name: [each.threshold for each in found if each.group == name] for name in {each.group for each in found}}
    assert groups["trailers"] == [5]
    assert groups["feature-film"] == [150, 600]
    assert "archive" not in groups
    body = {"grouping_keys": ["workspace_id"], "limit": 100}
    span = {"timeframe_start": "2026-10-31T23:00:00Z", "timeframe_end": "2026-11-30T23:00:00Z"}
    costs = exact(await orb.groups(subscription.id, **body, **span))["data"]
    assert {each.group: each.value for each in found} == {
        group["grouping_values"][0]: D(group["subtotal"]) for group in costs if group["grouping_values"] != ["archive"]
    }
    assert {each.in_alert for each in found} == {True, False}


async def test_a_license_alert_watches_what_each_license_has_left(orb: Orb, events: Events) -> None:
    world, quill = staged_at(NOW), await one(orb, "quill")
    rule = next(a.rule for a in staged_alerts(world) if a.rule.kind == "license_balance_threshold_reached")
    found = standings(Usage(events, NOW), world, rule, subscription_of(world, "quill"))
    query = {"subscription_id": quill["id"], "license_type_id": SEAT.id, "limit": 100}
    rows = (await orb.read("/licenses/usage", **query))["data"]
    left = {row["license_id"]: row["remaining_credits"] / 4 for row in rows if row["allocated_credits"]}
    assert {each.license.id: each.value for each in found if each.license} == left
    exhausted = {each.license.id for each in found if each.license and each.in_alert and each.threshold == 0}
    assert exhausted == {name for name, percentage in left.items() if percentage <= 0} != set()


def test_exactly_the_thresholds_that_new_events_take_it_over_are_crossed() -> None:
    world, events = staged_at(NOW), Events()
    scale, now = subscription_of(world, "northwind"), NOW
    metric = next(price.metric for price in scale.plan.prices if price.name == "Build minutes")
    assert metric is not None
    (before,) = standings(Usage(events, now), world, Rule("usage_exceeded", (D(1),), metric=metric), scale)
    thresholds = (before.value, before.value + 100, before.value + 100 + D("0.5"), before.value + 200)
    rule = Rule("usage_exceeded", thresholds, metric=metric)

    def ingest(key: str, minutes: Decimal) -> list[Standing]:
        nonlocal now
        now += timedelta(seconds=1)
        received = now
        events.record([Event(scale.customer.id, "builds", NOW, received, key, {"minutes": minutes})])
        just_before = Usage(events, received - timedelta(microseconds=1))
        after = Usage(events, received)
        return crossed(standings(just_before, world, rule, scale), standings(after, world, rule, scale))

    assert ingest("one", D("99.5")) == []
    assert [each.threshold for each in ingest("two", D("0.5"))] == [before.value + 100]
    assert [(each.threshold, each.value) for each in ingest("three", D(150))] == [
        (thresholds[2], before.value + 250),
        (thresholds[3], before.value + 250),
    ]
    assert ingest("four", D(1_000)) == []
    events.close()


def test_a_balance_alert_is_crossed_on_the_way_down(events: Events) -> None:
    world = staged_at(NOW)
    quill = customer_of(world, "quill")
    rule = Rule("credit_balance_dropped", (D(750), D(150)), AI_CREDITS)
    days = [Usage(events, at(f"2026-11-{day:02}T10:00:00+00:00")) for day in range(2, 20)]
    fired = [
        (before.known.day, [each.threshold for each in crossed(early, late)])
        for (before, early), (_, late) in pairwise((day, standings(day, world, rule, quill)) for day in days)
    ]
    assert [thresholds for _, thresholds in fired if thresholds] == [[750], [150]]


def test_an_alert_that_does_not_fit_what_it_watches_is_a_mistake(events: Events) -> None:
    world = staged_at(NOW)
    with pytest.raises(ValueError, match="cost_exceeded does not watch a customer"):
        standings(Usage(events, NOW), world, Rule("cost_exceeded", (D(1),)), customer_of(world, "lumen"))
    with pytest.raises(ValueError, match="credit_balance_depleted does not watch a subscription"):
        standings(Usage(events, NOW), world, Rule("credit_balance_depleted"), subscription_of(world, "lumen"))


@pytest.mark.parametrize("query", ["", "?customer_id=a&subscription_id=b", "?external_customer_id=a&customer_id=b"])
async def test_exactly_one_of_customer_and_subscription_must_be_named(orb: Orb, query: str) -> None:
    answer = await orb.http.get(f"/v1/alerts{query}")
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith("exactly one of customer_id")


@pytest.mark.parametrize(
    "path", ["/alerts?customer_id=x", "/alerts?subscription_id=x", "/alerts?external_customer_id=x", "/alerts/x"]
)
async def test_what_does_not_exist_is_not_found(orb: Orb, path: str) -> None:
    answer = await orb.http.get(f"/v1{path}")
    assert (answer.status_code, answer.json()["title"]) == (404, "A specified resource was not found.")


async def test_a_balance_alert_is_made_once_for_each_type_and_unit(orb: Orb) -> None:
    body = {"type": "credit_balance_dropped", "currency": "credits", "thresholds": [{"value": 0.1}, {"value": 20}]}
    answer = await orb.http.post("/v1/alerts/external_customer_id/nobody", json=body)
    assert answer.status_code == 201
    made = exact(answer)
    OrbAlert.model_validate_json(answer.content, strict=True)
    assert made["thresholds"] == [{"value": D("0.1")}, {"value": 20}]
    assert [state["in_alert"] for state in made["balance_alert_status"]] == [True, True]
    assert made["customer"]["external_customer_id"] == "nobody"
    assert await alerts(orb, external_customer_id="nobody") == [made]
    again = await orb.http.post(f"/v1/alerts/customer_id/{made['customer']['id']}", json=body)
    assert again.status_code == 400
    other = await orb.http.post(f"/v1/alerts/customer_id/{made['customer']['id']}", json=body | {"currency": "USD"})
    assert other.status_code == 201


async def test_a_subscription_alert_is_made_and_listed_first(orb: Orb) -> None:
    yamato = await one(orb, "yamato")
    path = f"/v1/alerts/subscription_id/{yamato['id']}"
    metric = yamato["plan"]["prices"][0]["billable_metric"]["id"]
    usage = {"type": "usage_exceeded", "metric_id": metric, "thresholds": [{"value": 5}]}
    assert (await orb.http.post(path, json=usage)).status_code == 201
    assert (await orb.http.post(path, json=usage)).status_code == 400
    orb.later(1)
    item = yamato["plan"]["prices"][1]["item"]["id"]
    filters = [{"field": "item_id", "operator": "includes", "values": [item]}]
    spend = {"type": "spend_exceeded", "currency": "JPY", "thresholds": [{"value": 5000}], "price_filters": filters}
    answer = await orb.http.post(path, json=spend)
    assert answer.status_code == 201
    OrbAlert.model_validate_json(answer.content, strict=True)
    (first, second, third) = await alerts(orb, subscription_id=yamato["id"])
    assert first == exact(answer)
    assert (first["price_filters"], first["currency"]) == (filters, "JPY")
    assert (second["metric"], third["type"]) == ({"id": metric}, "cost_exceeded")
    assert (await orb.http.post(path, json=spend)).status_code == 400
    assert (await orb.http.post(path, json=spend | {"price_filters": []})).status_code == 201
    cost = {"type": "cost_exceeded", "thresholds": [{"value": 1}]}
    assert (await orb.http.post(path, json=cost)).status_code == 400


async def test_a_subscription_has_fifty_spend_alerts_at_most(orb: Orb) -> None:
    path = f"/v1/alerts/subscription_id/{(await one(orb, 'quiet'))['id']}"
    statuses = []
    for place in range(51):
        body = {"type": "spend_exceeded", "currency": f"unit-{place}", "thresholds": [{"value": 1}]}
        statuses.append((await orb.http.post(path, json=body)).status_code)
    assert statuses == [201] * 50 + [400]


async def test_a_grouped_cost_alert_brings_its_overrides(orb: Orb) -> None:
    atelier = await one(orb, "atelier")
    override = {"group_keys": None, "group_values": ["staging"], "thresholds": []}
    body = {
        "type": "cost_exceeded",
        "currency": "EUR",
        "thresholds": [{"value": 12.5}],
        "grouping_keys": ["workspace_id"],
        "threshold_overrides": [override],
    }
    answer = await orb.http.post(f"/v1/alerts/subscription_id/{atelier['id']}", json=body)
    assert answer.status_code == 201
    made = exact(answer)
    assert (made["grouping_keys"], made["threshold_overrides"]) == (["workspace_id"], [override])
    changed = await orb.http.put(f"/v1/alerts/{made['id']}", json={"thresholds": [{"value": 9}]})
    assert changed.json()["threshold_overrides"] == [override]
    cleared = {"thresholds": [{"value": 9}], "threshold_overrides": []}
    assert "threshold_overrides" not in (await orb.http.put(f"/v1/alerts/{made['id']}", json=cleared)).json()


async def test_thresholds_are_changed_and_alerts_are_switched(orb: Orb) -> None:
    found = await of_customer(orb, "lumen")
    path = f"/v1/alerts/{found['credit_balance_dropped']['id']}"
    changed = exact(await orb.http.put(path, json={"thresholds": [{"value": 1}]}))
    assert changed["balance_alert_status"] == [{"in_alert": False, "threshold_value": 1}]
    assert (await of_customer(orb, "lumen"))["credit_balance_dropped"] == changed
    off = await orb.http.post(f"{path}/disable")
    assert (off.status_code, exact(off)) == (200, changed | {"enabled": False})
    assert exact(await orb.get(path.removeprefix("/v1")))["enabled"] is False
    assert exact(await orb.http.post(f"{path}/enable")) == changed


async def test_the_alert_of_a_plan_is_switched_for_one_subscription(orb: Orb) -> None:
    northwind, yamato = await one(orb, "northwind"), await one(orb, "yamato")
    (inherited,) = [each for each in await alerts(orb, subscription_id=northwind["id"]) if each["plan"]]
    path = f"/v1/alerts/{inherited['id']}/disable"
    assert (await orb.http.post(path)).status_code == 400
    assert (await orb.http.post(path, params={"subscription_id": yamato["id"]})).status_code == 400
    off = await orb.http.post(path, params={"subscription_id": northwind["id"]})
    assert off.json()["enabled"] is False
    (seen,) = [each for each in await alerts(orb, subscription_id=northwind["id"]) if each["plan"]]
    assert seen["enabled"] is False
    assert (await orb.read(f"/alerts/{inherited['id']}"))["enabled"] is True


TEN = [{"value": 10}]


@pytest.mark.parametrize(
    ("scope", "body", "named"),
    [
        ("subscription", {"type": "usage_exceeded", "thresholds": TEN}, "metric_id"),
        ("subscription", {"type": "usage_exceeded", "thresholds": TEN, "metric_id": "x"}, "metric_id"),
        ("subscription", {"type": "cost_exceeded", "thresholds": TEN, "metric_id": "x"}, "metric_id"),
        ("subscription", {"type": "spend_exceeded", "thresholds": TEN}, "currency"),
        ("subscription", {"type": "cost_exceeded", "thresholds": TEN, "grouping_keys": ["region"]}, "currency"),
        (
            "subscription",
            {"type": "cost_exceeded", "thresholds": TEN, "currency": "EUR", "grouping_keys": ["colour"]},
            "grouping_keys",
        ),
        ("subscription", {"type": "cost_exceeded", "thresholds": []}, "thresholds"),
        ("subscription", {"type": "cost_exceeded", "thresholds": TEN * 2}, "thresholds"),
        ("subscription", {"type": "cost_exceeded"}, "body"),
        ("subscription", {"type": "credit_balance_dropped", "thresholds": TEN}, "body"),
        ("subscription", {"type": "cost_exceeded", "thresholds": [{"value": "a lot"}]}, "body"),
        (
            "subscription",
            {
                "type": "cost_exceeded",
                "thresholds": TEN,
                "threshold_overrides": [{"group_values": ["a"], "thresholds": []}],
            },
            "threshold_overrides",
        ),
        (
            "subscription",
            {
                "type": "cost_exceeded",
                "thresholds": TEN,
                "price_filters": [{"field": "item_id", "operator": "includes", "values": []}],
            },
            "price_filters",
        ),
        ("external_customer", {"type": "credit_balance_dropped", "currency": "credits"}, "thresholds"),
        ("external_customer", {"type": "credit_balance_depleted", "currency": "credits", "thresholds": TEN}, "thresh"),
        ("external_customer", {"type": "credit_balance_depleted"}, "body"),
        ("external_customer", {"type": "cost_exceeded", "currency": "credits"}, "body"),
    ],
)
async def test_an_alert_that_cannot_be_is_refused_by_name(
    orb: Orb, scope: str, body: dict[str, Any], named: str
) -> None:
    name = (await one(orb, "quiet"))["id"] if scope == "subscription" else "atelier"
    answer = await orb.http.post(f"/v1/alerts/{scope}_id/{name}", json=body)
    assert answer.status_code == 400
    assert any(error.startswith(named) for error in answer.json()["validation_errors"]), answer.text
