"""What answers say of how they were made: `Server-Timing` and `Cache-Status`."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest
import respx

from app.metrics.caused import Caused, Use
from app.settings import Settings
from app.web.explained import cache_status
from tests.conftest import Clock, Serve
from tests.orb.answers import answer, borealis

# RFC 9211, in the grammar of RFC 8941: a token, then parameters, each at most once.
_TOKEN, _STRING = r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*", r'"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"'
_FORWARDS = ("bypass", "method", "uri-miss", "vary-miss", "miss", "request", "stale", "partial")


def parsed(value: str) -> dict[str, Any]:
    """The parameters of the one member; refuses what the RFC does not allow."""
    name, *rest = re.split(r"; ", value)
    assert name == "Orrery"
    found: dict[str, Any] = {}
    for part in rest:
        matched = re.fullmatch(rf"([a-z][a-z0-9_.*-]*)(?:=(-?[0-9]{{1,15}}|{_TOKEN}|{_STRING}))?", part)
        assert matched, part
        key, text = matched.groups()
        assert key not in found
        found[key] = True if text is None else int(text) if re.fullmatch(r"-?[0-9]+", text) else text
    assert ("hit" in found) != ("fwd" in found)
    assert found.get("fwd", "miss") in _FORWARDS
    assert set(found) <= {"hit", "fwd", "ttl", "stored", "collapsed", "detail"}
    assert all(found[key] is True for key in ("hit", "stored", "collapsed") if key in found)
    assert isinstance(found.get("ttl", 0), int)
    assert {"stored", "collapsed"} & set(found) <= ({"stored", "collapsed"} if "fwd" in found else set())
    return found


def timed(response: httpx.Response) -> dict[str, float]:
    parts = [part.partition(";dur=") for part in response.headers["server-timing"].split(", ")]
    return {name: float(seconds) for name, _, seconds in parts}


def status(response: httpx.Response) -> dict[str, Any]:
    return parsed(response.headers["cache-status"])


async def test_a_first_answer_is_forwarded_and_stored_and_the_next_is_a_hit_for_as_long_as_it_says(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    async with serve() as client:
        first = await client.get("/api/cards/breakdown")
        clock.pass_seconds(100)
        second = await client.get("/api/cards/breakdown")
        clock.pass_seconds(201)
        third = await client.get("/api/cards/breakdown")

    assert status(first) == {"fwd": "miss", "stored": True}
    assert status(second) == {"hit": True, "ttl": 200}
    assert status(third)["fwd"] == "stale"


async def test_one_question_that_is_not_kept_makes_the_whole_document_forwarded(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve() as client:
        await client.get("/api/cards/bill")
        mixed = await client.get("/api/dashboard")
        again = await client.get("/api/dashboard")

    assert status(mixed)["fwd"] == "miss"
    assert status(again)["hit"]


async def test_a_refresh_is_forwarded_because_the_request_asked_for_it(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    async with serve() as client:
        await client.get("/api/dashboard")
        clock.pass_seconds(60)
        refreshed = await client.post("/api/dashboard/refresh")
        cooling = await client.post("/api/dashboard/refresh")

    assert status(refreshed)["fwd"] == "request"
    assert status(refreshed)["stored"]
    assert status(cooling) == {"hit": True, "ttl": 10}


async def test_what_could_not_be_renewed_says_so(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        await client.get("/api/cards/breakdown")
        clock.pass_seconds(400)
        routes["grouped_costs"].mock(return_value=answer("error_500", 500))
        failed = await client.get("/api/cards/breakdown")
        left_alone = await client.get("/api/cards/breakdown")

    assert status(failed) == {"fwd": "stale", "detail": '"not renewed"'}
    assert status(left_alone) == {"hit": True, "ttl": -100, "detail": '"not renewed"'}


async def test_who_waits_for_the_question_of_another_is_collapsed(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    enough, found = anyio.Event(), []

    async def slowly(_: httpx.Request) -> httpx.Response:
        await enough.wait()
        return answer("credits_ledger")

    routes["credits_ledger"].mock(side_effect=slowly)
    async with serve() as client, anyio.create_task_group() as group:

        async def ask() -> None:
            found.append(await client.get("/api/cards/credits"))

        group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        enough.set()

    collapsed = [status(each).get("collapsed", False) for each in found]
    assert sorted(collapsed) == [False, True]


async def test_what_is_never_kept_bypasses_the_cache() -> None:
    assert parsed(cache_status(Caused(calls=1)) or "") == {"fwd": "bypass"}
    assert parsed(cache_status(Caused(calls=1, uses=[Use(ttl=9)])) or "") == {"fwd": "bypass"}
    assert cache_status(Caused()) is None


async def test_refusals_streams_and_files_say_nothing_of_either(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=replace(settings, hosts=("orrery.test",))) as client:
        silent = [
            await client.get("/nowhere"), await client.get("/static/dashboard.css"), await client.get("/livez"),
            await client.get("/api/dashboard", headers={"Accept": "application/x-ndjson"}),
            await client.get("/api/dashboard", headers={"Authorization": "Bearer no"}),
            await client.get("/", headers={"Authorization": "Bearer no"}), await client.get("/metrics"),
        ]  # fmt: skip

    for response in silent:
        assert "server-timing" not in response.headers
        assert "cache-status" not in response.headers


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/cards/bill", {"bill", "total"}),
        ("/api/dashboard?cards=bill,spend", {"bill", "spend", "total"}),
        ("/api/invoices/upcoming/SuBorealis000001", {"total"}),
        ("/cards/bill", {"bill", "total"}),
        ("/", {"head"}),
    ],
)
async def test_the_time_of_each_card_and_of_the_whole_is_told(
    serve: Serve, orb_router: respx.MockRouter, path: str, names: set[str]
) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get(path)

    assert response.status_code == 200
    found = timed(response)
    assert set(found) == names
    assert all(0 <= seconds <= found.get("total", found.get("head", 0)) for seconds in found.values())


async def test_pages_of_allowed_origins_may_read_both(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=replace(settings, cors_origins=("https://app.example.com",))) as client:
        response = await client.get("/api/cards/bill", headers={"Origin": "https://app.example.com"})

    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"Server-Timing", "Cache-Status", "X-Request-Id"} <= set(exposed)


@pytest.mark.parametrize(
    ("uses", "said"),
    [
        ([Use(ttl=9), Use(ttl=4)], "Orrery; hit; ttl=4"),
        ([Use("stale", stored=True), Use("miss", stored=True)], "Orrery; fwd=miss; stored"),
        ([Use("request", stored=True), Use("miss")], "Orrery; fwd=miss"),
        ([Use("request", stored=True), Use("stale", stored=True)], "Orrery; fwd=request; stored"),
        ([Use("stale", joined=True), Use("stale", stored=True)], "Orrery; fwd=stale"),
        ([Use("miss", joined=True, stored=True)], "Orrery; fwd=miss; stored; collapsed"),
        ([Use("miss", stored=True), Use(ttl=3), Use(ttl=3)], 'Orrery; fwd=miss; stored; detail="2 of 3 kept"'),
        ([Use("stale", stale=True), Use(ttl=3)], 'Orrery; fwd=stale; detail="not renewed"'),
        ([Use(ttl=-5, stale=True), Use(ttl=3)], 'Orrery; hit; ttl=-5; detail="not renewed"'),
    ],
)
def test_the_weakest_truth_stands_for_all(uses: list[Use], said: str) -> None:
    assert cache_status(Caused(uses=uses)) == said
    parsed(said)


@pytest.mark.parametrize(
    "wrong",
    [
        "Orrery", "Orrery; hit; fwd=miss", "Orrery; fwd=never", "Orrery; hit; ttl=1.5", "Orrery; hit; stored",
        "Orrery;hit", "Orrery; hit; hit", 'Orrery; hit; detail="a', "Orrery; hit; detail=a b", "Other; hit",
    ],
)  # fmt: skip
def test_the_strict_reader_is_strict(wrong: str) -> None:
    check: Callable[[str], Any] = parsed
    with pytest.raises(AssertionError):
        check(wrong)
