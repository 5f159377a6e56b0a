"""The service as a process: what it says to heads that are too large, to garbage, and to requests with two meanings."""

import json
import re
from collections.abc import Iterator

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.serving.probe import HEAD, LAST, Probe, hosting, status
from tests.serving.service import Service, service
from tests.serving.test_guarded import APP
from tests.web.test_headers import ALWAYS

POST = b"POST /session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
CHUNKS = b"0\r\n\r\n"

TOO_LARGE = {
    "a header of 20 MB": HEAD + b"X: " + b"x" * 20_000_000 + b"\r\n\r\n",
    "a header of 17 kB": HEAD + b"X: " + b"x" * 17_000 + b"\r\n\r\n",
    "20,000 headers": HEAD + b"X: 1\r\n" * 20_000 + b"\r\n",
    "65 headers": HEAD + b"X: 1\r\n" * 64 + b"\r\n",
    "a URL of 17 kB": b"GET /" + b"x" * 17_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a URL without an end": b"GET /" + b"x" * 400_000,
}
MALFORMED = {
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n",
    "no Host in HTTP/1.0": b"GET /livez HTTP/1.0\r\n\r\n",
    "two Hosts": HEAD + b"Host: localhost\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not TLS either\r\n\r\n",
    "a method that is none": b"HELLO /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "CONNECT": b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "Content-Length and Transfer-Encoding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "Transfer-Encoding and Content-Length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKS,
    "two Content-Lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    "the same Content-Length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "a Content-Length that is no number": POST + b"Content-Length: +5\r\n\r\nabcde",
    "a coding after chunked": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS,
    "a chunk without a size": POST.replace(b"session", b"livez") + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a bare line feed": b"GET /livez HTTP/1.1\nHost: localhost\n\n",
    "a header folded into the next line": HEAD + b"X: 1\r\n 2\r\n\r\n",
    "a space before the colon": HEAD + b"X : 1\r\n\r\n",
    "a header without a name": HEAD + b": 1\r\n\r\n",
    "a NUL": HEAD + b"X: a\x00b\r\n\r\n",
}


@pytest.fixture(scope="module")
def orrery() -> Iterator[Service]:
    with service() as found:
        yield found


def exchange(port: int, data: bytes) -> bytes:
    with Probe(port) as probe:
        probe.send(data)
        return probe.answer()


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_head_that_is_too_large_is_refused_in_words(orrery: Service, name: str) -> None:
    head, _, body = exchange(orrery.port, TOO_LARGE[name]).partition(b"\r\n\r\n")
    problem = json.loads(body)

    assert status(head) == 431
    assert b"content-type: application/problem+json\r\n" in head
    assert head.endswith(b"connection: close")
    assert f"x-request-id: {problem['request_id']}\r\n".encode() in head
    assert {**problem, "request_id": "…"} == {
        "type": "about:blank",
        "title": "Request Header Fields Too Large",
        "status": 431,
        "detail": "The head of this request is too large.",
        "code": "head_too_large",
        "request_id": "…",
    }


@pytest.mark.parametrize(
    "data", [TOO_LARGE["65 headers"], MALFORMED["no Host"], HEAD + b"Connection: close\r\n\r\n"], ids=range(3)
)
def test_what_the_wire_carries_are_our_headers_and_no_name_of_the_server(orrery: Service, data: bytes) -> None:
    head, _, _ = exchange(orrery.port, data).partition(b"\r\n\r\n")
    found = dict(line.lower().split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])

    assert found.keys() - {"content-type", "content-length", "date", "connection"} == {*ALWAYS}
    assert [name for name in ALWAYS if not re.fullmatch(ALWAYS[name].lower(), found[name])] == []


def test_a_head_that_just_fits_is_served(orrery: Service) -> None:
    assert status(exchange(orrery.port, LAST[:-2] + b"X: " + b"x" * 16_000 + b"\r\n\r\n")) == 200
    assert status(exchange(orrery.port, LAST[:-2] + b"X: 1\r\n" * 62 + b"\r\n")) == 200


def test_uvicorn_alone_would_serve_them() -> None:
    served = [name for name in TOO_LARGE if name != "a URL without an end"]
    with hosting(APP, HttpToolsProtocol) as server:
        for name in served:
            data = TOO_LARGE[name].replace(b"Host: localhost", b"Host: localhost\r\nConnection: close")
            assert status(exchange(server.port, data)) in (200, 404), name


@pytest.mark.parametrize("name", MALFORMED)
def test_a_request_with_two_meanings_or_none_is_refused_once_and_the_connection_ends(
    orrery: Service, name: str
) -> None:
    found = exchange(orrery.port, MALFORMED[name] + LAST)

    assert status(found) in (400, 0)
    assert status(found) == 400 or "chunk" in name
    assert found.count(b"HTTP/1.1 ") <= 1
    if status(found) == 400:
        assert json.loads(found.partition(b"\r\n\r\n")[2])["code"] in ("malformed", "wrong_host")


def test_uvicorn_alone_would_take_any_number_of_hosts() -> None:
    with hosting(APP, HttpToolsProtocol) as server:
        for name in ("no Host", "two Hosts"):
            data = MALFORMED[name][:-2] + b"Connection: close\r\n\r\n"
            assert status(exchange(server.port, data)) == 200


def test_requests_sent_ahead_are_answered_in_order(orrery: Service) -> None:
    found = exchange(orrery.port, (HEAD + b"\r\n") * 10 + LAST)
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 11


def test_too_many_requests_sent_ahead_end_the_connection(orrery: Service) -> None:
    assert exchange(orrery.port, (HEAD + b"\r\n") * 100 + LAST).count(b"HTTP/1.1 200 OK\r\n") < 100


def test_an_offer_of_another_protocol_is_answered_in_this_one_and_ends_the_connection(orrery: Service) -> None:
    for offer in (b"h2c", b"websocket"):
        found = exchange(orrery.port, HEAD + b"Connection: Upgrade\r\nUpgrade: " + offer + b"\r\n\r\n")
        assert status(found) == 200
        assert b"connection: close" in found
