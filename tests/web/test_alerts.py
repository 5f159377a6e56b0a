"""Alerts through the front door: after first paint, held against what is at hand, and nothing asked twice."""

from itertools import count
from typing import Any

import anyio
import httpx
import pytest
import respx

from tests.conftest import Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed
from tests.web.test_api import keys, numbers
from tests.web.test_licenses import two

COST, BALANCE = changed("alerts_list")["data"]


def listed(*alerts: Any, **paging: Any) -> httpx.Response:
    return httpx.Response(200, json=changed("alerts_list", data=list(alerts), **paging))


def alerting(
    router: respx.MockRouter,
    own: httpx.Response | None = None,
    wide: httpx.Response | None = None,
    **instead: httpx.Response,
) -> dict[str, respx.Route]:
    """Borealis with an alert of its subscription, and one of its own."""
    routes = borealis(router, **instead)
    for name, key, found in (
        ("own", "subscription_id", own or listed(COST)),
        ("wide", "external_customer_id", wide or listed(BALANCE)),
    ):
        routes[name] = router.get(
            "/alerts", params__contains={key: SUBSCRIPTION if name == "own" else "borealis"}
        ).mock(return_value=found)
    return routes


async def card(client: httpx.AsyncClient) -> Any:
    return (await client.get("/api/cards/alerts")).json()


