"""Around every request: headers, hosts, ids, and the last wall."""

from dataclasses import replace

import httpx
import pytest
import respx

from app.settings import Settings
from tests.conftest import Serve
from tests.orb.answers import borealis

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-store",
}
PATHS = ["/", "/api/dashboard", "/api/cards/bill", "/cards/bill", "/nowhere", "/api/dashboard?limit=0", "/session"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_headers_whatever_its_status(
    serve: Serve, orb_router: respx.MockRouter, path: str
) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get(path)

    assert response.headers.items() >= EVERYWHERE.items()
    assert len(response.headers["x-request-id"]) == 32
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    if response.headers["content-type"].startswith("text/html"):
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("orrery.test", 200),
        ("orrery.test:8000", 200),
        ("ORRERY.test", 200),
        ("elsewhere.test", 421),
        ("orrery.test.elsewhere.test", 421),
        ("", 421),
    ],
)
async def test_only_hosts_of_the_allowlist_are_served(
    serve: Serve, orb_router: respx.MockRouter, host: str, status: int
) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get("/api/dashboard", headers={"Host": host})
        health = await client.get("/livez", headers={"Host": host})

    assert (response.status_code, health.status_code) == (status, 200)


async def test_two_hosts_are_one_too_many(serve: Serve) -> None:
    async with serve() as client:
        headers = httpx.Headers([("Host", "orrery.test"), ("Host", "orrery.test")])
        response = await client.get("/livez", headers=headers)
        refused = await client.get("/api/dashboard", headers=headers)

    assert (response.status_code, refused.status_code) == (200, 421)


async def test_what_does_not_exist_is_a_problem_document(serve: Serve) -> None:
    async with serve() as client:
        missing = await client.get("/nowhere")
        wrong = await client.get("/refresh")

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "POST")
    assert missing.json()["request_id"] == missing.headers["x-request-id"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/cards/bill/",
        "/api/dashboard/",
        "/cards/bill/",
        "/static",
        "/static/",
        "/static/dashboard.js/",
        "/static//dashboard.js",
        "/static/%2e/dashboard.js",
        "/static/a/%2e%2e/dashboard.js",
        "/static/%2e%2e/static/dashboard.js",
    ],
)
async def test_an_address_with_a_slash_too_many_is_nobodys(serve: Serve, path: str) -> None:
    async with serve() as client:
        response = await client.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_a_mistake_of_ours_says_nothing_but_its_request_id(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret recipe")

    monkeypatch.setattr("app.web.desk.chosen", broken)
    async with serve() as client:
        response = await client.get("/api/dashboard")

    assert (response.status_code, response.json()["code"]) == (500, "bug")
    assert "recipe" not in response.text


async def test_a_mistake_in_one_card_costs_that_card(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret recipe")

    borealis(orb_router)
    monkeypatch.setattr("app.cards.bill.bridge", broken)
    async with serve() as client:
        response = await client.get("/api/dashboard")

    statuses = {word: card["code"] or card["status"] for word, card in response.json()["cards"].items()}
    early = {word: status for word, status in statuses.items() if status != "late"}
    assert early == {"bill": "bug", "credits": "ready", "spend": "ready", "breakdown": "ready"}
    assert "recipe" not in response.text


@pytest.mark.parametrize("path", ["/", "/api/dashboard"])
async def test_a_mistake_in_the_list_costs_what_needs_it(
    serve: Serve, orb_router: respx.MockRouter, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret recipe")

    borealis(orb_router)
    monkeypatch.setattr("app.account.listed.Listing", broken)
    async with serve() as client:
        response = await client.get(path)

    assert response.status_code == 200
    assert response.text.count("Something went wrong") >= 3
    assert "recipe" not in response.text


async def test_the_page_may_be_framed_by_allowed_origins_and_by_no_other(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=replace(settings, frame_ancestors=("https://app.example.com",))) as client:
        page, data = await client.get("/"), await client.get("/api/dashboard")

    assert "frame-ancestors https://app.example.com;" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in data.headers["content-security-policy"]


async def test_the_api_answers_in_problem_documents_whoever_asks(serve: Serve) -> None:
    async with serve() as client:
        response = await client.get("/api/dashboard?limit=0", headers={"Accept": "text/html, application/json"})

    assert response.headers["content-type"] == "application/problem+json"
