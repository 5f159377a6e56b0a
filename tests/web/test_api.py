"""The document for programs, through the front door, with Orb's examples behind it."""

import json
from typing import Any

import anyio
import httpx
import pytest
import respx

from tests.conftest import Clock, Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed

NINE = {"status", "title", "basis", "as_of", "stale", "message", "code", "retryable", "data"}
NDJSON = {"Accept": "application/x-ndjson"}
STAMP = "2026-05-20T14:56:00+00:00"


async def dashboard(client: httpx.AsyncClient, path: str = "/api/dashboard") -> Any:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


def keys(value: Any) -> set[str]:
    """Every key at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in keys(each)}
    return {key for each in value for key in keys(each)} if isinstance(value, list) else set()


def numbers(value: Any) -> list[float]:
    """Every JSON number with a fraction at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for each in value for number in numbers(each)]
    return [value] if isinstance(value, float) else []


async def test_the_document_holds_the_customer_the_period_and_four_cards(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        document = await dashboard(client)

    assert document["customer"] == {
        "id": "CuBorealis000001",
        "external_customer_id": "borealis",
        "name": "Borealis Ltd",
        "timezone": "America/Los_Angeles",
    }
    assert document["period"] == {
        "start": "2026-05-01T07:00:00Z",
        "end": "2026-06-01T07:00:00Z",
        "day": 20,
        "days": 31,
    }
    assert list(document["cards"]) == ["bill", "credits", "spend", "breakdown"]
    assert {word: card["status"] for word, card in document["cards"].items()} == dict.fromkeys(
        document["cards"], "ready"
    )
    assert all(set(card) == NINE for card in document["cards"].values())
    assert document["complete"]


async def test_the_amount_due_is_in_the_bill_and_nowhere_else(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        cards = (await dashboard(client))["cards"]

    bill = cards.pop("bill")["data"]["subscriptions"][0]
    assert bill["amount_due"] == {"amount": "825.00", "unit": "USD", "text": "$825.00"}
    assert "amount_due" not in keys([card["data"] for card in cards.values()])
    assert cards["spend"]["data"]["links"]["bill"] == cards["breakdown"]["data"]["links"]["bill"]
    assert set(cards["spend"]["data"]["links"]["bill"]) == {SUBSCRIPTION}


async def test_no_number_with_a_fraction_is_a_json_number(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        assert numbers(await dashboard(client)) == []


async def test_the_age_is_that_of_the_oldest_answer_and_moves_with_the_clock(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    young = "2026-05-20T14:59:30+00:00"
    borealis(
        orb_router,
        upcoming_invoice=answer("invoices_upcoming", Orb_Cache_Updated_At=STAMP),
        credits_ledger=answer("credits_ledger", Orb_Cache_Updated_At=young),
        credit_blocks=answer("credits_blocks"),
        subscription_costs=answer("subscription_costs_periodic", Orb_Cache_Updated_At=young),
    )
    async with serve() as client:
        document = await dashboard(client)
        clock.pass_seconds(59)
        later = await dashboard(client)

    ages = {word: card["as_of"] for word, card in document["cards"].items()}
    assert ages["bill"] == "2026-05-20T14:56:00Z"
    assert ages["spend"] == "2026-05-20T14:59:30Z"
    assert ages["credits"] is None  # its blocks came without a stamp
    assert ages["breakdown"] is None  # grouped costs never tell
    assert (document["as_of"], document["updated"]) == ("2026-05-20T14:56:00Z", "Updated 4 minutes ago")
    assert (later["as_of"], later["updated"]) == ("2026-05-20T14:56:00Z", "Updated 4 minutes ago")


async def test_when_nothing_is_known_of_the_age_it_says_so(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        document = await dashboard(client)

    assert (document["as_of"], document["updated"]) == (None, "Age unknown")


@pytest.mark.parametrize("route", ["upcoming_invoice", "credits_ledger", "subscription_costs", "grouped_costs"])
@pytest.mark.parametrize("status", [500, 429, 401])
async def test_one_failing_call_costs_one_card(
    serve: Serve, orb_router: respx.MockRouter, route: str, status: int
) -> None:
    name = {500: "error_500", 429: "error_429", 401: "error_401"}[status]
    code = {500: "orb_error", 429: "orb_rate_limited", 401: "orb_auth"}[status]
    borealis(orb_router, **{route: answer(name, status)})
    async with serve() as client:
        document = await dashboard(client)

    failed = {word: card["code"] for word, card in document["cards"].items() if card["status"] != "ready"}
    word = {"upcoming_invoice": "bill", "credits_ledger": "credits", "subscription_costs": "spend"}
    assert failed == {word.get(route, "breakdown"): code}
    assert not document["complete"]


async def test_when_only_the_blocks_fail_the_balance_stands(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, credit_blocks=answer("error_500", 500))
    async with serve() as client:
        document = await dashboard(client)

    card = document["cards"]["credits"]
    assert (card["status"], card["data"]["units"][0]["blocks"]) == ("ready", None)
    assert not document["complete"]


async def test_a_failing_list_costs_what_needs_it_and_not_the_credits(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router, subscriptions=answer("error_500", 500))
    async with serve() as client:
        document = await dashboard(client)

    statuses = {word: card["status"] for word, card in document["cards"].items()}
    assert statuses == {"bill": "failed", "credits": "ready", "spend": "failed", "breakdown": "failed"}
    assert (document["customer"], document["period"]) == (None, None)


@pytest.mark.parametrize(
    ("route", "name", "status", "word", "code"),
    [
        ("upcoming_invoice", "error_404_resource", 404, "bill", "no_upcoming_invoice"),
        ("upcoming_invoice", "error_400_subscription_ended", 400, "bill", "subscription_ended"),
        ("credits_ledger", "credits_ledger_empty", 200, "credits", "no_credits"),
        ("grouped_costs", "error_404_feature", 404, "breakdown", "not_enabled"),
        ("grouped_costs", "error_400_validation", 400, "breakdown", "not_enabled"),
    ],
)
async def test_what_is_a_true_state_is_no_error(
    serve: Serve, orb_router: respx.MockRouter, route: str, name: str, status: int, word: str, code: str
) -> None:
    borealis(orb_router, **{route: answer(name, status)})
    async with serve() as client:
        document = await dashboard(client)

    card = document["cards"][word]
    assert (card["status"], card["code"], card["data"]) == ("empty", code, {})
    assert card["message"]
    assert document["complete"]


@pytest.mark.parametrize("word", ["customer", "upcoming_invoice", "credits_ledger"])
async def test_a_document_of_another_customers_is_dropped(
    serve: Serve, orb_router: respx.MockRouter, word: str
) -> None:
    other = {"id": "CuSomebodyElse01", "external_customer_id": "somebody-else"}
    invoice = changed("invoices_upcoming", customer=other)
    ledger = changed("credits_ledger")
    ledger["data"][3]["customer"] = other
    listed = changed("subscriptions_list")
    listed["data"][0]["customer"] |= other
    lies = {
        "customer": ("subscriptions", listed),
        "upcoming_invoice": (word, invoice),
        "credits_ledger": (word, ledger),
    }
    route, lie = lies[word]
    borealis(orb_router, **{route: httpx.Response(200, json=lie)})
    async with serve() as client:
        response = await client.get("/api/dashboard")

    codes = {card["code"] for card in response.json()["cards"].values() if card["status"] == "failed"}
    assert codes == {"orb_foreign"}
    assert "somebody-else" not in response.text


async def test_cards_arrive_as_they_land_and_the_slow_one_last(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes, gate = borealis(orb_router), anyio.Event()
    responses: list[httpx.Response] = []

    async def late(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
        await gate.wait()
        return answer("invoices_upcoming")

    async def ask(client: httpx.AsyncClient) -> None:
        responses.append(await client.get("/api/dashboard", headers=NDJSON))

    routes["upcoming_invoice"].mock(side_effect=late)
    async with serve() as client, anyio.create_task_group() as group:
        group.start_soon(ask, client)
        await anyio.wait_all_tasks_blocked()
        gate.set()

    lines = [json.loads(line) for line in responses[0].text.splitlines()]
    words = [line.get("card") for line in lines]
    assert sorted(words[:-1]) == ["bill", "breakdown", "credits", "spend"]
    assert words[-2:] == ["bill", None]
    assert all(set(line) == NINE | {"card"} for line in lines[:-1])
    assert set(lines[-1]) == {"done", "customer", "period", "as_of", "updated", "complete", "refresh"}


async def test_the_event_stream_names_its_events(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get("/api/dashboard", headers={"Accept": "text/event-stream"})

    assert response.headers["content-type"].startswith("text/event-stream")
    events = [line for line in response.text.splitlines() if line.startswith("event: ")]
    assert events == ["event: card"] * 4 + ["event: done"]


async def test_a_hanging_call_costs_one_card_within_the_deadline(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    routes["subscription_costs"].mock(side_effect=hang)
    async with serve() as client:
        with anyio.fail_after(2):  # the patience of these settings
            document = await dashboard(client)

    cards = document["cards"]
    assert {word: card["code"] for word, card in cards.items() if card["status"] == "failed"} == {
        "spend": "orb_timeout"
    }
    assert cards["breakdown"]["data"]["subscriptions"][0]["residual"] is None


async def hang(request: httpx.Request) -> httpx.Response:  # noqa: ARG001
    await anyio.sleep_forever()
    raise AssertionError


async def test_a_renewal_that_fails_leaves_the_last_figures_with_their_age(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router, upcoming_invoice=answer("invoices_upcoming", Orb_Cache_Updated_At=STAMP))
    async with serve() as client:
        await dashboard(client)
        clock.pass_seconds(600)
        routes["upcoming_invoice"].mock(return_value=answer("error_500", 500))
        document = await dashboard(client)

    bill = document["cards"]["bill"]
    assert (bill["status"], bill["stale"], bill["as_of"]) == ("ready", True, "2026-05-20T14:56:00Z")
    assert "last figures" in bill["message"]
    assert document["updated"] == "Updated 14 minutes ago"
    assert not document["complete"]


async def test_one_card_can_be_asked_for_alone(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        card = (await client.get("/api/cards/breakdown")).json()

    assert (set(card), card["status"]) == (NINE, "ready")
    assert not routes["subscription_costs"].called


async def test_a_subset_of_cards_costs_only_its_own_calls(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        document = await dashboard(client, "/api/dashboard?cards=credits,bill")

    assert list(document["cards"]) == ["bill", "credits"]
    assert not routes["subscription_costs"].called
    assert not routes["grouped_costs"].called


async def test_a_section_out_of_scope_is_absent_and_costs_no_call(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve(scope="bill") as client:
        document = await dashboard(client)
        missing = await client.get("/api/cards/credits")

    assert list(document["cards"]) == ["bill"]
    assert missing.status_code == 404
    assert not routes["credits_ledger"].called


async def test_a_viewer_of_one_subscription_sees_and_can_subtract_nothing_else(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    listed = changed("subscriptions_list")
    listed["data"].append(listed["data"][0] | {"id": "SuBorealis000002", "name": "Hidden"})
    routes = borealis(orb_router, subscriptions=httpx.Response(200, json=listed))
    async with serve(subscriptions=[SUBSCRIPTION]) as client:
        response = await client.get("/api/dashboard")
        hidden = await client.get("/api/dashboard?subscription_id=SuBorealis000002")
        unknown = await client.get("/api/dashboard?subscription_id=SuNobodys0000001")

    assert list(response.json()["cards"]) == ["bill", "spend", "breakdown"]
    assert "Hidden" not in response.text
    assert routes["subscription_costs"].called
    assert not routes["credits_ledger"].called
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("?customer_id=somebody-else", "customer_id"),
        ("?external_customer_id=somebody-else", "external_customer_id"),
        ("?view_mode=sideways", "view_mode"),
        ("?limit=0", "limit"),
        ("?limit=5&limit=6", "limit"),
        ("?timeframe_start=2026-05-01", "timeframe_end"),
        ("?timeframe_start=2026-05-02&timeframe_end=2026-05-01", "timeframe_end"),
        ("?cards=bill,secrets", "cards"),
        ("?group_by=password", "group_by"),
    ],
)
async def test_a_bad_parameter_is_named_and_costs_no_call(
    serve: Serve, orb_router: respx.MockRouter, path: str, names: str
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        response = await client.get(f"/api/dashboard{path}")

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert names in response.json()["detail"]
    assert not any(route.called for route in routes.values())


async def test_an_accept_that_cannot_be_met_is_refused(serve: Serve) -> None:
    async with serve() as client:
        response = await client.get("/api/dashboard", headers={"Accept": "application/xml"})

    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


async def test_texts_are_in_the_readers_language_and_amounts_are_not(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        german = (await client.get("/api/dashboard", headers={"Accept-Language": "de-DE,de;q=0.9"})).json()

    due = german["cards"]["bill"]["data"]["subscriptions"][0]["amount_due"]
    assert (due["amount"], due["text"].split()) == ("825.00", ["825,00", "$"])
    assert german["cards"]["spend"]["data"]["days"][0]["label"] == "1. Mai"
