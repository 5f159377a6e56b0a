"""`GET /metrics`: who may see it, and that nothing in it is about anybody."""

import logging
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import respx

from app.dashboard import WORDS
from app.main import create_app
from app.metrics import counted
from app.orb import endpoint
from app.secret import Secret
from app.settings import Settings
from tests.conftest import Clock, Serve, sign
from tests.figures import counted as figures
from tests.figures import read
from tests.orb.answers import SUBSCRIPTION, answer, borealis, example

TOKEN = "a-token-for-the-metrics-alone"


@asynccontextmanager
async def asked_from(settings: Settings, peer: tuple[str, int] | None) -> AsyncIterator[httpx.AsyncClient]:
    """The service, asked over a socket whose other end is `peer`."""
    app = create_app(settings, httpx.MockTransport(lambda _: pytest.fail("Orb was called")))
    transport = httpx.ASGITransport(app, client=peer)  # type: ignore[arg-type]
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://orrery.test") as client,
    ):
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_without_a_token_this_machine_sees_it(settings: Settings, host: str) -> None:
    async with asked_from(settings, (host, 5)) as client:
        response = await client.get("/metrics")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert read(response.text).of("orrery_build_info", version=counted.VERSION) == 1
    assert read(response.text).of("process_resident_memory_bytes") > 0


@pytest.mark.parametrize("peer", [("10.0.0.7", 5), ("::ffff:10.0.0.7", 5), ("fe80::1%eth0", 5), ("unix", 5), None])
async def test_without_a_token_nobody_else_learns_that_it_is_there(settings: Settings, peer: Any) -> None:
    async with asked_from(settings, peer) as client:
        refused, nowhere = await client.get("/metrics"), await client.get("/nowhere")

    assert refused.status_code == 404
    assert without_id(refused) == without_id(nowhere)


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"]
)
async def test_a_request_that_was_passed_on_is_a_strangers_whatever_it_says(settings: Settings, header: str) -> None:
    async with asked_from(settings, ("127.0.0.1", 5)) as client:
        response = await client.get("/metrics", headers={header: "127.0.0.1"})

    assert response.status_code == 404


async def test_no_header_makes_a_stranger_one_of_us(settings: Settings) -> None:
    async with asked_from(settings, ("10.0.0.7", 5)) as client:
        for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"):
            assert (await client.get("/metrics", headers={header: "127.0.0.1"})).status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7"])
async def test_with_a_token_who_has_it_sees_it_from_anywhere_and_nobody_else(settings: Settings, host: str) -> None:
    wrong = [
        {}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer \xe9"},
        {"Cookie": f"token={TOKEN}"},
    ]  # fmt: skip
    async with asked_from(replace(settings, metrics_token=Secret(TOKEN)), (host, 5)) as client:
        for scheme in ("Bearer", "bearer"):
            told = {"Authorization": f"{scheme} {TOKEN}", "X-Forwarded-For": "10.1.1.1"}
            assert (await client.get("/metrics", headers=told)).status_code == 200
        refusals = [await client.get("/metrics", headers=httpx.Headers(each, "latin-1")) for each in wrong]
        twice = httpx.Headers([("Authorization", f"Bearer {TOKEN}")] * 2)
        refusals.append(await client.get("/metrics", headers=twice))
        refusals.append(await client.get(f"/metrics?token={TOKEN}"))

    assert {each.status_code for each in refusals} == {401}
    assert len({str(without_id(each)) for each in refusals}) == 1
    assert {each.headers["www-authenticate"] for each in refusals} == {"Bearer"}


async def test_a_viewers_token_does_not_open_it(settings: Settings, clock: Clock) -> None:
    async with asked_from(replace(settings, metrics_token=Secret(TOKEN)), ("127.0.0.1", 5)) as client:
        headers = {"Authorization": f"Bearer {sign(clock, 'borealis')}"}
        assert (await client.get("/metrics", headers=headers)).status_code == 401


async def test_it_answers_under_the_hosts_of_the_allowlist_alone(settings: Settings) -> None:
    async with asked_from(settings, ("127.0.0.1", 5)) as client:
        assert (await client.get("/metrics", headers={"Host": "127.0.0.1"})).status_code == 421


def without_id(response: httpx.Response) -> Any:
    return {**response.json(), "request_id": None}


