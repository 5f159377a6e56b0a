"""Faults as they look from the other end of a real socket."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .sandbox_client import Orb, served

LUMEN = "/v1/customers/external_customer_id/lumen"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def http(sandbox: str) -> Iterator[httpx.Client]:
    """A client of a sandbox with no fault in force and an empty journal."""
    headers = {"Authorization": "Bearer a-key"}
    with httpx.Client(base_url=sandbox, headers=headers, trust_env=False, timeout=10) as http:
        http.delete("/_sandbox/faults")
        http.delete("/_sandbox/requests")
        yield http


def order(http: httpx.Client, kind: str, route: str = "credits_ledger", **more: Any) -> Any:
    return http.post("/_sandbox/faults", json={"route": route, "kind": kind, **more}).raise_for_status().json()


def connect(http: httpx.Client, path: str) -> socket.socket:
    """Ask for a path over a bare socket."""
    found = socket.create_connection((http.base_url.host, http.base_url.port or 0), timeout=10)
    found.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n\r\n".encode())
    return found


def read_to(found: socket.socket, length: int, seen: bytes = b"") -> bytes:
    """Read until so many bytes of the body are here."""
    while len(seen.partition(b"\r\n\r\n")[2]) < length:
        more = found.recv(65_536)
        assert more, "the answer ended early"
        seen += more
    return seen


def struck(http: httpx.Client) -> None:
    """Wait until the only fault has struck."""
    while http.get("/_sandbox/faults").json()["data"][0]["hits"] == 0:
        pass


def ended(http: httpx.Client) -> bool:
    """Wait until the sandbox is done with the only request."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        (entry,) = http.get("/_sandbox/requests").json()["data"]
        if entry["ended"] is not None:
            return True
    return False


def test_a_drip_is_the_true_answer_four_bytes_at_a_time(http: httpx.Client) -> None:
    true = http.get(LUMEN).raise_for_status()
    order(http, "drip", route="customer", seconds=0.001)
    began = time.monotonic()
    dripped = http.get(LUMEN).raise_for_status()
    assert (dripped.content, dripped.headers["content-length"]) == (true.content, true.headers["content-length"])
    assert time.monotonic() - began >= 0.001 * len(true.content) / 4


def test_a_drip_keeps_going_where_a_read_timeout_would_not_notice(http: httpx.Client) -> None:
    order(http, "drip", seconds=0.05)
    began = time.monotonic()
    with connect(http, f"{LUMEN}/credits/ledger") as found:
        seen = read_to(found, 4)
        length = int(seen.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        seen = read_to(found, 40, seen)
        assert time.monotonic() - began >= 0.05 * 9
    assert length > 10_000  # at this pace it would last for minutes
    assert ended(http)


def test_a_huge_answer_is_well_formed_and_as_long_as_ordered(http: httpx.Client) -> None:
    order(http, "huge", bytes=1_000_003)
    answer = http.get(f"{LUMEN}/credits/ledger").raise_for_status()
    assert (len(answer.content), answer.headers["content-type"]) == (1_000_003, "application/json")
    assert "content-length" not in answer.headers
    assert answer.json()["data"] == []


def test_a_huge_answer_stops_when_the_client_leaves(http: httpx.Client) -> None:
    assert order(http, "huge")["bytes"] == 64 << 20
    http.delete("/_sandbox/faults")
    order(http, "huge", bytes=1 << 40)
    with connect(http, f"{LUMEN}/credits/ledger") as found:
        read_to(found, 1 << 20)
    assert ended(http)


@pytest.mark.parametrize("kind", ["hang", "slow", "drip"])
def test_nothing_goes_on_for_a_client_that_has_left(http: httpx.Client, kind: str) -> None:
    order(http, kind, seconds=3600)
    with connect(http, f"{LUMEN}/credits/ledger"):
        struck(http)
    assert ended(http)


def test_a_hanging_answer_sends_not_a_byte(http: httpx.Client) -> None:
    order(http, "hang")
    with connect(http, f"{LUMEN}/credits/ledger") as found:
        struck(http)
        found.settimeout(0.1)
        with pytest.raises(TimeoutError):
            found.recv(1)


def test_a_cut_answer_breaks_off_in_the_middle(http: httpx.Client) -> None:
    true = http.get(LUMEN).raise_for_status().content
    order(http, "cut", route="customer")
    with connect(http, LUMEN) as found:
        seen = read_to(found, len(true) // 2)
        assert (seen.partition(b"\r\n\r\n")[2], found.recv(1)) == (true[: len(true) // 2], b"")


def test_an_answer_of_wrong_types_has_the_right_names(http: httpx.Client) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(part) for name, part in value.items()}
        return {str(n): shape(part) for n, part in enumerate(value)} if isinstance(value, list) else value is None

    def wrong(true: Any, false: Any) -> bool:
        if isinstance(true, dict):
            return all(wrong(part, false[name]) for name, part in true.items())
        if isinstance(true, list):
            return isinstance(false, dict) and all(wrong(part, false[str(n)]) for n, part in enumerate(true))
        return true is None or type(true) is not type(false)

    path = f"{LUMEN}/credits/ledger"
    true = http.get(path).raise_for_status().json()
    order(http, "wrong_type")
    false = http.get(path).raise_for_status().json()
    assert true["data"][0]["id"]
    assert shape(false) == shape(true)
    assert wrong(true, false)
    assert not wrong(true, true)


def test_a_refusal_keeps_its_types(http: httpx.Client) -> None:
    order(http, "wrong_type", route="customer")
    assert http.get("/v1/customers/unknown").json()["status"] == 404


def test_a_page_comes_where_json_was_asked_for(http: httpx.Client) -> None:
    order(http, "wrong_content_type")
    answer = http.get(f"{LUMEN}/credits/ledger")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!doctype html>")


@pytest.mark.parametrize("when", [3, "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
def test_a_status_may_say_why_and_when_to_come_back(http: httpx.Client, when: int | str) -> None:
    order(http, "status", status=503, retry_after=when, detail="Orb is being repaired.")
    answer = http.get(f"{LUMEN}/credits/ledger")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(when))
    assert answer.json()["detail"] == "Orb is being repaired."


def test_a_fault_may_strike_everywhere(http: httpx.Client) -> None:
    order(http, "status", route="*", times=3)
    paths = ["/v1/ping", "/v1/subscriptions", f"{LUMEN}/costs", "/v1/ping"]
    assert [http.get(path).status_code for path in paths] == [500, 500, 500, 200]


def test_what_is_refused_is_cut_and_dripped_as_well(http: httpx.Client) -> None:
    order(http, "drip", route="customer", seconds=0)
    assert http.get("/v1/customers/unknown").status_code == 404
    order(http, "cut", route="customer")
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/v1/customers/unknown")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 199),
        ("status", 600),
        ("retry_after", -1),
        ("retry_after", "1\r\nSet-Cookie: a=b"),
        ("retry_after", "1\n"),
        ("retry_after", ""),
        ("seconds", -1),
        ("bytes", 63),
        ("bytes", 1 << 41),
        ("times", -2),
    ],
)
async def test_an_impossible_fault_is_refused_by_name(orb: Orb, name: str, value: Any) -> None:
    order = {"route": "customer", "kind": "status", name: value}
    answer = await orb.http.post("/_sandbox/faults", content=json.dumps(order))
    assert answer.status_code == 400
    assert name in answer.json()["validation_errors"][0]
