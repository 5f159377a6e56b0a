"""The usage card through the front door, with Orb's examples behind it: what it asks, when, and what it then says."""

import json
import re
from datetime import datetime
from typing import Any

import httpx
import pytest
import respx

from app.sandbox.server import create_sandbox
from tests.conftest import Clock, Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed

USAGE = f"/subscriptions/{SUBSCRIPTION}/usage"
REQUESTS, USERS = "Q8w89wjTtBdejXKs", "Fe9pbpMk86xpwdGB"
STAMP = "2026-05-20T14:56:00+00:00"


def measured(router: respx.MockRouter, **instead: httpx.Response) -> dict[str, respx.Route]:
    """Orb as Borealis sees it, its usage too: whole, and by region; by workspace Orb refuses it."""
    routes = borealis(router, **instead)
    grouped = instead.get("grouped_usage") or answer("subscription_usage_grouped")
    plain = instead.get("usage") or answer("subscription_usage", Orb_Cache_Updated_At=STAMP)
    routes["grouped_usage"] = router.get(USAGE, params__contains={"group_by": "region"}).mock(return_value=grouped)
    refused = answer("error_400_validation", 400)
    routes["workspaces"] = router.get(USAGE, params__contains={"group_by": "workspace_id"}).mock(return_value=refused)
    routes["usage"] = router.get(USAGE).mock(return_value=plain)
    return routes


def asked(route: respx.Route) -> list[dict[str, str]]:
    return [dict(call.request.url.params) for call in route.calls]


async def card(client: httpx.AsyncClient, query: str = "") -> Any:
    response = await client.get(f"/api/cards/usage{query}")
    assert response.status_code == 200, response.text
    return response.json()


