"""Webhook endpoints: Orb's routes that keep them, and where they may lead."""

import re
from typing import Any

import httpx
import orb
import pytest
from orb.types import WebhookEndpoint, WebhookEndpointWithSecret

from .sandbox_client import Orb
from .webhook_receiver import PANEL

URL = "http://127.0.0.1:9000/hook"
FIELDS = {"id", "url", "enabled", "enabled_event_types", "payload_style", "created_at"}


@pytest.fixture
def client(orb: Orb) -> orb.AsyncOrb:
    return official(orb.http)


def official(http: httpx.AsyncClient) -> orb.AsyncOrb:
    return orb.AsyncOrb(
        api_key="a-key",
        base_url="http://orb/v1",
        http_client=http,
        max_retries=0,
        _strict_response_validation=True,
    )


async def refused(answer: httpx.Response) -> Any:
    assert answer.status_code == 400, answer.text
    return answer.json()["validation_errors"]


async def test_the_official_client_creates_changes_and_deletes_an_endpoint(client: orb.AsyncOrb) -> None:
    made = await client.webhook_endpoints.create(url=URL, payload_style="standard")
    assert isinstance(made, WebhookEndpointWithSecret)
    assert (made.enabled, made.enabled_event_types, made.payload_style) == (True, None, "standard")
    changed = await client.webhook_endpoints.update(made.id, enabled_event_types=["invoice.issued"])
    assert (changed.url, changed.enabled_event_types, changed.payload_style) == (URL, ["invoice.issued"], "standard")
    assert not (await client.webhook_endpoints.disable(made.id)).enabled
    assert (await client.webhook_endpoints.enable(made.id)).enabled
    assert (await client.webhook_endpoints.retrieve(made.id)) == changed
    await client.webhook_endpoints.delete(made.id)
    with pytest.raises(orb.NotFoundError, match=made.id):
        await client.webhook_endpoints.retrieve(made.id)


async def test_the_secret_is_told_once_and_looks_like_orbs(orb: Orb) -> None:
    answer = await orb.http.post("/v1/webhook_endpoints", json={"url": URL})
    made = answer.json()
    assert (answer.status_code, made.keys()) == (201, FIELDS | {"secret"})
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made["secret"])
    path = f"/v1/webhook_endpoints/{made['id']}"
    for again in (
        await orb.http.get(path),
        await orb.http.put(path, json={}),
        await orb.http.post(f"{path}/disable"),
        await orb.http.post(f"{path}/enable"),
    ):
        assert (again.status_code, again.json().keys()) == (200, FIELDS)
        WebhookEndpoint.model_validate_json(again.content, strict=True)
    listed = (await orb.http.get("/v1/webhook_endpoints")).text
    assert made["id"] in listed
    assert made["secret"] not in listed


async def test_what_is_left_out_of_a_change_stays(orb: Orb) -> None:
    body = {"url": URL, "enabled_event_types": ["invoice.issued"], "payload_style": "standard"}
    made = (await orb.http.post("/v1/webhook_endpoints", json=body)).json()
    path = f"/v1/webhook_endpoints/{made['id']}"
    moved = (await orb.http.put(path, json={"url": "http://localhost:9001/"})).json()
    assert moved == {key: made[key] for key in FIELDS} | {"url": "http://localhost:9001/"}
    opened = (await orb.http.put(path, json={"enabled_event_types": None})).json()
    assert opened == moved | {"enabled_event_types": None}


