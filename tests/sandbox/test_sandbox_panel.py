"""The control panel: the cast, the journal, the clock, and faults."""

import json
import re
import time
from typing import Any

import anyio
import httpx
import pytest

from app.sandbox.world.cast import CAST

from .sandbox_client import Orb, at


async def fault(orb: Orb, **order: Any) -> Any:
    answer = await orb.http.post("/_sandbox/faults", json=order)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def hits(orb: Orb) -> list[int]:
    listed = (await orb.http.get("/_sandbox/faults")).json()["data"]
    return [one["hits"] for one in listed]


async def journal(orb: Orb) -> list[Any]:
    entries: list[Any] = (await orb.http.get("/_sandbox/requests")).json()["data"]
    return entries


async def test_the_cast_is_introduced_in_one_sentence_each(orb: Orb) -> None:
    people = (await orb.http.get("/_sandbox/customers")).json()["data"]
    assert [p["external_customer_id"] for p in people] == [role.external_id for role in CAST]
    assert [p["external_customer_id"] for p in people][:10] == [
        "northwind",
        "halcyon",
        "lumen",
        "quiet",
        "sunset",
        "fresh",
        "meridian",
        "nobody",
        "yamato",
        "atelier",
    ]
    for person in people:
        assert person.keys() == {"id", "external_customer_id", "name", "about", "events"}
        assert re.fullmatch(r"[^.]+\.", person["about"])
        shown = await orb.read(f"/customers/{person['id']}")
        assert shown["name"] == person["name"]


async def test_the_cast_says_what_its_usage_events_are_made_of(orb: Orb) -> None:
    people = (await orb.http.get("/_sandbox/customers")).json()["data"]
    events = {p["external_customer_id"]: p["events"] for p in people}
    assert {"event_name": "gpu_inference", "properties": ["tokens", "workspace_id", "region"]} in events["northwind"]
    assert events["nobody"] == []


async def test_the_panel_needs_no_key(orb: Orb) -> None:
    del orb.http.headers["authorization"]
    assert (await orb.http.get("/_sandbox/customers")).status_code == 200


async def test_the_journal_has_every_request_as_it_came(orb: Orb) -> None:
    await orb.http.get("/v1/subscriptions?external_customer_id%5B%5D=quiet&limit=1")
    await orb.http.post("/v1/subscriptions/x/grouped_costs", json={"grouping_keys": ["ä"]})
    await orb.http.get("/v1/nothing", headers={"Authorization": ""})
    await orb.http.get("/_sandbox/customers")
    entries = await journal(orb)
    assert [(e["n"], e["method"], e["path"], e["status"]) for e in entries] == [
        (1, "GET", "/v1/subscriptions?external_customer_id%5B%5D=quiet&limit=1", 200),
        (2, "POST", "/v1/subscriptions/x/grouped_costs", 404),
        (3, "GET", "/v1/nothing", 401),
    ]
    assert [e["body"] is None for e in entries] == [True, False, True]
    assert json.loads(entries[1]["body"]) == {"grouping_keys": ["ä"]}
    assert all(e["started"] <= e["ended"] for e in entries)


async def test_the_journal_shows_four_letters_of_the_key_at_most(orb: Orb) -> None:
    await orb.get("/ping")
    await orb.http.get("/v1/ping", headers={"Authorization": "Bearer abc"})
    shown = [e["headers"]["authorization"] for e in await journal(orb)]
    assert shown == ["****1234", "****"]


async def test_the_journal_tells_route_class_and_answer(orb: Orb) -> None:
    await orb.cached("/customers/external_customer_id/lumen/credits")
    await orb.groups("x")
    await orb.get("/nothing")
    blocks, groups, nothing = await journal(orb)
    assert (blocks["route"], blocks["class"]) == ("credit_blocks", "ledger")
    assert (groups["route"], groups["class"]) == ("grouped_costs", "write")
    assert (nothing["route"], nothing["class"]) == (None, None)
    assert blocks["response_headers"].keys() == {"content-type", "content-length", "orb-cache-updated-at"}


