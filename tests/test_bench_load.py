"""What the benchmark counts is what happened."""

import argparse
import asyncio
import gzip
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import cast

import httpx
import pytest

from tests.bench import fleet, load, raw
from tests.bench.ages import counted
from tests.bench.cancelled import is_whole
from tests.bench.growth import exponent
from tests.bench.head import until_head
from tests.bench.memory import weighed
from tests.bench.process import Program
from tests.bench.programs import named, signed
from tests.bench.table import ratios
from tests.fleet import crowd_orb
from tests.whole import whole


class Here(Program):
    """A program whose processor is that of this process."""

    def spent(self) -> float:
        return time.process_time()


class Answering(asyncio.Protocol):
    """Gives the same answers in turn on each connection, over and over."""

    def __init__(self, answers: Sequence[bytes], transports: list[asyncio.Transport]) -> None:
        self._answers = cycle(answers)
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transports.append(cast(asyncio.Transport, transport))

    def data_received(self, _data: bytes) -> None:
        self._transports[-1].write(next(self._answers))


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[int]:
    """A server for one connection at a time; gives its port."""
    transports: list[asyncio.Transport] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(answers, transports), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    for each in transports:
        each.abort()
    server.close()
    await server.wait_closed()


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PIECES = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: W/"1"\r\n\r\n'


async def test_a_viewer_reads_answers_with_a_length_in_chunks_and_without_a_body() -> None:
    async with answering(WHOLE, PIECES, UNCHANGED) as port:
        connection = await raw.connect(port)
        answers = [await connection.get(raw.get("/", port)) for _ in range(4)]
        connection.close()

    assert answers == [(200, b"ok"), (200, b"2\r\nok\r\n0\r\n\r\n"), (304, b""), (200, b"ok")]


async def test_the_cost_of_one_answer_is_what_was_spent_on_all_by_their_number() -> None:
    async with answering(WHOLE) as port:
        program = Here("here", [], "", port=port)
        began = program.spent()
        cost = await load.hits(program, raw.get("/", port), 1, 0.05)
        assert 0 < cost <= program.spent() - began


async def test_an_answer_that_was_not_expected_ends_the_measurement() -> None:
    async with answering(WHOLE, UNCHANGED) as port:
        with pytest.raises(raw.Broken, match="here answers 304"):
            await load.hits(Here("here", [], "", port=port), raw.get("/", port), 1, 60)


def test_a_program_is_billed_for_what_its_process_used() -> None:
    process = subprocess.Popen([sys.executable, "-c", "sum(range(3_000_000)); input()"], stdin=subprocess.PIPE)
    program = Program("sum", [], "", process=process)
    while program.spent() < 0.01:
        assert process.poll() is None
    assert program.resident() > 2**20
    process.communicate(b"\n")


@pytest.mark.parametrize("packed", [False, True])
async def test_the_head_is_there_once_it_can_be_read(packed: bool) -> None:
    reader = asyncio.StreamReader()
    page = b"<html><head><title>Usage</title></head><body>"
    sent = gzip.compress(page, mtime=0) if packed else page
    encoding = b"Content-Encoding: gzip\r\n" if packed else b""
    reader.feed_data(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + encoding + b"\r\n")
    reader.feed_data(b"5\r\n" + sent[:5] + b"\r\n")
    reader.feed_data(f"{len(sent) - 5:x}\r\n".encode() + sent[5:] + b"\r\n4\r\nbody\r\n")

    await until_head(reader)

    assert await reader.readline() == b"4\r\n"


async def test_a_page_that_ends_before_its_head_does_is_lost() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<htm\r\n0\r\n\r\n")
    with pytest.raises(EOFError):
        await until_head(reader)


def test_a_dashboard_with_a_card_that_failed_is_not_whole() -> None:
    assert is_whole(b'{"cards":{"bill":{"status":"ready"},"spend":{"status":"ready"}}}')
    assert not is_whole(b'{"cards":{"bill":{"status":"ready"},"spend":{"status":"failed"}}}')


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_the_power_with_which_cost_grows(power: float) -> None:
    sizes = (5, 25, 100, 200)
    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_ratios_are_taken_within_a_round() -> None:
    assert ratios([1.0, 10.0], [2.0, 20.0]) == [0.5, 0.5]


def test_an_unknown_program_is_refused_with_the_names_of_those_there_are() -> None:
    assert named("limit,fastapi_orb") == ["limit", "fastapi_orb"]
    with pytest.raises(argparse.ArgumentTypeError, match="no nginx; there is limit, starlette_httpx"):
        named("limit,nginx")


async def test_the_service_tells_what_kept_answers_weigh_and_how_old_figures_were() -> None:
    async with whole() as service, service.client("northwind") as browser:
        assert weighed((await browser.get("/metrics")).text) == (0, 0)
        before = counted([(await browser.get("/metrics")).text])
        (await browser.get("/api/cards/bill")).raise_for_status()
        text = (await browser.get("/metrics")).text

    weight, answers = weighed(text)
    assert weight > answers > 0
    after = counted([text, text])
    assert after[float("inf")] == 2 * (before[float("inf")] + 1)


def test_a_customer_is_new_once_and_kept_when_all_of_the_page_was_seen() -> None:
    visits = fleet.Visits()

    assert visits.of("one", 10.0) == "new"
    assert visits.of("one", 10.5) == "between"
    visits.whole["one"] = 11.0
    assert visits.of("one", 12.0) == "kept"
    assert visits.of("one", 12.0 + fleet.MAX_AGE) == "between"
    assert visits.of("two", 12.0) == "new"


async def test_the_crowds_orb_refuses_what_is_beyond_its_plan_and_counts_it() -> None:
    crowd_orb.limits.change("trial")
    transport = httpx.ASGITransport(crowd_orb.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://orb.test") as client:
        costs = [await client.get("/v1/subscriptions/Suone/costs") for _ in range(3)]
        counts: dict[str, int] = (await client.get("/refused")).json()
    crowd_orb.limits.change("off")
    crowd_orb.refused.clear()
    crowd_orb.arrivals.clear()

    assert [each.status_code for each in costs] == [200, 429, 429]
    assert counts == {"analytics": 2}


def test_viewers_sign_in_as_themselves() -> None:
    first, second = signed("bench-000001"), signed("bench-000002")
    assert first != second
    assert first.startswith("Authorization: Bearer ")
    assert first.endswith("\r\n")
