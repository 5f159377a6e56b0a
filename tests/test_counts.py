"""What happens is counted, once, where it happens: seen through the front door."""

from dataclasses import replace

import anyio
import httpx
import pytest
import respx

from app.metrics.gauges import Gauges
from app.settings import Settings
from tests.conftest import Clock, Serve
from tests.figures import Meanwhile, read
from tests.orb.answers import answer, borealis, changed, example


async def test_a_request_is_counted_by_its_pattern_with_its_status_and_how_long_it_took(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/cards/bill")
            await client.get("/api/cards/spend")
            await client.get("/api/cards/nothing")
            await client.get("/api/cards/bill", headers={"Host": "elsewhere.test"})

    card = "/api/cards/{card}"
    assert rise.of("orrery_requests_total", route=card, method="GET", status="2xx") == 2
    assert rise.of("orrery_requests_total", route=card, method="GET", status="4xx") == 1
    assert rise.of("orrery_requests_total", route="other", status="4xx") == 1
    assert rise.of("orrery_requests_total") == 4
    assert rise.of("orrery_request_seconds_count", route=card) == 3


async def test_a_card_is_counted_by_how_it_came_back(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    routes = borealis(orb_router, credits_ledger=answer("error_500", 500), credit_blocks=answer("error_500", 500))
    async with serve() as client:
        with Meanwhile() as cold:
            await client.get("/api/dashboard")
        clock.pass_seconds(400)
        routes["upcoming_invoice"].mock(return_value=answer("error_500", 500))
        with Meanwhile() as renewed:
            await client.get("/api/cards/bill")

    name = "orrery_cards_total"
    assert cold.of(name, card="bill", outcome="ready", code="") == 1
    assert cold.of(name, card="credits", outcome="failed", code="orb_error") == 1
    assert cold.of(name, card="usage", outcome="late") == 1
    assert cold.of(name) == cold.of("orrery_card_seconds_count") == 7
    assert renewed.of(name, card="bill", outcome="stale") == renewed.of(name) == 1


async def test_a_state_without_figures_and_a_card_that_lacks_a_part_are_told_apart(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    missing = answer("error_404_resource", 404)
    borealis(orb_router, upcoming_invoice=missing, credit_blocks=answer("error_500", 500))
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/dashboard?cards=bill,credits")

    assert rise.of("orrery_cards_total", card="bill", outcome="empty", code="") == 1
    assert rise.of("orrery_cards_total", card="credits", outcome="partial", code="") == 1


async def test_the_age_of_what_is_served_is_counted(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    stamped = answer("invoices_upcoming", orb_cache_updated_at=clock().isoformat().replace("+00:00", "Z"))
    borealis(orb_router, upcoming_invoice=stamped)
    async with serve() as client:
        await client.get("/api/cards/bill")
        clock.pass_seconds(100)
        with Meanwhile() as rise:
            await client.get("/api/cards/bill")

    ages = [rise.of("orrery_age_seconds_bucket", le=f"{edge}.0") for edge in (10, 60, 300, 900, 3600, 86400)]
    assert ages == [0, 0, 1, 1, 1, 1]
    assert rise.of("orrery_age_seconds_sum") == 100


async def test_an_age_that_is_not_known_is_not_counted(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/cards/breakdown")

    assert rise.of("orrery_age_seconds_count") == 0


async def test_each_attempt_is_a_call_and_each_question_without_an_answer_one_failure(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router, subscription_costs=answer("error_500", 500))
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/cards/spend")

    calls = "orrery_orb_calls_total"
    assert rise.of(calls, call="subscriptions", rate="read", outcome="2xx") == 1
    assert rise.of(calls, call="subscription_costs", rate="analytics", outcome="5xx") == 2
    assert rise.of(calls) == rise.of("orrery_orb_call_seconds_count") == 3
    assert rise.of("orrery_orb_retries_total", rate="analytics") == rise.of("orrery_orb_retries_total") == 1
    assert rise.of("orrery_orb_failures_total", rate="analytics", code="orb_error") == 1
    assert rise.of("orrery_orb_failures_total") == 1


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        (answer("error_401", 401), "4xx", "orb_auth"),
        (answer("error_429", 429), "4xx", "orb_rate_limited"),
        (httpx.ConnectError("no"), "ConnectError", "orb_unreachable"),
        (httpx.UnsupportedProtocol("x"), "other", "orb_unreachable"),
        (httpx.Response(200, text="{", headers={"Content-Type": "application/json"}), "2xx", "orb_malformed"),
    ],
)
async def test_a_failure_is_counted_by_its_code(
    serve: Serve, orb_router: respx.MockRouter, found: httpx.Response | Exception, outcome: str, code: str
) -> None:
    routes = borealis(orb_router)
    routes["grouped_costs"].mock(side_effect=lambda _: _raised(found))
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/cards/breakdown")

    assert rise.of("orrery_orb_calls_total", call="grouped_costs", rate="write", outcome=outcome) == 1
    assert rise.of("orrery_orb_failures_total", rate="write", code=code) == rise.of("orrery_orb_failures_total") == 1


def _raised(found: httpx.Response | Exception) -> httpx.Response:
    if isinstance(found, Exception):
        raise found
    return found


async def test_a_state_that_orb_refuses_with_is_no_failure(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_404_resource", 404))
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/cards/bill")

    assert rise.of("orrery_orb_calls_total", call="upcoming_invoice", outcome="4xx") == 1
    assert rise.of("orrery_orb_failures_total") == 0


async def test_a_call_without_a_turn_is_shed_and_who_waits_is_seen(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    seen = anyio.Event()  # while a call is under way, its place is taken for longer than anybody has patience
    costs = answer("subscription_costs_periodic")

    async def once_seen(_request: httpx.Request) -> httpx.Response:
        await seen.wait()
        return costs

    borealis(orb_router)["subscription_costs"].mock(side_effect=once_seen)
    poor = replace(settings, orb_rate_plan="trial", patience=1)
    async with serve(settings=poor) as client, anyio.create_task_group() as group:
        before = read((await client.get("/metrics")).text)
        with Meanwhile() as rise:
            async with anyio.create_task_group() as asking:
                for kind in ("periodic", "cumulative"):
                    asking.start_soon(client.get, f"/api/cards/spend?view_mode={kind}")
                await anyio.wait_all_tasks_blocked()
                during = read((await client.get("/metrics")).text)
                seen.set()
        group.cancel_scope.cancel()

    assert before.of("orrery_budget_allowed", rate="analytics") == 1
    assert before.of("orrery_budget_waiting") == 0
    assert during.of("orrery_budget_waiting", rate="analytics") == 1
    assert rise.of("orrery_orb_failures_total", rate="analytics", code="busy") == 1


async def test_a_pause_that_orb_wants_and_an_open_breaker_are_seen(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router, upcoming_invoice=answer("error_429", 429), grouped_costs=answer("error_500", 500))
    async with serve() as client:
        await client.get("/api/cards/bill")
        for _ in range(20):
            await client.get("/api/cards/breakdown")
        found = read((await client.get("/metrics")).text)

    assert routes["grouped_costs"].call_count == 20
    assert [found.of("orrery_budget_allowed", rate=rate) for rate in ("read", "ledger")] == [0, 10]
    assert [found.of("orrery_breaker_open", rate=rate) for rate in ("write", "analytics")] == [1, 0]


async def test_a_document_of_somebody_else_is_counted_and_told(
    serve: Serve, orb_router: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    strange = example("subscriptions_list").replace(b'"borealis"', b'"somebody-else"')
    theirs = httpx.Response(200, content=strange, headers={"Content-Type": "application/json"})
    borealis(orb_router, subscriptions=theirs)
    async with serve() as client:
        with Meanwhile() as rise:
            response = await client.get("/api/cards/bill")

    assert response.json()["code"] == "orb_foreign"
    assert rise.of("orrery_orb_foreign_total") == 1
    assert [each.message for each in caplog.records if each.levelname == "ERROR"] == ["orb_foreign"]


async def test_an_invoice_that_a_viewer_guesses_is_no_fault_of_orbs(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    invoice = changed("invoices_upcoming", customer={"id": "other", "external_customer_id": "other"})
    orb_router.get("/invoices/guessed").mock(return_value=httpx.Response(200, json=invoice))
    async with serve() as client:
        with Meanwhile() as rise:
            response = await client.get("/api/invoices/guessed")

    assert response.status_code == 404
    assert rise.of("orrery_orb_foreign_total") == 0


async def test_a_mistake_of_ours_is_counted(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.web.desk.chosen", broken)
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/dashboard")

    assert rise.of("orrery_bugs_total") == 1
    assert rise.of("orrery_requests_total", route="/api/dashboard", status="5xx") == 1


def test_a_gauge_without_an_owner_is_not_there_rather_than_zero() -> None:
    assert "orrery_budget" not in Gauges().written().decode()