async def test_endpoints_are_paged_newest_first(client: orb.AsyncOrb) -> None:
    made = [(await client.webhook_endpoints.create(url=URL)).id for _ in range(5)]
    await client.webhook_endpoints.delete(made.pop(2))
    assert [endpoint.id async for endpoint in client.webhook_endpoints.list(limit=2)] == made[::-1]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook",
        "https://127.0.0.1/",
        "http://localhost:9000",
        "http://LOCALHOST/",
        "http://127.8.9.10:1/",
        "http://[::1]:9000/hook?a=b",
    ],
)
async def test_an_endpoint_on_loopback_is_taken(orb: Orb, url: str) -> None:
    made = await orb.http.post("/v1/webhook_endpoints", json={"url": url})
    assert (made.status_code, made.json()["url"]) == (201, url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.com/hook", "must be on loopback"),
        ("http://10.0.0.1/", "must be on loopback"),
        ("http://169.254.169.254/latest", "must be on loopback"),
        ("http://0.0.0.0:9000/", "must be on loopback"),
        ("http://[::ffff:10.0.0.1]/", "must be on loopback"),
        ("http://[::1%25lo]/", "must be on loopback"),
        ("http://127.1/", "must be on loopback"),
        ("http://2130706433/", "must be on loopback"),
        ("http://127.0.0.1.example.com/", "must be on loopback"),
        ("http://localhost.example.com/", "must be on loopback"),
        ("http://example.com#@127.0.0.1/", "must be on loopback"),
        ("http://", "must be on loopback"),
        ("http://127.0.0.1@example.com/", "must not hold credentials"),
        ("http://user:word@127.0.0.1/", "must not hold credentials"),
        ("http://127.0.0.1:99999/", "must have a port"),
        ("http://127.0.0.1:0/", "must have a port"),
        ("ftp://127.0.0.1/", "must be an http or https URL"),
        ("file:///etc/passwd", "must be an http or https URL"),
        ("//127.0.0.1/", "must be an http or https URL"),
        ("", "must be an http or https URL"),
        ("http://127.0.0.1:80:80/", "must be a URL"),
    ],
)
async def test_an_endpoint_anywhere_else_is_refused(orb: Orb, url: str, why: str) -> None:
    made = await orb.http.post("/v1/webhook_endpoints", json={"url": URL})
    path = f"/v1/webhook_endpoints/{made.json()['id']}"
    for answer in (
        await orb.http.post("/v1/webhook_endpoints", json={"url": url}),
        await orb.http.post(f"{PANEL}/endpoints", json={"url": url, "secret": "x"}),
        await orb.http.put(path, json={"url": url}),
    ):
        (error,) = await refused(answer)
        assert error.startswith(f"url: {why}")
    assert [each["url"] for each in (await orb.http.get("/v1/webhook_endpoints")).json()["data"]] == [URL]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "missing required field `url`"),
        ({"url": URL, "colour": "red"}, "unknown field `colour`"),
        ({"url": URL, "payload_style": "fancy"}, "payload_style"),
        ({"url": URL, "enabled_event_types": ["invoice"]}, "enabled_event_types: invoice: not a type"),
        ({"url": URL, "enabled_event_types": "invoice.issued"}, "enabled_event_types"),
        ({"url": URL, "secret": "mine"}, "unknown field `secret`"),
        ([], "Expected `object`"),
    ],
)
async def test_a_malformed_endpoint_is_refused(orb: Orb, body: Any, why: str) -> None:
    (error,) = await refused(await orb.http.post("/v1/webhook_endpoints", json=body))
    assert why in error
    assert (await orb.http.get("/v1/webhook_endpoints")).json()["data"] == []


@pytest.mark.parametrize("path", ["/v1/webhook_endpoints", f"{PANEL}/endpoints", f"{PANEL}/fire"])
@pytest.mark.parametrize("body", [b"", b"{", b'{"url": "\xed\xa0\x80"}', b'{"url": "\\ud800 is no letter"}'])
async def test_a_body_that_is_not_json_is_refused(orb: Orb, path: str, body: bytes) -> None:
    (error,) = await refused(await orb.http.post(path, content=body))
    assert error.startswith("body: ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/enable"),
        ("POST", "/disable"),
    ],
)
async def test_an_endpoint_that_does_not_exist_is_not_found(orb: Orb, method: str, path: str) -> None:
    answer = await orb.http.request(method, f"/v1/webhook_endpoints/nope{path}", json={})
    assert answer.status_code == 404
    assert "WebhookEndpoint with identifier: nope" in answer.json()["detail"]


async def test_a_secret_of_your_choice_is_set_by_the_panel(orb: Orb) -> None:
    made = (await orb.http.post(f"{PANEL}/endpoints", json={"url": URL, "secret": "mine"})).json()
    assert (made["secret"], made["payload_style"]) == ("mine", "expanded")
    (listed,) = (await orb.http.get(f"{PANEL}/endpoints")).json()["data"]
    assert (listed["id"], listed["secrets"]) == (made["id"], ["mine"])
    turned = (await orb.http.post(f"{PANEL}/endpoints/{made['id']}/rotate", json={"secret": "new"})).json()
    assert turned["secrets"] == ["new", "mine"]
    again = (await orb.http.post(f"{PANEL}/endpoints/{made['id']}/rotate")).json()
    assert again["secrets"][1:] == ["new"]
    assert len(again["secret"]) == 43
    assert (await orb.http.post(f"{PANEL}/endpoints/nope/rotate")).status_code == 404
    for empty in (
        await orb.http.post(f"{PANEL}/endpoints", json={"url": URL, "secret": ""}),
        await orb.http.post(f"{PANEL}/endpoints/{made['id']}/rotate", json={"secret": ""}),
    ):
        assert await refused(empty) == ["secret: must not be empty"]


async def test_the_routes_fail_on_request_as_all_others_do(orb: Orb) -> None:
    await orb.http.post("/_sandbox/faults", json={"route": "webhook_endpoints", "kind": "status", "status": 503})
    assert (await orb.http.get("/v1/webhook_endpoints")).status_code == 503