CUSTOMER, KEY = "canary-customer-1b7e", "orb_CANARY_key_5f21"
ADDRESSES = (
    "/", "/api/dashboard", "/api/cards/bill", "/api/invoices/canary-invoice", "/api/invoices/upcoming/canary-sub",
    "/canary/nowhere", f"/{CUSTOMER}", "/static/canary.css", "/static/dashboard.css", "/api/dashboard?canary=1",
    "/api/export/spend.csv", "/livez", "/cards/canary", f"/api/dashboard?subscription_id={SUBSCRIPTION}",
)  # fmt: skip


async def busy_run(client: httpx.AsyncClient, router: respx.MockRouter) -> str:
    """All kinds of requests, answers and failures; then what `/metrics` says of them."""
    customer = f"/customers/external_customer_id/{CUSTOMER}"
    listed = example("subscriptions_list").replace(b"borealis", CUSTOMER.encode())
    own = httpx.Response(200, content=listed, headers={"Content-Type": "application/json"})
    borealis(router, subscriptions=own, upcoming_invoice=answer("error_401", 401))
    router.get(f"{customer}/credits").mock(side_effect=httpx.ConnectError(f"{CUSTOMER} {KEY}"))
    router.get(f"{customer}/credits/ledger").mock(side_effect=httpx.InvalidURL(f"{CUSTOMER} is odd"))
    router.get("/invoices/canary-invoice").respond(999)
    for address in ADDRESSES:
        for method in ("GET", "POST", "HEAD", "OPTIONS", "CANARY"):
            await client.request(method, address)
    return (await client.get("/metrics")).text


async def test_a_label_has_one_of_a_closed_set_of_values_and_nobodys_id_key_or_address(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings, clock: Clock
) -> None:
    told, before = replace(settings, orb_api_key=Secret(KEY)), figures()
    async with serve(CUSTOMER, settings=told) as client:
        token = client.headers["Authorization"].removeprefix("Bearer ")
        text = await busy_run(client, orb_router)
        routes = [route.path for route in client._transport.app.routes]  # type: ignore[attr-defined]

    for secret in (KEY, CUSTOMER, token, "canary", "CANARY", SUBSCRIPTION, "orrery.test", clock().isoformat()[:10]):
        for form in (secret, quote(secret, safe=""), b64encode(secret.encode()).decode(), secret[-12:]):
            assert form not in text
    calls = [*(each.name for each in endpoint.ALL), "ping"]
    closed: dict[str, list[str]] = {
        "route": [*routes, counted.OTHER],
        "method": [*counted.METHODS, counted.OTHER],
        "status": [*counted.STATUSES, counted.OTHER],
        "card": [*WORDS],
        "code": ["", *counted.CODES, counted.OTHER],
        "call": calls,
        "rate": [*counted.RATES],
        "how": ["hit", "asked", "joined", "let_alone"],
        "version": [counted.VERSION],
        "generation": ["0", "1", "2"],
    }
    seen: dict[str, set[str]] = {}
    for (name, labels), figure in read(text).items():
        for label, value in labels if figure != before[name, labels] else ():
            if label == "le":
                continue
            if label == "outcome":
                known = [*counted.STATUSES, *counted.ERRORS, counted.OTHER]
                if name.startswith("orrery_cards"):
                    known = ["ready", "partial", "stale", "empty", "failed", "late"]
            else:
                known = closed[label]
            assert value in known, (name, label, value)
            seen.setdefault(label, set()).add(value)
    assert {"/api/invoices/{invoice}", "/static/{name}", "other"} <= seen["route"]
    assert {"GET", "other"} <= seen["method"]
    assert "upcoming_invoice" in seen["call"]


async def test_what_no_list_has_is_counted_as_other(
    serve: Serve, orb_router: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with serve() as client:
        await client.request("BREW", "/nowhere")
        first = read(await busy_run(client, orb_router))
        await client.request("BREW", "/nowhere-else")
        second = read((await client.get("/metrics")).text)

    name, labels = "orrery_requests_total", {"route": "other", "method": "other", "status": "4xx"}
    assert second.of(name, **labels) == first.of(name, **labels) + 1
    assert second.of(name, method="BREW") == 0


def test_a_status_or_an_error_that_nobody_knows_is_other() -> None:
    assert [counted.status_class(status) for status in (200, 404, 599, 999, 0, -1)] == [
        "2xx", "4xx", "5xx", "other", "other", "other",
    ]  # fmt: skip
    assert counted.one_of("ReadError", counted.ERRORS) == "ReadError"
    assert counted.one_of("northwind", counted.ERRORS) == "other"
