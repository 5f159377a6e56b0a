"""The panel's page over HTTP: what it shows, what its forms do, and whom it refuses."""

import re
from typing import Any

import httpx
import pytest

from .sandbox_client import Orb, at


async def page(orb: Orb) -> str:
    answer = await orb.http.get("/_sandbox")
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(orb: Orb, do: str, **fields: str) -> httpx.Response:
    return await orb.http.post("/_sandbox", data={"do": do, **fields})


async def told(orb: Orb, name: str) -> Any:
    return (await orb.http.get(f"/_sandbox/{name}")).json()


async def test_the_page_shows_what_is_in_force(orb: Orb) -> None:
    await orb.http.post("/_sandbox/faults", json={"route": "ping", "kind": "drip", "seconds": 0, "match": "a<b>"})
    await orb.get("/ping")
    shown = await page(orb)
    assert "2026-11-20 20:15:30" in shown
    assert "<option selected>off</option>" in shown
    assert "a&lt;b&gt;" in shown
    assert "<code>GET /v1/ping</code>" in shown
    assert "<script" not in shown


async def test_the_page_shows_the_last_fifty_requests_the_newest_first(orb: Orb) -> None:
    for number in range(52):
        await orb.get("/ping", number=number)
    shown = re.findall(r"<code>GET /v1/ping\?number=(\d+)</code>", await page(orb))
    assert [int(number) for number in shown] == list(range(51, 1, -1))


async def test_its_forms_do_what_the_orders_in_json_do(orb: Orb) -> None:
    answer = await send(orb, "stop", now="2027-01-01T00:00:00Z")
    assert (answer.status_code, answer.headers["location"]) == (303, "/_sandbox#clock")
    await send(orb, "advance", advance="90.5")
    assert await told(orb, "clock") == {"now": "2027-01-01T00:01:30.500000+00:00", "stopped": True}
    await send(orb, "release")
    assert at((await told(orb, "clock"))["now"]) == orb.now

    await send(orb, "limits", plan="test", retry_after="3")
    limits = await told(orb, "limits")
    assert (limits["plan"], limits["retry_after"]) == ("test", 3)
    await send(orb, "limits", plan="off", retry_after="")
    assert (await told(orb, "limits"))["retry_after"] is None

    await send(orb, "latency", factor="0", add="0.25")
    assert await told(orb, "latency") == {"factor": 0, "add": 0.25}

    await send(orb, "fault", route="*", kind="status", times="-1", status="503", retry_after="7", seconds="", bytes="")
    (fault,) = (await told(orb, "faults"))["data"]
    assert (fault["route"], fault["status"], fault["times"], fault["seconds"]) == ("*", 503, -1, None)
    assert (await orb.get("/ping")).headers["retry-after"] == "7"
    await send(orb, "clear_faults")
    assert await told(orb, "faults") == {"data": []}

    assert len((await told(orb, "requests"))["data"]) == 1
    await send(orb, "clear_requests")
    assert await told(orb, "requests") == {"data": []}


async def test_its_forms_fire_webhooks(orb: Orb) -> None:
    answer = await send(orb, "listen", url="http://127.0.0.1:1/hook", secret="chosen", payload_style="standard")
    assert (answer.status_code, answer.headers["location"]) == (303, "/_sandbox#webhooks")
    (endpoint,) = (await told(orb, "webhooks/endpoints"))["data"]
    assert (endpoint["url"], endpoint["secret"], endpoint["payload_style"]) == (
        "http://127.0.0.1:1/hook",
        "chosen",
        "standard",
    )
    assert (await send(orb, "fire", type="customer.edited", customer="northwind", duplicates="2")).status_code == 303
    (event,) = (await orb.read("/webhook_events"))["data"]
    assert event["payload"]["customer"]["external_customer_id"] == "northwind"
    assert (await send(orb, "retry")).status_code == 303
    shown = await page(orb)
    assert "http://127.0.0.1:1/hook" in shown
    assert "<td><code>customer.edited</code></td>" in shown
    refused = await send(orb, "listen", url="http://example.com/hook")
    assert refused.status_code == 400
    assert "the sandbox sends to no other host" in refused.text


@pytest.mark.parametrize(
    ("do", "fields", "named"),
    [
        ("stop", {"now": "noon"}, "now: must be"),
        ("stop", {}, "either now or advance"),
        ("advance", {"advance": "1e99"}, "advance: must be from 1970"),
        ("limits", {"plan": "gold"}, "$.plan"),
        ("latency", {"factor": "fast"}, "$.factor"),
        ("fault", {"route": "nothing", "kind": "drip"}, "route: must be one of"),
        ("fault", {"route": "*", "kind": "status", "status": "99"}, "$.status"),
        ("<i>", {}, "&lt;i&gt; is no order"),
    ],
)
async def test_a_wrong_order_changes_nothing_and_is_named_on_the_page(
    orb: Orb, do: str, fields: dict[str, str], named: str
) -> None:
    names = ("clock", "limits", "latency", "faults")
    before = [await told(orb, name) for name in names]
    answer = await send(orb, do, **fields)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert named in answer.text
    assert [await told(orb, name) for name in names] == before


async def test_the_page_lets_no_script_run_and_no_page_frame_it(orb: Orb) -> None:
    headers = (await orb.http.get("/_sandbox")).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert policy.endswith("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8001", "localhost:1", "LOCALHOST", "[::1]:8001", "127.9.9.9"])
async def test_the_panel_answers_under_a_loopback_name(orb: Orb, host: str) -> None:
    for path in ("/_sandbox", "/_sandbox/clock"):
        assert (await orb.http.get(path, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:8001",
        "127.0.0.1.evil.test",
        "127.0.0.1:80.evil.test",
        "localhost.evil.test",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104
        "",
        "[::2]:1",
    ],
)
async def test_the_panel_does_not_answer_under_a_strangers_name(orb: Orb, host: str) -> None:
    for path in ("/_sandbox", "/_sandbox/clock", "/_sandbox/requests", "/_sandbox/nothing"):
        assert (await orb.http.get(path, headers={"Host": host})).status_code == 403
    answer = await orb.http.post("/_sandbox/clock", json={"advance": 60}, headers={"Host": host})
    assert answer.status_code == 403
    assert at((await told(orb, "clock"))["now"]) == orb.now


async def test_two_hosts_are_none(orb: Orb) -> None:
    headers = [("Host", "127.0.0.1"), ("Host", "evil.test")]
    assert (await orb.http.get("/_sandbox/clock", headers=headers)).status_code == 403


STRANGE: list[dict[str, str]] = [
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": "https://127.0.0.1"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", STRANGE)
async def test_another_page_cannot_give_orders(orb: Orb, headers: dict[str, str]) -> None:
    await orb.http.post("/_sandbox/faults", json={"route": "ping", "kind": "drip"})
    answers = [
        await orb.http.post("/_sandbox", data={"do": "clear_faults"}, headers=headers),
        await orb.http.post("/_sandbox/clock", json={"advance": 60}, headers=headers),
        await orb.http.delete("/_sandbox/faults", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert at((await told(orb, "clock"))["now"]) == orb.now
    assert len((await told(orb, "faults"))["data"]) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
async def test_its_own_page_and_programs_can(orb: Orb, headers: dict[str, str]) -> None:
    answer = await orb.http.post("/_sandbox", data={"do": "release"}, headers=headers)
    assert answer.status_code == 303


async def test_orbs_routes_answer_under_any_name(orb: Orb) -> None:
    assert (await orb.http.get("/v1/ping", headers={"Host": "orb.test"})).status_code == 200
