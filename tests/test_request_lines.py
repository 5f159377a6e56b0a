"""One line per request and one per call to Orb, under one id, and nobody's data in any of them."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest
import respx

from app.main import create_app
from app.secret import Secret
from app.settings import Settings
from tests.conftest import Clock, Serve
from tests.logged import lines, showing
from tests.orb.answers import SUBSCRIPTION, answer, borealis
from tests.running import ROOT
from tests.web.test_metrics import CUSTOMER, KEY, TOKEN, busy_run

FIRST_PAINT = {
    "subscriptions", "upcoming_invoice", "credits_ledger", "credit_blocks", "subscription_costs", "grouped_costs",
}  # fmt: skip


@pytest.fixture
def shown() -> Iterator[StringIO]:
    with showing() as stream:
        yield stream


async def test_a_request_and_the_calls_that_it_caused_share_an_id_and_their_number_is_told(
    serve: Serve, orb_router: respx.MockRouter, shown: StringIO
) -> None:
    borealis(orb_router)
    async with serve() as client:
        first = await client.get("/api/dashboard?limit=7")
        second = await client.get("/api/dashboard?limit=7")

    asked, kept = lines(shown, "request")
    calls = lines(shown, "orb")
    assert {**asked, "at": "", "ms": 0} == {
        "at": "", "level": "info", "event": "request", "request_id": first.headers["x-request-id"], "method": "GET",
        "route": "/api/dashboard", "status": 200, "ms": 0, "calls": len(calls),
    }  # fmt: skip
    assert {each["call"] for each in calls} == FIRST_PAINT
    assert {each["request_id"] for each in calls} == {first.headers["x-request-id"]}
    assert (kept["calls"], kept["request_id"]) == (0, second.headers["x-request-id"])


async def test_a_call_bears_the_id_of_who_caused_it_and_not_of_who_waits_for_it_too(
    serve: Serve, orb_router: respx.MockRouter, shown: StringIO
) -> None:
    """The first asker leaves while Orb thinks, a second one gets the answer: the calls are the first one's."""
    routes = borealis(orb_router)
    thinking, enough = anyio.Event(), anyio.Event()

    async def slowly(_: httpx.Request) -> httpx.Response:
        thinking.set()
        await enough.wait()
        return answer("subscriptions_list")

    routes["subscriptions"].mock(side_effect=slowly)
    leaving = anyio.CancelScope()

    async def leave(client: httpx.AsyncClient) -> None:
        with leaving:
            await client.get("/api/cards/bill")

    async with serve() as client, anyio.create_task_group() as group:
        group.start_soon(leave, client)
        await thinking.wait()
        group.start_soon(client.get, "/api/cards/breakdown")
        await anyio.wait_all_tasks_blocked()
        leaving.cancel()
        await anyio.wait_all_tasks_blocked()
        enough.set()

    left, answered = lines(shown, "request")
    causes = {each["call"]: each["request_id"] for each in lines(shown, "orb")}
    assert (left["status"], answered["status"]) == (0, 200)
    assert causes["subscriptions"] == left["request_id"]
    assert causes["grouped_costs"] == answered["request_id"]
    assert answered["calls"] == len([cause for cause in causes.values() if cause == answered["request_id"]])


async def test_an_id_that_a_client_sends_is_not_believed(
    serve: Serve, orb_router: respx.MockRouter, shown: StringIO
) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get("/api/cards/bill", headers={"X-Request-Id": "mine-alone", "X-Request-ID": "two"})

    ids = {line["request_id"] for line in lines(shown)}
    assert ids == {response.headers["x-request-id"]}
    assert re.fullmatch(r"[0-9a-f]{32}", ids.pop())


async def test_no_line_holds_a_key_a_token_a_customer_an_address_or_a_query(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings, shown: StringIO
) -> None:
    told = replace(settings, orb_api_key=Secret(KEY), metrics_token=Secret(TOKEN))
    async with serve(CUSTOMER, settings=told) as client:
        viewer = client.headers["Authorization"].removeprefix("Bearer ")
        await busy_run(client, orb_router)
        await client.post("/session", data={"token": viewer})
        await client.get("/api/dashboard", headers={"Authorization": f"Bearer {KEY}"})
        await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    text = shown.getvalue()
    bugs = [line for line in lines(shown) if "traceback" in line]
    assert bugs  # the mistake in whose text they are
    for secret in (KEY, CUSTOMER, viewer, TOKEN, SUBSCRIPTION, "canary=1", "canary-invoice", "canary-sub", "/canary"):
        for form in (secret, quote(secret, safe=""), b64encode(secret.encode()).decode()):
            assert form not in text, form
    assert {line["route"] for line in lines(shown, "request")} > {"other", "/api/invoices/{invoice}", "/session"}


async def test_a_client_that_sends_control_characters_starts_no_line(
    settings: Settings, clock: Clock, shown: StringIO, orb_router: respx.MockRouter
) -> None:
    app = create_app(settings, httpx.MockTransport(orb_router.async_handler), now=clock)
    hostile = '/x\r\n{"event":"request","status":200}\x1b[2J\u2028'
    scope: dict[str, Any] = {
        "type": "http", "method": "GET\n{}", "path": hostile, "raw_path": hostile.encode(), "query_string": b"a=\n",
        "headers": [(b"host", b"orrery.test"), (b"x-request-id", b"\n{}")], "scheme": "http", "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("orrery.test", 80), "http_version": "1.1",
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()
        return {}

    async def send(message: Any) -> None:
        pass

    async with app.router.lifespan_context(app):
        await app(scope, receive, send)

    (line,) = lines(shown)
    assert (line["method"], line["route"], line["status"]) == ("other", "other", 404)
    assert shown.getvalue().count("\n") == 1


async def test_the_lines_in_the_readme_are_such_lines(
    serve: Serve, orb_router: respx.MockRouter, shown: StringIO
) -> None:
    section = (ROOT / "README.md").read_text().split("\n## See inside\n")[1]
    (block,) = re.findall(r"```json\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    borealis(orb_router)
    async with serve() as client:
        await client.get("/api/dashboard")

    example = lines(StringIO(block))
    for line, found in zip(example, (lines(shown, "orb")[0], lines(shown, "request")[0]), strict=True):
        assert list(line) == list(found)
        assert [type(value) for value in line.values()] == [type(value) for value in found.values()]


async def test_a_key_that_orb_refuses_shouts(serve: Serve, orb_router: respx.MockRouter, shown: StringIO) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_401", 401))
    async with serve() as client:
        await client.get("/api/dashboard")

    assert [line["call"] for line in lines(shown, "orb") if line["level"] == "error"] == ["upcoming_invoice"]