async def test_window_granularity_and_view_are_always_sent_and_orb_may_use_its_cache(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = measured(orb_router)
    async with serve() as client:
        await card(client)

    window = {"timeframe_start": "2026-05-01T07:00:00Z", "timeframe_end": "2026-05-21T07:00:00Z"}
    assert asked(routes["usage"]) == [{"granularity": "day", "view_mode": "periodic", **window}]
    headers = routes["usage"].calls.last.request.headers
    assert (headers["Orb-Cache-Control"], headers["Orb-Cache-Max-Age-Seconds"]) == ("cache", "300")
    assert [name for name, route in routes.items() if route.called] == ["subscriptions", "usage"]


async def test_the_card_has_quantities_and_no_money(serve: Serve, orb_router: respx.MockRouter) -> None:
    measured(orb_router)
    async with serve() as client:
        found = await card(client)

    assert (found["status"], found["basis"], found["as_of"]) == ("ready", "usage", "2026-05-20T14:56:00Z")
    (part,) = found["data"]["subscriptions"]
    assert (part["subscription_id"], part["status"], part["code"], part["message"]) == (
        SUBSCRIPTION,
        "ready",
        None,
        None,
    )
    assert part["period"] == {"start": "2026-05-01T07:00:00Z", "end": "2026-06-01T07:00:00Z"}
    assert part["window"] == {"start": "2026-05-01T07:00:00Z", "end": "2026-05-21T07:00:00Z"}
    requests, users = part["metrics"]
    assert set(requests) >= {
        "billable_metric_id",
        "name",
        "total",
        "total_reason",
        "days",
        "groups",
        "groups_reason",
        "ways",
    }
    assert requests["days"][1] == {
        "start": "2026-05-19T07:00:00Z",
        "end": "2026-05-20T07:00:00Z",
        "label": "May 19",
        "quantity": "386500.25",
        "partial": False,
    }
    assert [(each["total"], each["groups"], each["ways"]) for each in (requests, users)] == [
        (None, None, [{"kind": "cumulative", "href": "/cards/usage?view_mode=cumulative"}])
    ] * 2
    text = json.dumps(found)
    assert "unit" not in text
    assert "amount" not in text
    assert "USD" not in text


async def test_it_costs_no_call_on_first_paint_and_is_there_once_it_is_kept(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = measured(orb_router)
    async with serve() as client:
        first = (await client.get("/api/dashboard")).json()
        page = (await client.get("/")).text
        assert not routes["usage"].called
        filled = await card(client)
        again = (await client.get("/api/dashboard")).json()
        html = (await client.get("/")).text

    late = first["cards"]["usage"]
    assert (late["status"], late["data"], late["code"], first["complete"]) == ("late", {}, None, True)
    assert 'data-again="/cards/usage" data-late' in page
    assert routes["usage"].call_count == 1
    assert again["cards"]["usage"] == filled
    assert 'id="usage"' in html
    assert 'data-again="/cards/usage" data-late' not in html


async def test_the_bill_that_was_asked_for_anyway_has_the_totals(serve: Serve, orb_router: respx.MockRouter) -> None:
    older = "2026-05-20T14:55:30+00:00"
    routes = measured(orb_router, upcoming_invoice=answer("invoices_upcoming", Orb_Cache_Updated_At=older))
    async with serve() as client:
        await client.get("/api/dashboard")
        found = await card(client)
        other_days = await card(client, "?timeframe_start=2026-05-18&timeframe_end=2026-05-21")

    metrics = found["data"]["subscriptions"][0]["metrics"]
    assert [metric["total"] for metric in metrics] == ["1250000", "320"]
    assert found["as_of"] == "2026-05-20T14:55:30Z"
    assert routes["upcoming_invoice"].call_count == 1
    assert [metric["total"] for metric in other_days["data"]["subscriptions"][0]["metrics"]] == [None, None]
    assert other_days["as_of"] == "2026-05-20T14:56:00Z"


async def test_a_window_is_asked_for_in_the_customers_own_midnights(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = measured(orb_router, usage=answer("subscription_usage_spring"))
    async with serve() as client:
        found = await card(client, "?timeframe_start=2026-03-07&timeframe_end=2026-03-10")

    (sent,) = asked(routes["usage"])
    assert (sent["timeframe_start"], sent["timeframe_end"]) == ("2026-03-07T08:00:00Z", "2026-03-10T07:00:00Z")
    days = found["data"]["subscriptions"][0]["metrics"][0]["days"]
    assert [(day["label"], day["quantity"]) for day in days] == [
        ("Mar 7", "52.5"),
        ("Mar 8", "1000000000000000"),
        ("Mar 9", "-3.125"),
    ]


async def test_groups_are_asked_for_only_on_request_and_once_a_metric(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = measured(orb_router)
    async with serve() as client:
        plain = await card(client)
        assert not routes["grouped_usage"].called
        found = await card(client, "?group_by=region&limit=1")

    assert (plain["data"]["group_by"], plain["data"]["label"]) == (None, None)
    assert (found["data"]["group_by"], found["data"]["label"]) == ("region", "Region")
    assert [(each["billable_metric_id"], each["view_mode"]) for each in asked(routes["grouped_usage"])] == [
        (REQUESTS, "cumulative"),
        (USERS, "cumulative"),
    ]
    metric = found["data"]["subscriptions"][0]["metrics"][0]
    assert metric["groups"] == [{"key": "eu-west-1", "label": "eu-west-1", "quantity": "20"}]
    assert metric["has_more"]


async def test_a_metric_without_usage_is_asked_for_no_groups(serve: Serve, orb_router: respx.MockRouter) -> None:
    idle = changed("subscription_usage")
    for day in idle["data"][0]["usage"]:
        day["quantity"] = 0
    routes = measured(orb_router, usage=httpx.Response(200, json=idle))
    async with serve() as client:
        await card(client, "?group_by=region")

    assert [each["billable_metric_id"] for each in asked(routes["grouped_usage"])] == [USERS]


async def test_every_part_of_a_question_makes_it_another(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = measured(orb_router)
    async with serve() as client:
        for query in ("", "?timeframe_start=2026-05-18&timeframe_end=2026-05-21", "?group_by=region"):
            await card(client, query)
            await card(client, query)
        found = await card(client, "?group_by=workspace_id")
        await card(client, "?timeframe_start=2026-05-19&timeframe_end=2026-05-21")

    assert [each["timeframe_start"][:10] for each in asked(routes["usage"])] == [
        "2026-05-01",
        "2026-05-18",
        "2026-05-19",
    ]
    assert found["data"]["subscriptions"][0]["metrics"][0]["groups"] is None
    assert (routes["grouped_usage"].call_count, routes["workspaces"].call_count) == (2, 2)


async def test_groups_in_another_view_than_was_asked_for_are_no_groups(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    groups = changed("subscription_usage_grouped")
    groups["data"][1]["view_mode"] = "periodic"
    measured(orb_router, grouped_usage=httpx.Response(200, json=groups))
    async with serve() as client:
        found = await card(client, "?group_by=region")

    assert [metric["groups"] for metric in found["data"]["subscriptions"][0]["metrics"]] == [None, None]


async def test_the_first_key_is_asked_for_by_its_name_too(serve: Serve, orb_router: respx.MockRouter) -> None:
    """`workspace_id` is the default of other cards; only naming it groups usage."""
    measured(orb_router)
    async with serve() as client:
        found = await card(client, "?group_by=workspace_id")

    metrics = found["data"]["subscriptions"][0]["metrics"]
    assert found["status"] == "ready"
    assert {metric["groups_reason"] for metric in metrics} == {
        "This cannot be counted by group: what each group has does not add up to the whole."
    }
    assert metrics[0]["ways"][-1] == {"kind": "breakdown", "href": "/?cards=breakdown&group_by=workspace_id"}


async def test_a_refused_grouping_shows_the_way_on_to_those_who_may_go_it(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    measured(orb_router, grouped_usage=answer("error_400_validation", 400))
    async with serve() as client:
        html = (await client.get("/cards/usage?group_by=region")).text
    async with serve(scope="usage") as client:
        alone = (await client.get("/cards/usage?group_by=region")).text

    assert 'href="/?cards=breakdown&amp;group_by=region">Cost by Region is available</a>' in html
    assert "does not add up" in alone
    assert "Cost by region" not in alone


async def test_usage_in_another_view_than_was_asked_for_is_no_usage(serve: Serve, orb_router: respx.MockRouter) -> None:
    measured(orb_router, usage=answer("subscription_usage_cumulative"))
    async with serve() as client:
        found = await card(client)

    assert (found["status"], found["code"]) == ("failed", "orb_malformed")


async def test_groups_of_another_property_are_no_groups(serve: Serve, orb_router: respx.MockRouter) -> None:
    groups = changed("subscription_usage_grouped")
    groups["data"][0]["metric_group"]["property_key"] = "user_id"
    measured(orb_router, grouped_usage=httpx.Response(200, json=groups))
    async with serve() as client:
        found = await card(client, "?group_by=region")

    metrics = found["data"]["subscriptions"][0]["metrics"]
    assert [metric["groups_reason"] for metric in metrics] == [
        "The billing system sent an answer that makes no sense."
    ] * 2


def two_subscriptions() -> httpx.Response:
    listed = changed("subscriptions_list")
    listed["data"].append(listed["data"][0] | {"id": "SuBorealis000002", "name": "Second"})
    return httpx.Response(200, json=listed)


async def test_one_failing_subscription_costs_one_part(serve: Serve, orb_router: respx.MockRouter) -> None:
    measured(orb_router, subscriptions=two_subscriptions())
    orb_router.get("/subscriptions/SuBorealis000002/usage").mock(return_value=answer("error_500", 500))
    async with serve() as client:
        found = await card(client)
        html = (await client.get("/cards/usage")).text

    parts = found["data"]["subscriptions"]
    assert found["status"] == "ready"
    assert [(part["status"], part["code"]) for part in parts] == [("ready", None), ("failed", "orb_error")]
    assert "The billing system had an error." in html


async def test_a_viewer_of_one_subscription_sees_the_usage_of_no_other(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    measured(orb_router, subscriptions=two_subscriptions())
    other = orb_router.get("/subscriptions/SuBorealis000002/usage").mock(return_value=answer("subscription_usage"))
    async with serve(subscriptions=[SUBSCRIPTION]) as client:
        found = await card(client)
        hidden = await client.get("/api/cards/usage?subscription_id=SuBorealis000002")

    assert [part["subscription_id"] for part in found["data"]["subscriptions"]] == [SUBSCRIPTION]
    assert hidden.status_code == 404
    assert not other.called


async def test_no_usage_is_said_in_words_of_usage(serve: Serve, orb_router: respx.MockRouter) -> None:
    measured(orb_router, usage=httpx.Response(200, json={"data": []}))
    async with serve() as client:
        found = await card(client)

    assert (found["status"], found["code"], found["data"]) == ("empty", "no_usage", {})
    assert found["message"] == "No usage yet. Quantities appear here as usage is reported."


@pytest.mark.parametrize("query", ["", "?view_mode=cumulative", "?group_by=region"])
async def test_what_is_drawn_has_a_table_and_no_inline_style(
    serve: Serve, orb_router: respx.MockRouter, query: str
) -> None:
    routes = measured(orb_router)
    routes["usage"].mock(side_effect=lambda request: answer(
        "subscription_usage" + ("_cumulative" if "cumulative" in str(request.url) else "")
    ))  # fmt: skip
    async with serve() as client:
        html = (await client.get(f"/cards/usage{query}")).text

    card = html[html.index('id="usage"') :]
    assert "style=" not in card
    assert card.count('role="img"') == len(re.findall(r'<section class="metric">', card)) > 0
    assert "796,500.25" in card if "cumulative" in query else "386,500.25" in card


CUSTOMERS = [
    "northwind", "halcyon", "lumen", "quiet", "sunset", "fresh", "meridian", "nobody", "yamato", "atelier",
    "sparkworks", "faro", "trollheim", "zeroth", "springboard", "lattice", "babel", "mote", "chorus", "orchard",
    "orchard-east", "orchard-west", "gulf", "himal", "calder", "quill",
]  # fmt: skip


@pytest.mark.parametrize("customer", CUSTOMERS)
async def test_every_customer_of_the_sandbox_has_a_card(serve: Serve, clock: Clock, customer: str) -> None:
    sandbox = httpx.ASGITransport(create_sandbox(now=clock, latency=0, rate_plan="off"))
    async with serve(customer, wire=sandbox) as client:
        bill = (await client.get("/api/cards/bill")).json()
        for query in ("", "?view_mode=cumulative", "?group_by=region"):
            found = await card(client, query)
            assert found["status"] in ("ready", "empty"), found["code"]
            assert (await client.get(f"/cards/usage{query}")).status_code == 200
            for part in found["data"].get("subscriptions", ()):
                known = [metric["total"] is not None for metric in part["metrics"]]
                assert query or all(known) or apart(bill, found) > 60


def apart(first: Any, second: Any) -> float:
    """How many seconds lie between the moments of two cards."""
    moments = [datetime.fromisoformat(each["as_of"]) for each in (first, second)]
    return abs((moments[0] - moments[1]).total_seconds())


async def test_a_bill_of_another_moment_has_no_totals_for_these_days(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    older = "2026-05-20T14:54:59+00:00"  # the usage is of 14:56
    measured(orb_router, upcoming_invoice=answer("invoices_upcoming", Orb_Cache_Updated_At=older))
    async with serve() as client:
        await client.get("/api/cards/bill")
        found = await card(client)

    assert [metric["total"] for metric in found["data"]["subscriptions"][0]["metrics"]] == [None, None]


async def test_users_and_peaks_are_never_summed(serve: Serve, clock: Clock) -> None:
    sandbox = httpx.ASGITransport(create_sandbox(now=clock, latency=0, rate_plan="off"))
    async with serve("chorus", wire=sandbox) as client:
        alone = await card(client)
        grouped = await card(client, "?group_by=region")
        bill = (await client.get("/api/cards/bill")).json()
        together = await card(client)
        growing = await card(client, "?view_mode=cumulative")

    lines = {line["name"]: line["quantity"] for line in bill["data"]["subscriptions"][0]["lines"]}
    assert totals(alone) == dict.fromkeys(lines)
    assert totals(together) == totals(growing) == lines
    assert totals(grouped) == dict.fromkeys(lines) | {"Posts moderated": lines["Posts moderated"]}
    peak = next(each for each in grouped["data"]["subscriptions"][0]["metrics"] if each["name"] == "Peak storage")
    assert (peak["groups"], [way["kind"] for way in peak["ways"]]) == (None, ["cumulative", "breakdown"])


def totals(found: Any) -> dict[str, str | None]:
    return {each["name"]: each["total"] for each in found["data"]["subscriptions"][0]["metrics"]}
