"""The document for programs, through the front door, with Orb's examples behind it."""

import json
import re
from dataclasses import replace
from itertools import count
from typing import Any

import anyio
import httpx
import pytest
import respx

from app.dashboard import WORDS
from app.settings import Settings
from tests.conftest import Clock, Serve
from tests.orb.answers import SUBSCRIPTION, answer, borealis, changed

NINE = {"status", "title", "basis", "as_of", "stale", "message", "code", "retryable", "data"}
EARLY = ("bill", "credits", "spend", "breakdown")
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


def first_paint(document: Any) -> dict[str, Any]:
    """The cards that are asked for at first; others may come after it."""
    return {word: card for word, card in document["cards"].items() if word in EARLY}


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
    assert list(document["cards"])[:4] == list(EARLY)
    assert {word: card["status"] for word, card in document["cards"].items()} == {
        word: "ready" if word in EARLY else "late" for word in document["cards"]
    }
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
    # A 429 pauses all calls of its class, here for a second: those that wait for it come in time.
    borealis(orb_router, **{route: answer(name, status, Retry_After="1")})
    async with serve() as client:
        document = await dashboard(client)

    failed = {word: card["code"] for word, card in first_paint(document).items() if card["status"] != "ready"}
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

    statuses = {word: card["status"] for word, card in first_paint(document).items()}
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
    assert sorted(words[:-1]) == sorted(WORDS)
    assert words[-2:] == ["bill", None]
    assert all(set(line) == NINE | {"card"} for line in lines[:-1])
    assert set(lines[-1]) == {"done", "customer", "period", "as_of", "updated", "complete", "refresh", "reconciliation"}