async def test_nothing_is_asked_on_first_paint_and_the_card_comes_after_it(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = alerting(orb_router)
    async with serve() as client:
        first = (await client.get("/api/dashboard")).json()["cards"]["alerts"]
        called = routes["own"].called or routes["wide"].called
        found = await card(client)
        again = (await client.get("/api/dashboard")).json()["cards"]["alerts"]

    assert (first["status"], called) == ("late", False)
    assert (found["status"], found["basis"]) == ("ready", "threshold")
    assert again == found
    assert [(each["id"], each["scope"], each["fired"]) for each in found["data"]["alerts"]] == [
        (COST["id"], "subscription", True),
        (BALANCE["id"], "customer", False),
    ]
    assert (numbers(found), "amount_due" in keys(found)) == ([], False)
    assert {name: route.call_count for name, route in routes.items()} == dict.fromkeys(routes, 1)


async def test_a_figure_that_is_not_at_hand_is_not_asked_for(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = alerting(orb_router)
    async with serve() as client:
        found = await card(client)

    (cost, balance) = found["data"]["alerts"]
    assert (cost["current"], cost["fired"], cost["current_reason"]) == (
        None, False, "Where it stands is not known just now.",
    )  # fmt: skip
    assert (balance["thresholds"][0]["crossed"], balance["current"]) == (False, None)
    assert not routes["upcoming_invoice"].called
    assert not routes["credits_ledger"].called


@pytest.mark.parametrize(("scope", "known"), [("bill alerts", True), ("alerts", False)])
async def test_a_figure_of_a_card_out_of_scope_is_not_shown(
    serve: Serve,
    orb_router: respx.MockRouter,
    scope: str,
    known: bool,
) -> None:
    alerting(orb_router)
    async with serve() as client:
        await client.get("/api/dashboard")
        token = {"Authorization": f"Bearer {await _token(serve, scope)}"}
        found = (await client.get("/api/cards/alerts", headers=token)).json()

    (cost,) = (each for each in found["data"]["alerts"] if each["id"] == COST["id"])
    assert (cost["current"] is not None) is known


async def _token(serve: Serve, scope: str) -> str:
    async with serve(scope=scope) as other:
        return other.headers["Authorization"].removeprefix("Bearer ")


async def test_a_viewer_of_a_part_sees_its_alerts_and_those_of_the_whole_only_by_name(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    hidden = COST | {"id": "AlHidden", "subscription": {"id": "SuBorealis000002"}}
    routes = alerting(orb_router, wide=listed(BALANCE, hidden), subscriptions=two())
    async with serve(subscriptions=[SUBSCRIPTION]) as client:
        part = await card(client)
        asked_wide = routes["wide"].called
    async with serve(subscriptions=[SUBSCRIPTION], scope="alerts") as client:
        named = await card(client)

    assert [each["id"] for each in part["data"]["alerts"]] == [COST["id"]]
    assert not asked_wide
    assert {each["id"] for each in named["data"]["alerts"]} == {COST["id"], BALANCE["id"]}


async def test_no_alerts_is_a_true_state(serve: Serve, orb_router: respx.MockRouter) -> None:
    alerting(orb_router, listed(), listed())
    async with serve() as client:
        found = await card(client)

    assert (found["status"], found["code"]) == ("empty", "no_alerts")
    assert found["message"].startswith("No alerts are set")


@pytest.mark.parametrize(("broken", "left"), [("own", BALANCE["id"]), ("wide", COST["id"])])
async def test_one_failing_part_costs_one_part(
    serve: Serve, orb_router: respx.MockRouter, broken: str, left: str
) -> None:
    alerting(orb_router, **{broken: answer("error_500", 500)})
    async with serve() as client:
        found = await card(client)
        html = (await client.get("/cards/alerts")).text

    assert (found["status"], [each["id"] for each in found["data"]["alerts"]]) == ("ready", [left])
    states = {part["scope"]: part["code"] or part["status"] for part in found["data"]["parts"]}
    assert states == {"subscription": "ready", "customer": "ready"} | {
        {"own": "subscription", "wide": "customer"}[broken]: "orb_error"
    }
    assert "The billing system had an error." in html


async def test_when_every_part_fails_the_card_does(serve: Serve, orb_router: respx.MockRouter) -> None:
    alerting(orb_router, answer("error_429", 429), answer("error_429", 429))
    async with serve() as client:
        found = await card(client)
    assert (found["status"], found["code"], found["retryable"]) == ("failed", "orb_rate_limited", True)


@pytest.mark.parametrize(
    ("where", "alert"),
    [
        ("own", COST | {"subscription": {"id": "SuSomebodyElses1"}}),
        ("own", COST | {"customer": {"id": "c", "external_customer_id": "somebody-else"}}),
        ("wide", BALANCE | {"customer": {"id": "c", "external_customer_id": "somebody-else"}}),
    ],
)
async def test_a_document_of_another_customers_is_dropped(
    serve: Serve, orb_router: respx.MockRouter, where: str, alert: Any
) -> None:
    alerting(orb_router, **{where: listed(alert | {"id": "AlForeign"})})
    async with serve() as client:
        response = await client.get("/api/cards/alerts")

    assert "AlForeign" not in response.text
    codes = [part["code"] for part in response.json()["data"]["parts"]]
    assert codes == (["orb_foreign", None] if where == "own" else [None, "orb_foreign"])


async def test_all_pages_are_read_and_a_list_that_goes_round_in_circles_ends(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    endless = {"pagination_metadata": {"has_more": True, "next_cursor": "round"}}
    routes = alerting(orb_router, own=listed(COST, **endless))
    async with serve() as client:
        found = await card(client)

    assert [call.request.url.params.get("cursor") for call in routes["own"].calls] == [None, "round"]
    assert found["status"] == "ready"


async def test_a_list_without_end_is_read_for_five_pages(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes, pages = alerting(orb_router), count()

    def next_page(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        return listed(COST, pagination_metadata={"has_more": True, "next_cursor": f"c{next(pages)}"})

    routes["own"].mock(side_effect=next_page)
    async with serve() as client:
        await card(client)
    assert routes["own"].call_count == 5


async def test_a_customer_whom_orb_does_not_know_has_no_alerts(serve: Serve, orb_router: respx.MockRouter) -> None:
    alerting(orb_router, wide=answer("error_404_resource", 404))
    async with serve() as client:
        found = await card(client)
    assert [part["code"] for part in found["data"]["parts"]] == [None, "no_alerts"]


async def test_a_customer_without_a_subscription_still_has_their_own_alerts(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    none = httpx.Response(200, json=changed("subscriptions_list", data=[]))
    alerting(orb_router, subscriptions=none)
    orb_router.get("/customers/external_customer_id/borealis").mock(return_value=answer("customer"))
    async with serve() as client:
        found = await card(client)
    assert [each["id"] for each in found["data"]["alerts"]] == [BALANCE["id"]]


async def test_the_card_is_whole_without_script_and_says_what_fired_first(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    off = COST | {"id": "AlOff", "enabled": False}
    alerting(orb_router, listed(off, COST, COST | {"id": "AlPlan", "subscription": None, "plan": {"id": "p"}}))
    async with serve() as client:
        await client.get("/")
        html = (await client.get("/cards/alerts")).text

    assert html.index("Passed $500.00. Next at $1,000.00.") < html.index("Alerts when it drops to")
    assert html.index("Alerts when it drops to") < html.index("Switched off.")
    for words in ('class="fired"', "Comes with the plan", "The whole account", "$825.00 of $1,000.00"):
        assert words in html
    assert "style=" not in html


async def test_while_the_bill_is_on_its_way_the_card_waits_for_it(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes, gate = alerting(orb_router), anyio.Event()
    found: dict[str, Any] = {}

    async def slow(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await gate.wait()
        return answer("invoices_upcoming")

    async def beside(client: httpx.AsyncClient) -> None:
        found["beside"] = (await client.get("/api/dashboard")).json()["cards"]["alerts"]

    routes["upcoming_invoice"].mock(side_effect=slow)
    async with serve() as client:
        without = await card(client)
        alone = (await client.get("/api/dashboard?cards=alerts")).json()["cards"]["alerts"]
        async with anyio.create_task_group() as group:
            group.start_soon(beside, client)
            await anyio.wait_all_tasks_blocked()
            gate.set()
        then = await card(client)

    assert (without["status"], alone["status"], found["beside"]["status"]) == ("ready", "ready", "late")
    assert [each["data"]["alerts"][0]["current"] is not None for each in (without, alone, then)] == [False, False, True]


async def test_a_group_is_called_by_its_label_and_exceptions_are_told(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    grouped = COST | {
        "grouping_keys": ["workspace_id"],
        "threshold_overrides": [{"group_keys": None, "group_values": ["ws_prod"], "thresholds": []}],
    }
    alerting(orb_router, listed(grouped, COST | {"id": "AlOther", "grouping_keys": ["team"]}), listed())
    async with serve() as client:
        named, other = (await card(client))["data"]["alerts"]

    assert (named["label"], other["label"]) == ("Cost this period by Workspace", "Cost this period by team")
    assert named["current_reason"] == "Each group is watched by itself; some have thresholds of their own."
    assert other["current_reason"] == "Each group is watched by itself."
