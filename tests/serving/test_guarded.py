"""A connection that is slow is closed, and the guard is what closes it: uvicorn's own protocol does not."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.serving.guarded import Guarded
from tests.serving.probe import HEAD, LAST, REQUEST, Hosted, Probe, hosting, status

POST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n"
LARGE = 8 * 1024 * 1024


class Patient(Guarded):
    """The guard with few places, for which nothing is late: what it closes, it closes for another reason."""

    head_within = body_within = read_within = linger = 60.0
    most_connections = 12
    most_per_address = 8


class Hasty(Guarded):
    """The guard in a hurry."""

    head_within = body_within = 0.3
    read_within = 1.0
    linger = 0.1


async def _well(request: Request) -> Response:  # noqa: ARG001
    return PlainTextResponse("ok")


async def _echo(request: Request) -> Response:
    return PlainTextResponse((await request.body()).decode())


async def _large(request: Request) -> Response:  # noqa: ARG001
    return PlainTextResponse("x" * LARGE)


async def _slow(request: Request) -> Response:  # noqa: ARG001
    async def parts() -> Any:
        for each in range(8):
            yield f"{each}\n"
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


async def _later(request: Request) -> Response:
    await asyncio.sleep(1.5 * Hasty.body_within)
    return PlainTextResponse(str(len(await request.body())))


async def _headers(request: Request) -> Response:
    await request.body()
    return PlainTextResponse(",".join(request.headers))


APP = Starlette(
    routes=[
        Route("/livez", _well),
        Route("/echo", _echo, methods=["POST"]),
        Route("/large", _large),
        Route("/slow", _slow, methods=["GET", "POST"]),
        Route("/later", _later, methods=["POST"]),
        Route("/headers", _headers, methods=["POST"]),
    ]
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Hosted]:
    with hosting(APP, Hasty) as server:
        yield server


@pytest.fixture(scope="module")
def patient() -> Iterator[Hosted]:
    with hosting(APP, Patient) as server:
        yield server


@pytest.fixture(scope="module")
def stock() -> Iterator[Hosted]:
    with hosting(APP, HttpToolsProtocol) as server:
        yield server


def silent(probe: Probe) -> None:
    pass


def half_a_head(probe: Probe) -> None:
    probe.send(HEAD)


def dripped_head(probe: Probe) -> None:
    probe.drip(HEAD + b"X: " + b"x" * 300, every=0.02, seconds=5)


def dripped_newlines(probe: Probe) -> None:
    probe.drip(b"\r\n" * 200, every=0.02, seconds=5)


def half_a_second_head(probe: Probe) -> None:
    probe.send(REQUEST + HEAD)


def half_a_body(probe: Probe) -> None:
    probe.send(POST + b"half")


def dripped_body(probe: Probe) -> None:
    probe.send(POST.replace(b"20", b"500"))
    probe.drip(b"x" * 400, every=0.02, seconds=5)


def dripped_chunks(probe: Probe) -> None:
    probe.send(POST.replace(b"Content-Length: 20", b"Transfer-Encoding: chunked"))
    probe.drip(b"1\r\nx\r\n" * 60, every=0.02, seconds=5)


SLOW = [silent, half_a_head, dripped_head, dripped_newlines, half_a_second_head, half_a_body, dripped_body,
        dripped_chunks]  # fmt: skip


def closed(server: Hosted, within: float) -> dict[str, float | None]:
    """After how long the server closes each of these connections; None where it does not."""

    def one(behave: Any) -> float | None:
        with Probe(server.port) as probe:
            behave(probe)
            return time.monotonic() - probe.began if probe.is_closed(within) else None

    calm(server)
    with ThreadPoolExecutor(len(SLOW)) as together:
        return dict(zip((each.__name__ for each in SLOW), together.map(one, SLOW), strict=True))


def test_a_request_that_is_not_whole_in_time_closes_the_connection(guarded: Hosted) -> None:
    assert {name: took for name, took in closed(guarded, within=6).items() if not 0.25 < (took or 0) < 4} == {}


def test_uvicorn_alone_would_wait(stock: Hosted) -> None:
    assert set(closed(stock, within=0.5).values()) == {None}


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_a_client_that_does_not_read_is_cut(guarded: Hosted, stock: Hosted, close: bytes) -> None:
    for server, stays in ((guarded, False), (stock, True)):
        with Probe(server.port, buffer=4096) as probe:
            probe.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n" + close + b"\r\n")
            assert probe.socket.recv(16).startswith(b"HTTP/1.1 200")
            ends = time.monotonic() + (0.8 if stays else 4)
            while server.connections and time.monotonic() < ends:
                time.sleep(0.02)
            assert bool(server.connections) is stays


def test_a_client_that_reads_slowly_but_reads_has_its_whole_answer(guarded: Hosted) -> None:
    with Probe(guarded.port, buffer=65536) as probe:
        probe.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        found = 0
        while part := probe.socket.recv(256 * 1024):
            found += len(part)
            time.sleep(0.03)
        took = time.monotonic() - probe.began
    assert found > LARGE
    assert took > 2 * Hasty.read_within


def test_an_answer_of_ours_may_take_longer_than_any_limit(guarded: Hosted) -> None:
    with Probe(guarded.port) as probe:
        probe.send(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        found = probe.answer()
    assert time.monotonic() - probe.began > 2 * Hasty.head_within
    assert (status(found), found.endswith(b"2\r\n7\n\r\n0\r\n\r\n")) == (200, True)


def test_half_a_request_behind_a_slow_answer_does_not_cut_the_answer(guarded: Hosted) -> None:
    with Probe(guarded.port) as probe:
        probe.send(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" + HEAD)
        found = probe.answer()
    assert found.endswith(b"2\r\n7\n\r\n0\r\n\r\n")


def test_a_body_that_we_do_not_read_yet_is_not_late(guarded: Hosted) -> None:
    size = 4 * 1024 * 1024
    with Probe(guarded.port) as probe:
        head = b"POST /later HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        assert probe.send(head % size + b"x" * size)
        assert probe.answer().endswith(b"\r\n\r\n%d" % size)


def test_an_answer_under_way_is_never_mixed_with_a_refusal(guarded: Hosted) -> None:
    with Probe(guarded.port) as probe:
        probe.send(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert probe.answer(until=b"0\n")
        probe.send(b"garbage\r\n\r\n")
        assert b"HTTP/1.1 400" not in probe.answer()


def test_what_follows_an_offer_of_another_protocol_is_not_looked_at(
    guarded: Hosted, caplog: pytest.LogCaptureFixture
) -> None:
    with Probe(guarded.port) as probe:
        probe.send(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert probe.answer(until=b"0\n")
        for _ in range(10):
            probe.send(b"PRI * HTTP/2.0\r\n")
            time.sleep(0.01)
        assert probe.answer().endswith(b"7\n\r\n0\r\n\r\n")
    assert [each.message for each in caplog.records].count("Unsupported upgrade request.") == 1


def test_a_head_without_an_end_is_refused_before_its_time_is_over(patient: Hosted) -> None:
    with Probe(patient.port) as probe:
        probe.send(HEAD + b"X: " + b"x" * 30_000)
        assert status(probe.answer()) == 431


def test_who_is_refused_while_still_sending_can_send_on_and_read_why(patient: Hosted) -> None:
    with Probe(patient.port) as probe:
        probe.send(HEAD + b"X: " + b"x" * 30_000)
        found = probe.answer(until=b"}")
        assert all(probe.send(b"x" * 1000) for _ in range(5))
        assert status(found + probe.answer()) == 431


def test_an_upload_that_takes_longer_than_a_head_may_and_is_in_time_arrives() -> None:
    class Brief(Patient):
        head_within = 0.1

    with hosting(APP, Brief) as server, Probe(server.port) as probe:
        probe.send(POST)
        for _ in range(10):
            time.sleep(0.02)
            probe.send(b"ab")
        assert probe.answer(until=b"ab" * 10).endswith(b"ab" * 10)


def test_a_connection_may_be_idle_for_longer_than_a_head_may_take(guarded: Hosted) -> None:
    with Probe(guarded.port) as probe:
        probe.send(REQUEST)
        assert status(probe.answer(until=b"ok")) == 200
        assert not probe.is_closed(within=2 * Hasty.head_within)
        probe.send(REQUEST)
        assert status(probe.answer(until=b"ok")) == 200


def test_an_idle_connection_is_closed_in_the_end() -> None:
    with hosting(APP, Hasty, timeout_keep_alive=1) as server, Probe(server.port) as probe:
        asked = time.monotonic()
        probe.send(REQUEST)
        assert status(probe.answer(until=b"ok")) == 200
        assert probe.is_closed(within=10)
        assert time.monotonic() - asked > 0.9


def test_a_body_is_asked_for_when_the_client_waits_to_be_asked(patient: Hosted) -> None:
    with Probe(patient.port) as probe:
        probe.send(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert probe.answer(until=b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        probe.send(b"x" * 20)
        assert probe.answer(until=b"x" * 20).endswith(b"x" * 20)


def test_trailers_are_no_headers(patient: Hosted, stock: Hosted) -> None:
    chunked = b"POST /headers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    for server, seen in ((patient, False), (stock, True)):
        with Probe(server.port) as probe:
            probe.send(chunked + b"1\r\nx\r\n0\r\nAuthorization: Bearer me\r\n\r\n")
            assert (b"authorization" in probe.answer()) is seen


@pytest.mark.parametrize("wrapping", [b"1;" + b"x" * 40000 + b"\r\nx\r\n", b"0\r\nX: " + b"x" * 40000])
def test_more_around_a_body_than_in_it_is_refused(patient: Hosted, wrapping: bytes) -> None:
    with Probe(patient.port) as probe:
        probe.send(POST.replace(b"Content-Length: 20", b"Transfer-Encoding: chunked"))
        for part in range(0, len(wrapping), 4096):
            probe.send(wrapping[part : part + 4096])
            time.sleep(0.005)
        assert probe.is_closed(within=10)


def test_each_address_has_so_many_connections_and_the_next_is_told(patient: Hosted) -> None:
    calm(patient)
    held = [Probe(patient.port, source="127.0.0.3") for _ in range(8)]
    with Probe(patient.port, source="127.0.0.3") as ninth, Probe(patient.port, source="127.0.0.2") as other:
        refused = ninth.answer()
        other.send(LAST)
        assert status(other.answer()) == 200
    assert status(refused) == 503
    assert b'"code":"too_many_connections"' in refused
    assert b"retry-after: 1\r\n" in refused
    close(held)
    calm(patient)
    with Probe(patient.port, source="127.0.0.3") as probe:
        probe.send(LAST)
        assert status(probe.answer()) == 200


def test_all_together_have_so_many_connections(patient: Hosted) -> None:
    calm(patient)
    held = [Probe(patient.port, source=f"127.0.0.{2 + each % 3}") for each in range(12)]
    with Probe(patient.port) as one_more:
        assert status(one_more.answer()) == 503
    close(held)


def test_a_flood_past_the_limit_is_closed_without_a_word(patient: Hosted) -> None:
    calm(patient)
    with patient.held():  # all of them are there before the first is looked at
        flood = [Probe(patient.port, source="127.0.0.3") for _ in range(60)]
    answers = [status(each.answer()) for each in flood[8:]]
    assert set(answers) == {503, 0}
    assert answers.count(503) <= 16
    close(flood)


def test_connections_of_a_trusted_proxy_are_not_counted_by_address() -> None:
    with hosting(APP, Patient, proxy_headers=True, forwarded_allow_ips="127.0.0.2") as server:
        held = [Probe(server.port, source="127.0.0.2") for _ in range(10)]
        held[-1].send(LAST)
        assert status(held[-1].answer()) == 200
        close(held)


def test_connections_of_this_machine_are_not_counted_by_address(patient: Hosted) -> None:
    calm(patient)
    held = [Probe(patient.port) for _ in range(10)]
    held[-1].send(LAST)
    assert status(held[-1].answer()) == 200
    close(held)


def calm(server: Hosted) -> None:
    """Waits until the server has seen all earlier connections end."""
    ends = time.monotonic() + 60
    while server.connections:
        assert time.monotonic() < ends
        time.sleep(0.005)


def close(probes: list[Probe]) -> None:
    for each in probes:
        each.socket.close()