async def test_the_event_stream_names_its_events(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get("/api/dashboard", headers={"Accept": "text/event-stream"})

    assert response.headers["content-type"].startswith("text/event-stream")
    *cards, done = [read_event(event) for event in response.text.removesuffix("\n\n").split("\n\n")]
    assert [name for name, _ in cards] == ["card"] * len(WORDS)
    assert sorted(card.pop("card") for _, card in cards) == sorted(WORDS)
    assert all((set(card), card["status"]) in ((NINE, "ready"), (NINE, "late")) for _, card in cards)
    assert (done[0], done[1]["done"], done[1]["complete"]) == ("done", True, True)


def read_event(event: str) -> tuple[str, Any]:
    name, data = event.splitlines()
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


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
    assert "the last that is known" in bill["message"]
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

    assert list(first_paint(response.json())) == ["bill", "spend", "breakdown"]
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


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/dashboard", "application/xml"),
        ("/api/cards/bill", "application/xml"),
        ("/api/cards/bill", "text/event-stream"),
    ],
)
async def test_an_accept_that_cannot_be_met_is_refused_and_costs_no_call(
    serve: Serve, orb_router: respx.MockRouter, path: str, accept: str
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        response = await client.get(path, headers={"Accept": accept})

    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
    assert not routes["subscriptions"].called


@pytest.mark.parametrize("path", ["/api/dashboard", "/api/cards/bill"])
async def test_an_accept_without_a_wish_gets_json(serve: Serve, orb_router: respx.MockRouter, path: str) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get(path, headers={"Accept": ""})

    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")


async def test_texts_are_in_the_readers_language_and_amounts_are_not(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        german = (await client.get("/api/dashboard", headers={"Accept-Language": "de-DE,de;q=0.9"})).json()

    due = german["cards"]["bill"]["data"]["subscriptions"][0]["amount_due"]
    assert (due["amount"], due["text"].split()) == ("825.00", ["825,00", "$"])
    assert german["cards"]["spend"]["data"]["days"][0]["label"] == "1. Mai"


async def test_a_state_that_could_not_be_renewed_says_so(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    nothing: dict[str, Any] = {"data": []}
    routes = borealis(
        orb_router,
        credits_ledger=answer("credits_ledger_empty"),
        subscription_costs=httpx.Response(200, json=nothing),
        grouped_costs=httpx.Response(200, json=nothing | {"has_more": False}),
    )
    async with serve() as client:
        before = await dashboard(client)
        clock.pass_seconds(600)
        for name in ("credits_ledger", "subscription_costs", "grouped_costs"):
            routes[name].mock(return_value=answer("error_500", 500))
        after = await dashboard(client)

    for word, code in (("credits", "no_credits"), ("spend", "no_usage"), ("breakdown", "no_usage")):
        assert (before["cards"][word]["code"], before["cards"][word]["stale"]) == (code, False)
        assert (after["cards"][word]["code"], after["cards"][word]["stale"]) == (code, True)
        assert "the last that is known" in after["cards"][word]["message"]
    assert (before["complete"], after["complete"]) == (True, False)


JUNE = {
    "current_billing_period_start_date": "2026-06-01T07:00:00+00:00",
    "current_billing_period_end_date": "2026-07-01T07:00:00+00:00",
}


def in_june() -> httpx.Response:
    listed = changed("subscriptions_list")
    listed["data"][0] |= JUNE
    return httpx.Response(200, json=listed)


async def test_a_period_that_is_over_is_not_shown_as_this_one(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    clock.now = clock.now.replace(month=6, day=1, hour=6, minute=58)
    async with serve() as client:
        await dashboard(client)
        clock.pass_seconds(180)  # past the local midnight at which May ended
        routes["subscriptions"].mock(return_value=in_june())
        document = await dashboard(client)

    assert document["period"] == {
        "start": "2026-06-01T07:00:00Z", "end": "2026-07-01T07:00:00Z", "day": 1, "days": 30,
    }  # fmt: skip
    assert b"timeframe_start=2026-06-01" in routes["subscription_costs"].calls.last.request.url.query


@pytest.mark.parametrize(
    ("instead", "status"), [(answer("error_500", 500), "failed"), (answer("error_404_resource", 404), "empty")]
)
async def test_the_bill_of_a_period_that_is_over_is_never_this_ones(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock, instead: httpx.Response, status: str
) -> None:
    routes = borealis(orb_router)
    clock.now = clock.now.replace(month=6, day=1, hour=6, minute=58)
    async with serve() as client:
        before = await dashboard(client)
        clock.pass_seconds(180)
        routes["subscriptions"].mock(return_value=in_june())
        routes["upcoming_invoice"].mock(return_value=instead)
        after = await dashboard(client)

    assert (before["cards"]["bill"]["status"], after["cards"]["bill"]["status"]) == ("ready", status)


async def test_a_refresh_within_the_cool_down_asks_for_the_list_of_a_period_that_is_over(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    clock.now = clock.now.replace(month=6, day=1, hour=6, minute=59, second=57)
    async with serve() as client:
        await dashboard(client)
        clock.pass_seconds(6)
        routes["subscriptions"].mock(return_value=in_june())
        document = (await client.post("/api/dashboard/refresh")).json()

    assert document["period"]["start"] == "2026-06-01T07:00:00Z"


async def test_a_list_that_could_not_be_renewed_makes_its_cards_stale(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await dashboard(client)
        clock.pass_seconds(901)
        routes["subscriptions"].mock(return_value=answer("error_500", 500))
        document = await dashboard(client)

    stale = {word: card["stale"] for word, card in first_paint(document).items()}
    assert stale == {"bill": True, "credits": False, "spend": True, "breakdown": True}
    assert not document["complete"]


@pytest.mark.parametrize(
    "path",
    ["/api/dashboard", f"/api/dashboard?subscription_id={SUBSCRIPTION}", "/", "/api/dashboard?cards=credits"],
)
async def test_a_list_that_fails_is_asked_for_once(serve: Serve, orb_router: respx.MockRouter, path: str) -> None:
    routes = borealis(orb_router, subscriptions=answer("error_401", 401))
    async with serve() as client:
        await client.get(path)

    assert routes["subscriptions"].call_count == 1


async def test_a_list_that_goes_round_in_circles_ends(serve: Serve, orb_router: respx.MockRouter) -> None:
    page = changed("subscriptions_list", pagination_metadata={"has_more": True, "next_cursor": "again"})
    routes = borealis(orb_router, subscriptions=httpx.Response(200, json=page))
    async with serve() as client:
        await dashboard(client)

    assert routes["subscriptions"].call_count == 2


async def test_a_list_without_end_is_read_for_five_pages(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    pages = (
        changed("subscriptions_list", pagination_metadata={"has_more": True, "next_cursor": f"page-{n}"})
        for n in count()
    )
    routes["subscriptions"].mock(side_effect=lambda request: httpx.Response(200, json=next(pages)))  # noqa: ARG005
    async with serve() as client:
        await dashboard(client)

    assert routes["subscriptions"].call_count == 5


async def test_the_time_that_each_card_took_is_told(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get("/api/dashboard?cards=breakdown,bill")

    timing = response.headers["server-timing"]
    assert re.fullmatch(r"(bill|breakdown);dur=[0-9.]+, (bill|breakdown);dur=[0-9.]+, total;dur=[0-9.]+", timing)


async def test_having_no_subscription_is_believed_for_half_a_minute(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    none = changed("subscriptions_list", data=[])
    routes = borealis(orb_router, subscriptions=httpx.Response(200, json=none))
    orb_router.get("/customers/external_customer_id/borealis").mock(return_value=answer("customer"))
    async with serve() as client:
        before = await dashboard(client)
        clock.pass_seconds(31)
        routes["subscriptions"].mock(return_value=answer("subscriptions_list"))
        after = await dashboard(client)

    assert before["cards"]["bill"]["code"] == "no_subscription"
    assert after["cards"]["bill"]["status"] == "ready"


async def test_a_customer_whom_orb_does_not_know_has_no_subscription_and_no_credits(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    missing, none = answer("error_404_resource", 404), changed("subscriptions_list", data=[])
    listed = httpx.Response(200, json=none)
    borealis(orb_router, subscriptions=listed, credits_ledger=missing, credit_blocks=missing)
    orb_router.get("/customers/external_customer_id/borealis").mock(return_value=missing)
    async with serve() as client:
        document = await dashboard(client)
        html = (await client.get("/")).text

    codes = [card["code"] for card in first_paint(document).values()]
    assert codes == ["no_subscription", "no_credits", "no_subscription", "no_subscription"]
    assert (document["customer"], document["complete"]) == (None, True)
    assert "There is no subscription on this account yet" in html


async def test_a_stamp_that_is_still_to_come_is_now(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    ahead = answer("invoices_upcoming", Orb_Cache_Updated_At="2026-05-20T15:10:00+00:00")
    routes = borealis(orb_router, upcoming_invoice=ahead)
    async with serve() as client:
        document = await dashboard(client)
        clock.pass_seconds(480)
        routes["upcoming_invoice"].mock(return_value=answer("invoices_upcoming"))
        await client.post("/api/dashboard/refresh")

    assert document["cards"]["bill"]["as_of"] == "2026-05-20T15:00:00Z"
    assert document["updated"] == "Updated just now"
    assert routes["upcoming_invoice"].call_count == 2


async def test_days_too_long_ago_to_be_grouped_are_refused_by_name_and_still_shown_by_day(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    routes = borealis(orb_router)
    window = "timeframe_start=2025-11-01&timeframe_end=2025-12-01"
    async with serve() as client:
        refused = await client.get(f"/api/dashboard?{window}")
        shown = await dashboard(client, f"/api/dashboard?{window}&cards=spend")

    assert (refused.status_code, "timeframe_end" in refused.json()["detail"]) == (400, True)
    assert shown["cards"]["spend"]["status"] == "ready"
    assert not routes["grouped_costs"].called


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        (None, "/api/cards/spend"),
        (None, "/cards/spend"),
        ("bill spend refresh", "/api/dashboard"),
        ("bill spend refresh", "/"),
        ("bill spend refresh", "/api/cards/spend"),
    ],
)
async def test_days_too_long_ago_to_be_grouped_are_refused_only_where_groups_are_asked_for(
    serve: Serve, orb_router: respx.MockRouter, scope: str | None, path: str
) -> None:
    routes = borealis(orb_router)
    async with serve(scope=scope) as client:
        response = await client.get(f"{path}?timeframe_start=2025-11-01&timeframe_end=2025-12-01")

    assert response.status_code == 200, response.text
    assert routes["subscription_costs"].called


async def test_the_breakdown_alone_is_refused_days_that_are_too_long_ago(serve: Serve) -> None:
    async with serve() as client:
        response = await client.get("/api/cards/breakdown?timeframe_start=2025-11-01&timeframe_end=2025-12-01")

    assert (response.status_code, "timeframe_end" in response.json()["detail"]) == (400, True)


async def test_a_currency_that_nothing_is_in_is_said_to_be_so(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, subscription_costs=httpx.Response(200, json={"data": []}))
    async with serve() as client:
        cards = (await dashboard(client, "/api/dashboard?currency=EUR"))["cards"]

    assert cards["spend"]["message"] == cards["breakdown"]["message"] == "There is nothing in this currency."
    assert cards["credits"]["status"] == "ready"


async def test_small_quantities_have_no_exponent(serve: Serve, orb_router: respx.MockRouter) -> None:
    invoice = changed("invoices_upcoming")
    invoice["line_items"][0]["quantity"] = 0.0000005
    borealis(orb_router, upcoming_invoice=httpx.Response(200, json=invoice))
    async with serve() as client:
        bill = (await dashboard(client))["cards"]["bill"]["data"]["subscriptions"][0]

    assert bill["lines"][0]["quantity"] == "0.0000005"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/x-ndjson;q=0, application/json", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/json;q=0", "application/problem+json"),
        ("application/json;q=nonsense", "application/problem+json"),
    ],
)
async def test_the_answer_is_in_the_form_that_is_liked_best(
    serve: Serve, orb_router: respx.MockRouter, accept: str, media_type: str
) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get("/api/dashboard", headers={"Accept": accept})

    assert response.headers["content-type"].partition(";")[0] == media_type


async def test_pages_of_allowed_origins_may_use_it_and_others_may_not(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    allowed = replace(settings, cors_origins=("https://app.example.com",))
    async with serve(settings=allowed) as client:
        ours = await client.get("/api/dashboard", headers={"Origin": "https://app.example.com"})
        theirs = await client.get("/api/dashboard", headers={"Origin": "https://app.example.com.evil.test"})

    assert ours.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "Origin" in ours.headers["vary"]
    assert "access-control-allow-origin" not in theirs.headers
