"""How answers were had is counted; what is kept can be read."""

from dataclasses import replace

import anyio
import httpx
import respx

from app.settings import Settings
from tests.conftest import Clock, Serve
from tests.figures import Figures, Meanwhile, read
from tests.orb.answers import SUBSCRIPTION, answer, borealis, example

HOW = "orrery_cache_answers_total"


def had(rise: Figures) -> dict[str, float]:
    return {how: rise.of(HOW, how=how) for how in ("asked", "joined", "hit", "let_alone") if rise.of(HOW, how=how)}


async def test_a_first_answer_is_asked_for_and_the_next_is_a_hit(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        with Meanwhile() as cold:
            await client.get("/api/cards/credits")
        with Meanwhile() as warm:
            await client.get("/api/cards/credits")

    assert cold.of(HOW, how="asked") == 3  # the list, the ledger, the blocks
    assert had(warm) == {"hit": sum(had(cold).values())}
    assert cold.of("orrery_cache_stale_total") == warm.of("orrery_cache_stale_total") == 0


async def test_those_who_wait_for_the_same_question_have_joined(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    enough = anyio.Event()

    async def slowly(_: httpx.Request) -> httpx.Response:
        await enough.wait()
        return answer("grouped_costs_response")

    async with serve() as client, anyio.create_task_group() as group:
        await client.get("/api/cards/spend")
        routes["grouped_costs"].mock(side_effect=slowly)
        with Meanwhile() as rise:
            async with anyio.create_task_group() as asking:
                for _ in range(20):
                    asking.start_soon(client.get, "/api/cards/breakdown")
                await anyio.wait_all_tasks_blocked()
                enough.set()
        group.cancel_scope.cancel()

    assert routes["grouped_costs"].call_count == 1
    assert (rise.of(HOW, how="asked"), rise.of(HOW, how="joined")) == (1, 19)


async def test_what_cannot_be_renewed_is_served_stale_and_then_let_alone(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await client.get("/api/cards/breakdown")
        clock.pass_seconds(400)
        routes["grouped_costs"].mock(return_value=answer("error_500", 500))
        with Meanwhile() as failed:
            await client.get("/api/cards/breakdown")
        with Meanwhile() as later:
            await client.get("/api/cards/breakdown")

    stale, renewals = "orrery_cache_stale_total", "orrery_cache_failed_renewals_total"
    assert (failed.of(HOW, how="asked"), failed.of(stale), failed.of(renewals)) == (1, 1, 1)
    assert (later.of(HOW, how="let_alone"), later.of(stale), later.of(renewals)) == (1, 1, 0)


async def test_a_first_question_that_fails_is_no_failed_renewal(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, grouped_costs=answer("error_500", 500))
    async with serve() as client:
        with Meanwhile() as rise:
            await client.get("/api/cards/breakdown")

    assert rise.of("orrery_cache_failed_renewals_total") == rise.of("orrery_cache_stale_total") == 0


async def test_what_is_kept_can_be_read(serve: Serve, orb_router: respx.MockRouter, settings: Settings) -> None:
    borealis(orb_router)
    path = f"/subscriptions/{SUBSCRIPTION}/costs"
    padded = example("subscription_costs_periodic").rstrip() + b" " * 200_000
    large = httpx.Response(200, content=padded, headers={"Content-Type": "application/json"})
    orb_router.get(path).mock(return_value=large)
    async with serve(settings=replace(settings, cache_bytes=1024 * 1024, patience=30)) as client:
        empty = read((await client.get("/metrics")).text)
        await client.get("/api/cards/spend")
        one = read((await client.get("/metrics")).text)
        with Meanwhile() as rise:
            for day in range(10, 20):
                await client.get(f"/api/cards/spend?timeframe_start=2026-05-{day}&timeframe_end=2026-05-20")
        two = read((await client.get("/metrics")).text)

    entries, weight = "orrery_cache_entries", "orrery_cache_bytes"
    assert (empty.of(entries), empty.of(weight)) == (0, 0)
    assert one.of(entries) >= 2
    assert 200_000 < one.of(weight) < 300_000
    assert rise.of("orrery_cache_evictions_total") == 0
    assert (two.of(entries), two.of(weight) < 1024 * 1024) == (one.of(entries) + 10, True)  # folded