async def test_the_journal_can_be_read_from_a_number_on_and_for_one_route(orb: Orb) -> None:
    async def numbers(**query: Any) -> list[int]:
        shown = await orb.http.get("/_sandbox/requests", params=query)
        return [entry["n"] for entry in shown.json()["data"]]

    for path in ("/ping", "/subscriptions", "/ping", "/nothing", "/ping"):
        await orb.get(path)
    assert await numbers(since=2) == [3, 4, 5]
    assert await numbers(route="ping") == [1, 3, 5]
    assert await numbers(route="ping", since=3) == [5]
    assert await numbers(since=5) == []


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=", "route=nothing", "until=3", "since=1&since=2"])
async def test_an_odd_question_to_the_journal_is_refused(orb: Orb, query: str) -> None:
    assert (await orb.http.get(f"/_sandbox/requests?{query}")).status_code == 400


async def test_the_journal_can_be_emptied(orb: Orb) -> None:
    await orb.get("/ping")
    assert (await orb.http.delete("/_sandbox/requests")).json() == {"data": []}
    assert await journal(orb) == []


async def test_the_journal_tells_which_requests_were_in_flight_together(orb: Orb) -> None:
    await fault(orb, route="subscriptions", kind="hang", seconds=60)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(orb.get, "/subscriptions")
        while await hits(orb) != [1]:  # the panel says when it has arrived
            await anyio.lowlevel.checkpoint()
        await orb.get("/ping")
        hanging, ping = await journal(orb)
        assert hanging["ended"] is None
        assert hanging["started"] <= ping["started"] <= ping["ended"]
        tasks.cancel_scope.cancel()
    assert (await journal(orb))[0]["ended"] is not None


async def test_a_request_without_an_answer_has_a_route_already(orb: Orb) -> None:
    await fault(orb, route="*", kind="hang", seconds=60)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(orb.get, "/subscriptions")
        while await hits(orb) != [1]:
            await anyio.lowlevel.checkpoint()
        (entry,) = await journal(orb)
        assert (entry["route"], entry["status"], entry["response_headers"]) == ("subscriptions", None, None)
        tasks.cancel_scope.cancel()


async def test_a_status_fault_strikes_as_often_as_ordered(orb: Orb) -> None:
    stored = await fault(orb, route="customer_costs", kind="status", status=500, times=2)
    assert stored["times"] == 2
    path = "/customers/external_customer_id/northwind/costs"
    assert [(await orb.get(path)).status_code for _ in range(4)] == [500, 500, 200, 200]
    assert await hits(orb) == [2]


async def test_a_fault_for_ever_lasts_until_faults_are_cleared(orb: Orb) -> None:
    await fault(orb, route="customer", kind="status", status=503, times=-1)
    path = "/customers/external_customer_id/northwind"
    assert [(await orb.get(path)).status_code for _ in range(5)] == [503] * 5
    assert (await orb.http.delete("/_sandbox/faults")).json() == {"data": []}
    assert (await orb.get(path)).status_code == 200


async def test_a_fault_may_aim_at_one_subscription(orb: Orb) -> None:
    one, other, _ = await orb.subscriptions("halcyon")
    await fault(orb, route="upcoming_invoice", kind="status", match=one["id"], times=-1)
    assert (await orb.get("/invoices/upcoming", subscription_id=one["id"])).status_code == 500
    assert (await orb.get("/invoices/upcoming", subscription_id=other["id"])).status_code == 200


@pytest.mark.parametrize(
    ("status", "fragment"),
    [
        (429, "429-too-many-requests"),
        (401, "401-authentication-error"),
        (404, "404-resource-not-found"),
        (409, "409-resource-conflict"),
        (500, "500-internal-server-error"),
        (502, "500-internal-server-error"),
    ],
)
async def test_a_status_fault_has_orbs_body(orb: Orb, status: int, fragment: str) -> None:
    await fault(orb, route="credits_ledger", kind="status", status=status)
    answer = await orb.get("/customers/external_customer_id/lumen/credits/ledger")
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["type"].endswith("#" + fragment)


async def test_garbage_is_html_where_json_was_asked_for(orb: Orb) -> None:
    await fault(orb, route="credit_blocks", kind="garbage")
    answer = await orb.get("/customers/external_customer_id/lumen/credits")
    assert (answer.status_code, answer.text) == (200, "<html>")
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_slow_answer_is_right_in_the_end(orb: Orb) -> None:
    await fault(orb, route="subscription_costs", kind="slow", seconds=0.01)
    (quiet,) = await orb.subscriptions("quiet")
    assert (await orb.get(f"/subscriptions/{quiet['id']}/costs")).status_code == 200
    assert await hits(orb) == [1]


