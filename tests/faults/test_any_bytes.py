"""Whatever bytes come instead of an answer: the true value or an error of ours, in time, and never a wrong figure."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from hypothesis import given, settings
from hypothesis import strategies as st

from app.orb.client import Orb
from app.orb.errors import OrbError
from app.orb.transport import Wire
from app.orb.wire import Invoice
from tests.thorough import times

DEADLINE = 0.5
BODY = (
    b'{"currency":"USD","subtotal":"3062.16","total":"3062.16","amount_due":"2062.16",'
    b'"customer":{"id":"A1","external_customer_id":"borealis"},"line_items":[],"target_date":null}'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nDate: Fri, 20 Nov 2026 20:15:30 GMT\r\n"
ZIPPED = gzip.compress(BODY, mtime=0)
CHUNKS = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:90], BODY[90:])) + b"0\r\n\r\n"
FRAMINGS = {
    "by length": HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    "by hanging up": HEAD + b"\r\n" + BODY,
    "in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "zipped": HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED,
    "zipped, by hanging up": HEAD + b"Content-Encoding: gzip\r\n\r\n" + ZIPPED,
}


class Says:
    """A peer that says `raw` to everybody and hangs up; `url` is its address."""

    raw = b""
    url = ""

    async def serve(self, stream: SocketStream) -> None:
        with suppress(anyio.BrokenResourceError, anyio.EndOfStream):
            async with stream:
                await stream.receive()
                await stream.send(self.raw)


@asynccontextmanager
async def asked(limit: int = 100_000) -> AsyncIterator[tuple[Says, Orb]]:
    peer, wire = Says(), Wire()
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, peer.serve)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610  no SQL here
        peer.url = f"http://127.0.0.1:{port}/v1"
        yield peer, Orb(wire, peer.url, deadline=DEADLINE, limit=limit)
        await wire.aclose()
        group.cancel_scope.cancel()


async def outcome(orb: Orb) -> Invoice | OrbError:
    """What a call comes to: in time, and nothing else but these two."""
    began = anyio.current_time()
    try:
        return (await orb.upcoming_invoice("SuBorealis000001", max_age=300)).value
    except OrbError as error:
        return error
    finally:
        assert anyio.current_time() - began < DEADLINE + 0.2


@pytest.mark.parametrize("raw", FRAMINGS.values(), ids=FRAMINGS)
async def test_an_answer_that_is_cut_anywhere_is_none(raw: bytes) -> None:
    async with asked() as (peer, orb):
        peer.raw = raw
        whole = await outcome(orb)
        cut = []
        for end in range(len(raw)):
            peer.raw = raw[:end]
            cut.append(await outcome(orb))

    assert isinstance(whole, Invoice)
    assert [end for end, found in enumerate(cut) if not isinstance(found, OrbError)] == []


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """Bytes changed, put in, taken out, said twice, or cut off."""
    found = bytearray(raw)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(found)))
        end = min(len(found), start + draw(st.integers(0, 20)))
        found[start:end] = draw(st.one_of(st.binary(max_size=20), st.just(bytes(found[start:end]) * 2), st.just(b"")))
    return bytes(found[: draw(st.integers(0, len(found)))] if draw(st.booleans()) else found)


@settings(max_examples=times(400, 150), derandomize=True)
@given(raw=st.one_of(damaged(FRAMINGS["zipped"]), damaged(FRAMINGS["zipped, by hanging up"]), st.binary(max_size=200)))
async def test_damage_anywhere_to_a_body_that_tells_of_damage_is_seen(raw: bytes) -> None:
    async with asked() as (peer, orb):
        peer.raw = FRAMINGS["by length"]
        whole = await outcome(orb)
        peer.raw = raw
        found = await outcome(orb)

    assert found == whole or isinstance(found, OrbError)


@settings(max_examples=times(400, 150), derandomize=True)
@given(raw=st.one_of(*(damaged(FRAMINGS[each]) for each in ("by length", "by hanging up", "in chunks"))))
async def test_damage_anywhere_comes_to_an_answer_or_to_an_error_of_ours(raw: bytes) -> None:
    async with asked() as (peer, orb):
        peer.raw = raw
        found = await outcome(orb)
        peer.raw = FRAMINGS["by length"]
        after = await outcome(orb)

    assert isinstance(found, Invoice | OrbError)
    assert isinstance(after, Invoice)
