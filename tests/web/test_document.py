"""What the document says, field by field, and what it asks for to say it."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import anyio
import httpx
import pytest
import respx

from app.account.account import Account
from app.cards.base import Card, Outcome, Table
from app.dashboard import load_one
from app.orb.path import CustomerRef
from app.query import Query
from app.settings import Settings
from app.words import Text
from tests.conftest import Clock, Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed

OTHER = "SuBorealis000002"


def listed(*others: dict[str, Any]) -> httpx.Response:
    """The list with further subscriptions, each the first one with some fields changed."""
    page = changed("subscriptions_list")
    page["data"] += [page["data"][0] | other for other in others]
    return httpx.Response(200, json=page)


async def dashboard(client: httpx.AsyncClient, path: str = "/api/dashboard") -> Any:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def asked(route: respx.Route) -> list[tuple[str, str]]:
    return parse_qsl(route.calls.last.request.url.query.decode())


async def test_each_card_has_its_title_and_its_basis(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        cards = (await dashboard(client))["cards"]

    assert {word: (card["title"], card["basis"]) for word, card in cards.items()} == {
        "bill": ("Bill", "amount_due"),
        "credits": ("Credits", "credits"),
        "spend": ("Cost by day", "subtotal"),
        "breakdown": ("Where cost comes from", "subtotal"),
        "usage": ("Usage by day", "usage"),
        "licenses": ("Licenses", "allocation"),
        "alerts": ("Alerts", "threshold"),
    }


async def test_a_bill_has_its_period_its_total_and_its_day_of_issue(serve: Serve, orb_router: respx.MockRouter) -> None:
    invoice = changed("invoices_upcoming", total="830.00")
    borealis(orb_router, upcoming_invoice=httpx.Response(200, json=invoice))
    async with serve() as client:
        (bill,) = (await dashboard(client))["cards"]["bill"]["data"]["subscriptions"]

    assert bill["period"] == {"start": "2026-05-01T07:00:00Z", "end": "2026-06-01T07:00:00Z"}
    assert (bill["total"]["amount"], bill["amount_due"]["amount"]) == ("830.00", "825.00")
    assert bill["target_date"] == "2026-06-01T07:00:00Z"


async def test_the_axis_is_the_whole_period_with_the_days_to_come(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        spend = (await dashboard(client))["cards"]["spend"]["data"]

    assert spend["period"] == {"start": "2026-05-01T07:00:00Z", "end": "2026-06-01T07:00:00Z"}


async def test_a_block_tells_its_cost_and_its_end(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        (unit,) = (await dashboard(client))["cards"]["credits"]["data"]["units"]

    assert (unit["blocks"][0]["cost_basis"], unit["blocks"][0]["expires"]) == ("0.05", "2026-12-31T08:00:00Z")


async def test_the_ledger_is_asked_for_unfiltered(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await dashboard(client)

    assert asked(routes["credits_ledger"]) == [("currency", "credits"), ("limit", "100")]


async def test_a_refresh_may_ask_again_after_the_cool_down(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    async with serve() as client:
        at_once = (await client.post("/api/dashboard/refresh")).json()
        clock.pass_seconds(60)
        later = await dashboard(client)

    assert at_once["refresh"]["allowed_at"] == "2026-05-20T15:00:10Z"
    assert later["refresh"]["allowed_at"] == "2026-05-20T15:01:00Z"


async def test_a_subscription_to_come_has_no_bill_yet(serve: Serve, orb_router: respx.MockRouter) -> None:
    to_come = {"id": OTHER, "status": "upcoming", "current_billing_period_start_date": None}
    routes = borealis(orb_router, subscriptions=listed(to_come))
    async with serve() as client:
        document = await dashboard(client)

    assert [bill["subscription_id"] for bill in document["cards"]["bill"]["data"]["subscriptions"]] == [SUBSCRIPTION]
    assert routes["upcoming_invoice"].call_count == 1
    assert routes["subscription_costs"].called


async def test_one_subscriptions_failure_is_told_beside_the_others_bill(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = borealis(orb_router, subscriptions=listed({"id": OTHER, "name": "Second"}))

    def invoice(request: httpx.Request) -> httpx.Response:
        return answer("error_500", 500) if OTHER.encode() in request.url.query else answer("invoices_upcoming")

    routes["upcoming_invoice"].mock(side_effect=invoice)
    async with serve() as client:
        document = await dashboard(client, "/api/dashboard?cards=bill")

    card = document["cards"]["bill"]
    parts = [(part["name"], part["status"], part["code"]) for part in card["data"]["subscriptions"]]
    assert (card["status"], parts) == ("ready", [("Growth", "ready", None), ("Second", "failed", "orb_error")])
    assert not document["complete"]


async def test_subscriptions_with_different_periods_share_none(serve: Serve, orb_router: respx.MockRouter) -> None:
    shifted = {"id": OTHER, "current_billing_period_start_date": "2026-05-10T07:00:00+00:00"}
    borealis(orb_router, subscriptions=listed(shifted))
    async with serve() as client:
        assert (await dashboard(client, "/api/dashboard?cards=bill"))["period"] is None


async def test_a_second_page_of_subscriptions_is_asked_for_with_its_cursor(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = borealis(orb_router)
    first = changed("subscriptions_list", pagination_metadata={"has_more": True, "next_cursor": "page-2"})
    second = changed("subscriptions_list")
    second["data"][0] |= {"id": OTHER}
    pages = [httpx.Response(200, json=page) for page in (first, second)]
    routes["subscriptions"].mock(side_effect=pages)
    async with serve() as client:
        document = await dashboard(client, "/api/dashboard?cards=bill")

    assert ("cursor", "page-2") in asked(routes["subscriptions"])
    assert len(document["cards"]["bill"]["data"]["subscriptions"]) == 2


async def test_the_list_is_kept_for_fifteen_minutes(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await dashboard(client)
        clock.pass_seconds(855)  # the renewals of different customers are spread over the last twentieth
        await dashboard(client)
        assert routes["subscriptions"].call_count == 1
        clock.pass_seconds(46)
        await dashboard(client)

    assert routes["subscriptions"].call_count == 2


async def test_without_a_subscription_the_last_one_is_looked_for(serve: Serve, orb_router: respx.MockRouter) -> None:
    none = changed("subscriptions_list", data=[])
    routes = borealis(orb_router)
    routes["subscriptions"].mock(side_effect=[httpx.Response(200, json=none), answer("subscriptions_list")])
    orb_router.get("/customers/external_customer_id/borealis").mock(return_value=answer("customer"))
    async with serve() as client:
        document = await dashboard(client)

    assert document["cards"]["bill"]["code"] == "subscription_ended"
    assert [pair for pair in asked(routes["subscriptions"]) if pair[0] != "external_customer_id"] == [
        ("status[]", "ended"),
        ("limit", "1"),
    ]


async def test_a_400_of_another_kind_is_no_end_of_the_subscription(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_400_validation", 400))
    async with serve() as client:
        bill = (await dashboard(client))["cards"]["bill"]

    assert (bill["status"], bill["code"]) == ("failed", "orb_error")


async def test_more_groups_are_another_question(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await dashboard(client, "/api/dashboard?limit=5")
        await dashboard(client, "/api/dashboard?limit=6")

    limits = [json.loads(call.request.content)["limit"] for call in routes["grouped_costs"].calls]
    assert limits == [5, 6]


async def test_a_breakdown_alone_uses_the_series_that_is_at_hand(serve: Serve, orb_router: respx.MockRouter) -> None:
    groups = {"data": [{"grouping_values": ["ws"], "subtotal": "60.00"}], "has_more": False}
    routes = borealis(orb_router, grouped_costs=httpx.Response(200, json=groups))
    async with serve() as client:
        cold = (await client.get("/api/cards/breakdown")).json()["data"]["subscriptions"][0]
        await dashboard(client)
        warm = (await client.get("/api/cards/breakdown")).json()["data"]["subscriptions"][0]

    assert (cold["residual"], warm["residual"]["amount"]) == (None, "10.00")
    assert routes["subscription_costs"].call_count == 1


async def test_a_series_that_is_stale_is_no_whole_of_groups_that_are_not(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    groups = {"data": [{"grouping_values": ["ws"], "subtotal": "60.00"}], "has_more": False}
    routes = borealis(orb_router, grouped_costs=httpx.Response(200, json=groups))
    async with serve() as client:
        before = (await dashboard(client))["cards"]
        clock.pass_seconds(600)
        routes["subscription_costs"].mock(return_value=answer("error_500", 500))
        after = (await dashboard(client))["cards"]

    (known,), (unknown,) = (cards["breakdown"]["data"]["subscriptions"] for cards in (before, after))
    assert (known["residual"]["amount"], unknown["residual"], unknown["subtotal"]) == ("10.00", None, None)
    assert unknown["residual_reason"]
    assert (after["spend"]["status"], after["spend"]["stale"]) == ("ready", True)


async def test_a_chosen_currency_is_what_orb_is_asked_for(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        spend = (await dashboard(client, "/api/dashboard?cards=spend&currency=credits"))["cards"]["spend"]

    assert ("currency", "credits") in asked(routes["subscription_costs"])
    assert spend["data"]["unit"] == "credits"


async def test_a_token_by_orbs_own_id_asks_by_that_id(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    ledger = orb_router.get("/customers/CuBorealis000001/credits/ledger").mock(return_value=answer("credits_ledger"))
    orb_router.get("/customers/CuBorealis000001/credits").mock(return_value=answer("credits_blocks"))
    async with serve(None) as client:
        tokens = client._transport.app.state.desk.tokens  # type: ignore[attr-defined]
        token = tokens.sign(CustomerRef("customer_id", "CuBorealis000001"))
        client.headers["Authorization"] = f"Bearer {token}"
        document = await dashboard(client)

    assert ("customer_id", "CuBorealis000001") in asked(routes["subscriptions"])
    assert ledger.called
    assert document["complete"]


async def test_a_call_gives_up_before_its_card_and_the_card_before_the_page(serve: Serve) -> None:
    async with serve() as client:
        front = client._transport.app.state.desk  # type: ignore[attr-defined]
        began = anyio.current_time()
        moment = front.moment()

    assert front.orb._deadline < moment.freshness.deadline - began < moment.deadline - began < front.patience


async def test_a_card_that_is_stuck_in_itself_fails_in_time(serve: Serve) -> None:
    async def stuck(account: Account, query: Query) -> Outcome:  # noqa: ARG001
        await anyio.sleep_forever()
        raise AssertionError

    async with serve() as client:
        front = client._transport.app.state.desk  # type: ignore[attr-defined]
        account = front.account(front.tokens.viewer(client.headers["authorization"][7:]), front.moment())
        with anyio.fail_after(1):
            card = Card("stuck", Text("Stuck"), "usage", stuck, lambda _: Table((), ()))
            outcome = await load_one(card, account, Query(), anyio.current_time() + 0.01)

    assert (outcome.status, outcome.code) == ("failed", "orb_timeout")


async def test_orb_refusing_our_key_is_shouted_in_the_log_and_is_not_the_viewers_fault(
    serve: Serve, orb_router: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_401", 401))
    with caplog.at_level(logging.ERROR, "orrery"):
        async with serve() as client:
            document = await dashboard(client)

    bill = document["cards"]["bill"]
    assert (bill["code"], bill["retryable"]) == ("orb_auth", False)
    assert [record.levelname for record in caplog.records if record.name == "orrery"] == ["ERROR"]


async def test_the_tokens_locale_comes_before_the_browsers(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve(locale="fr") as client:
        document = (await client.get("/api/dashboard", headers={"Accept-Language": "de"})).json()

    text = document["cards"]["bill"]["data"]["subscriptions"][0]["amount_due"]["text"]
    assert text.split() == ["825,00", "$US"]


@pytest.mark.parametrize("lie", ["customer", "ended"])
async def test_a_customer_without_subscriptions_is_not_shown_as_another_one(
    serve: Serve, orb_router: respx.MockRouter, lie: str
) -> None:
    other = {"id": "CuSomebodyElse01", "external_customer_id": "somebody-else", "name": "Somebody Else"}
    none, ended, customer = changed("subscriptions_list", data=[]), changed("subscriptions_list"), changed("customer")
    if lie == "customer":
        customer |= other
    else:
        ended["data"][0]["customer"] |= other
    routes = borealis(orb_router)
    routes["subscriptions"].mock(side_effect=[httpx.Response(200, json=page) for page in (none, ended)])
    orb_router.get("/customers/external_customer_id/borealis").mock(return_value=httpx.Response(200, json=customer))
    async with serve() as client:
        response = await client.get("/api/dashboard")

    document = response.json()
    assert (document["cards"]["bill"]["code"], document["customer"]) == ("orb_foreign", None)
    assert "Somebody Else" not in response.text


async def test_a_viewer_of_named_subscriptions_never_gets_the_roll_up_even_when_they_are_all_there_are(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = borealis(orb_router, subscriptions=listed({"id": OTHER}))
    second = orb_router.get(f"/subscriptions/{OTHER}/costs").mock(return_value=answer("subscription_costs_periodic"))
    async with serve(subscriptions=[SUBSCRIPTION, OTHER]) as client:
        spend = (await dashboard(client, "/api/dashboard?cards=spend"))["cards"]["spend"]

    assert (routes["subscription_costs"].call_count, second.call_count) == (1, 1)
    assert len(spend["data"]["other_units"]) == 1


async def test_several_pricing_units_stand_side_by_side(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=replace(settings, orb_credit_currency=("credits", "tokens"))) as client:
        units = (await dashboard(client))["cards"]["credits"]["data"]["units"]

    assert [unit["unit"] for unit in units] == ["credits", "tokens"]


def by_currency(otherwise: httpx.Response, **instead: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """What Orb answers for each currency that it is asked for."""
    return lambda request: instead.get(request.url.params["currency"], otherwise)


def in_two_currencies(router: respx.MockRouter, **instead: httpx.Response) -> None:
    plan = changed("subscriptions_list")["data"][0]["plan"] | {"currency": "EUR"}
    borealis(router, subscriptions=listed({"id": OTHER, "name": "Europe", "plan": plan}))
    costs = router.get("/customers/external_customer_id/borealis/costs")
    costs.mock(side_effect=by_currency(httpx.Response(200, json={"data": []}), **instead))


@pytest.mark.parametrize(("fails", "stands"), [("EUR", "USD"), ("USD", "EUR")])
async def test_one_failing_series_leaves_the_others_and_is_told_beside_them(
    serve: Serve, orb_router: respx.MockRouter, fails: str, stands: str
) -> None:
    in_two_currencies(orb_router, **{fails: answer("error_500", 500), stands: answer("subscription_costs_periodic")})
    async with serve() as client:
        document = await dashboard(client, "/api/dashboard?cards=spend")
        html = (await client.get("/?cards=spend")).text

    card = document["cards"]["spend"]
    (other,) = card["data"]["other_units"]
    assert (card["status"], card["data"]["status"], card["data"]["unit"]) == ("ready", "ready", stands)
    assert (other["status"], other["code"], other["unit"], other["days"]) == ("failed", "orb_error", fails, [])
    assert not document["complete"]
    assert html.count('<article class="part"') == 2
    assert "The billing system had an error." in html


@pytest.mark.parametrize(
    ("euro", "status", "code"),
    [(answer("error_500", 500), "failed", "orb_error"), (httpx.Response(200, json={"data": []}), "empty", "no_usage")],
)
async def test_without_a_series_that_has_figures_the_card_has_none(
    serve: Serve, orb_router: respx.MockRouter, euro: httpx.Response, status: str, code: str
) -> None:
    in_two_currencies(orb_router, EUR=euro)
    async with serve() as client:
        card = (await dashboard(client, "/api/dashboard?cards=spend"))["cards"]["spend"]

    assert (card["status"], card["code"], card["data"]) == (status, code, {})


@pytest.mark.parametrize(
    ("tokens", "units", "complete"),
    [
        (answer("error_429", 429), [("credits", "ready", None), ("tokens", "failed", "orb_rate_limited")], False),
        (answer("credits_ledger_empty"), [("credits", "ready", None)], True),
    ],
)
async def test_one_failing_ledger_leaves_the_other_units(
    serve: Serve,
    orb_router: respx.MockRouter,
    settings: Settings,
    tokens: httpx.Response,
    units: list[tuple[str, str, str | None]],
    complete: bool,
) -> None:
    routes = borealis(orb_router)
    routes["credits_ledger"].mock(side_effect=by_currency(answer("credits_ledger"), tokens=tokens))
    async with serve(settings=replace(settings, orb_credit_currency=("credits", "tokens"))) as client:
        document = await dashboard(client, "/api/dashboard?cards=credits")
        html = (await client.get("/?cards=credits")).text

    card = document["cards"]["credits"]
    assert card["status"] == "ready"
    assert [(unit["unit"], unit["status"], unit["code"]) for unit in card["data"]["units"]] == units
    assert document["complete"] == complete
    assert html.count('<article class="part"') == len(units)


async def test_one_failing_ledger_beside_an_empty_one_fails_the_card(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    routes = borealis(orb_router)
    routes["credits_ledger"].mock(side_effect=[answer("credits_ledger_empty"), answer("error_401", 401)])
    async with serve(settings=replace(settings, orb_credit_currency=("credits", "tokens"))) as client:
        card = (await dashboard(client, "/api/dashboard?cards=credits"))["cards"]["credits"]

    assert (card["status"], card["code"]) == ("failed", "orb_auth")


async def test_the_window_ends_with_the_customers_own_day(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await dashboard(client)

    assert ("timeframe_end", "2026-05-21T07:00:00Z") in asked(routes["subscription_costs"])


async def test_days_to_come_are_on_the_axis_and_not_in_the_question(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        cards = (await dashboard(client, "/api/dashboard?timeframe_start=2026-05-01&timeframe_end=2026-07-01"))["cards"]

    grouped = json.loads(routes["grouped_costs"].calls.last.request.content)
    assert ("timeframe_end", "2026-05-21T07:00:00Z") in asked(routes["subscription_costs"])
    assert (grouped["timeframe_start"], grouped["timeframe_end"]) == ("2026-05-01T07:00:00Z", "2026-05-21T07:00:00Z")
    assert cards["spend"]["data"]["period"] == {"start": "2026-05-01T07:00:00Z", "end": "2026-07-01T07:00:00Z"}
    assert not cards["breakdown"]["data"]["subscriptions"][0]["clamped"]


async def test_days_that_are_all_to_come_have_no_cost_and_cost_no_call(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        days = "timeframe_start=2026-05-21&timeframe_end=2026-06-01"
        cards = (await dashboard(client, f"/api/dashboard?{days}"))["cards"]

    assert (cards["spend"]["code"], cards["breakdown"]["code"]) == ("no_usage", "no_usage")
    assert not routes["subscription_costs"].called
    assert not routes["grouped_costs"].called


async def test_a_state_is_kept_for_half_a_minute(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    routes = borealis(orb_router, upcoming_invoice=answer("error_404_resource", 404))
    async with serve() as client:
        for seconds in (0, 30, 1):
            clock.pass_seconds(seconds)
            await dashboard(client)

    assert routes["upcoming_invoice"].call_count == 2


async def test_a_late_404_does_not_replace_a_younger_bill(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes, gate = borealis(orb_router), anyio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if "orb-cache-control" in request.headers:
            await gate.wait()
            return answer("error_404_resource", 404)
        return answer("invoices_upcoming")

    routes["upcoming_invoice"].mock(side_effect=slow)
    async with serve() as client, anyio.create_task_group() as group:
        group.start_soon(client.get, "/api/dashboard?cards=bill")
        await anyio.wait_all_tasks_blocked()
        clock.pass_seconds(1)
        await client.post("/api/dashboard/refresh?cards=bill")
        clock.pass_seconds(4)
        gate.set()
        await anyio.wait_all_tasks_blocked()
        assert (await dashboard(client, "/api/dashboard?cards=bill"))["cards"]["bill"]["status"] == "ready"


async def test_after_a_refresh_no_older_snapshot_is_asked_for(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await client.post("/api/dashboard/refresh")
        clock.pass_seconds(7)
        await dashboard(client, "/api/dashboard?view_mode=cumulative")

    assert routes["subscription_costs"].calls.last.request.headers["orb-cache-max-age-seconds"] == "7"
