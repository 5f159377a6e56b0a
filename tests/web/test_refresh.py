"""The refresh of the page: one answer that tells of each card as it lands, or the way back to the page."""

import json
from typing import Any

import httpx
import pytest
import respx

from tests.conftest import Clock, Serve
from tests.orb.answers import answer, borealis

LINES = {"Accept": "application/x-ndjson"}


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


async def test_a_script_is_told_of_each_card_and_at_the_end_of_all(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await client.get("/")
        clock.pass_seconds(11)
        before = {name: route.call_count for name, route in routes.items()}
        *cards, end = lines(await client.post("/refresh", headers=LINES))
        document = (await client.get("/api/dashboard")).json()

    assert {each["card"]: each["status"] for each in cards} == {
        "bill": "ready", "credits": "ready", "spend": "ready", "breakdown": "ready",
        "usage": "late", "licenses": "late", "alerts": "late",
    }  # fmt: skip
    assert (end["done"], end["complete"], end["said"]) == (True, True, "The figures are refreshed.")
    assert (end["seconds"], end["wait"]) == (10, "Refreshed. Again in 10 seconds.")
    assert [(note["kind"], note["text"]) for note in end["notes"]] == [
        (note["kind"], note["text"]) for note in document["reconciliation"]
    ]
    assert end["notes"]
    assert routes["upcoming_invoice"].call_count == before["upcoming_invoice"] + 1
    last = routes["upcoming_invoice"].calls.last.request
    assert "orb-cache-control" not in {name.lower() for name in last.headers}


async def test_what_failed_is_told_and_the_card_keeps_what_it_had(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    async with serve() as client:
        before = (await client.get("/cards/bill")).text
        clock.pass_seconds(60)
        borealis(orb_router, upcoming_invoice=httpx.Response(500))
        *_, end = lines(await client.post("/refresh", headers=LINES))
        after = (await client.get("/cards/bill")).text

    assert (end["complete"], end["said"][:39]) == (False, "Some figures could not be refreshed. Th")
    assert "data-stale" in after
    assert "data-stale" not in before
    assert before.partition('class="figure"')[2][:40] == after.partition('class="figure"')[2][:40]


async def test_within_the_cool_down_nobody_is_asked(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    routes = borealis(orb_router, upcoming_invoice=answer("invoices_upcoming"))
    async with serve() as client:
        await client.post("/refresh", headers=LINES)
        asked = routes["upcoming_invoice"].call_count
        clock.pass_seconds(9)
        *_, end = lines(await client.post("/refresh", headers=LINES))

    assert routes["upcoming_invoice"].call_count == asked
    assert (end["seconds"], end["wait"]) == (1, "Refreshed. Again in a second.")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/refresh?surprise=1", 400), ("/refresh?subscription_id=SuNobodys", 404), ("/refresh?cards=bill", 200)],
)
async def test_a_question_that_makes_no_sense_is_refused_before_anything_is_told(
    serve: Serve, orb_router: respx.MockRouter, path: str, status: int
) -> None:
    borealis(orb_router)
    async with serve() as client:
        assert (await client.post(path, headers=LINES)).status_code == status


async def test_who_may_not_refresh_may_not_so_either(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve(scope="bill") as client:
        assert (await client.post("/refresh", headers=LINES)).status_code == 403
    assert not any(route.called for route in routes.values())