async def test_a_hanging_answer_gives_up_at_last(orb: Orb) -> None:
    await fault(orb, route="grouped_costs", kind="hang", seconds=0.01)
    assert (await orb.groups("x")).status_code == 504


@pytest.mark.parametrize(
    "order",
    [
        {"route": "nothing", "kind": "status"},
        {"route": "customer", "kind": "explode"},
        {"route": "customer", "kind": "status", "status": 99},
        {"route": "customer", "kind": "status", "colour": "red"},
        {"kind": "status"},
        [],
    ],
)
async def test_an_order_for_a_fault_must_make_sense(orb: Orb, order: Any) -> None:
    answer = await orb.http.post("/_sandbox/faults", json=order)
    assert answer.status_code == 400
    assert (await orb.http.get("/_sandbox/faults")).json() == {"data": []}


async def test_the_clock_can_be_stopped_moved_and_released(orb: Orb) -> None:
    async def told(answer: httpx.Response) -> Any:
        return at(answer.json()["now"])

    started = orb.now
    stopped = await told(await orb.http.post("/_sandbox/clock", json={"now": "2027-01-01T00:00:00Z"}))
    assert stopped == at("2027-01-01T00:00:00+00:00")
    moved = await told(await orb.http.post("/_sandbox/clock", json={"advance": 90}))
    assert moved == at("2027-01-01T00:01:30+00:00")
    (fresh,) = await orb.subscriptions("fresh")
    assert fresh["start_date"] == "2026-12-31T07:00:00+00:00"
    assert await told(await orb.http.delete("/_sandbox/clock")) == started
    await orb.http.post("/_sandbox/clock", json={"advance": -3600})
    assert (started - await told(await orb.http.get("/_sandbox/clock"))).total_seconds() == 3600


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"now": "noon"},
        {"now": "2027-01-01T00:00:00Z", "advance": 1},
        {"advance": "x"},
        {"now": "1969-12-31T23:59:59Z"},
        {"now": "3000-01-01T00:00:00Z"},
        {"advance": 1e11},
        {"advance": -1e15},
    ],
)
async def test_an_order_to_the_clock_must_make_sense(orb: Orb, order: Any) -> None:
    before = (await orb.http.get("/_sandbox/clock")).json()
    assert (await orb.http.post("/_sandbox/clock", json=order)).status_code == 400
    assert (await orb.http.get("/_sandbox/clock")).json() == before


async def test_after_the_clock_was_turned_back_no_answer_is_of_the_future(orb: Orb) -> None:
    path = "/customers/external_customer_id/northwind/costs"
    later = await orb.get(path)
    await orb.http.post("/_sandbox/clock", json={"advance": -86_400})
    answer = await orb.cached(path)
    assert at(answer.headers["orb-cache-updated-at"]) <= at((await orb.http.get("/_sandbox/clock")).json()["now"])
    assert len(answer.json()["data"]) == len(later.json()["data"]) - 1


async def test_answers_can_be_made_slower(orb: Orb) -> None:
    async def took(path: str) -> float:
        began = time.monotonic()
        await orb.get(path)
        return time.monotonic() - began

    async def set_latency(**order: float) -> Any:
        return (await orb.http.post("/_sandbox/latency", json=order)).json()

    costs = "/customers/external_customer_id/northwind/costs"
    assert (await orb.http.get("/_sandbox/latency")).json() == {"factor": 0, "add": 0}
    assert await set_latency(add=0.05) == {"factor": 0, "add": 0.05}
    assert await took("/ping") >= 0.05
    assert await took("/customers/unknown") >= 0.05
    assert await set_latency(factor=1.5) == {"factor": 1.5, "add": 0.05}
    assert await took(costs) >= 0.15
    assert await set_latency(factor=0, add=0) == {"factor": 0, "add": 0}


@pytest.mark.parametrize("order", [{"factor": -1}, {"add": -0.1}, {"add": 4000}, {"factor": "x"}, {"more": 1}, []])
async def test_an_order_to_the_latency_must_make_sense(orb: Orb, order: Any) -> None:
    assert (await orb.http.post("/_sandbox/latency", json=order)).status_code == 400
    assert (await orb.http.get("/_sandbox/latency")).json() == {"factor": 0, "add": 0}
