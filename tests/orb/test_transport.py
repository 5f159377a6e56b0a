"""The wire itself, on real sockets: what leaves, byte for byte, and what a bad peer can do."""

import gzip
import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from traceback import TracebackException
from typing import Any

import anyio
import pytest

from app import log
from app.days import Period
from app.orb import errors
from app.orb.client import Orb
from app.orb.path import CustomerRef
from app.orb.transport import Keyed, Logged, Wire
from app.secret import Secret
from tests.orb.answers import SUBSCRIPTION, example
from tests.orb.raw import OK, Peer, peer

KEY = "orb_live_CANARY_5d1f"
MAY = Period(datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 5, 21, 7, tzinfo=UTC))

Dial = Callable[[Peer], Orb]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """A client of a peer; its sockets are closed after the test."""
    wires: list[Wire] = []

    def open_to(peer: Peer, deadline: float = 0.5, limit: int = 100_000) -> Orb:
        wires.append(Wire())
        return Orb(Logged(Keyed(wires[-1], Secret(KEY))), peer.url, deadline=deadline, limit=limit)

    yield open_to
    for wire in wires:
        await wire.aclose()


def http(body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: application/json", b"Content-Length: %d" % size, *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def test_header_names_leave_as_orb_spells_them(dial: Dial) -> None:
    async with peer(http(example("invoices_upcoming"))) as orb:
        await dial(orb).upcoming_invoice(SUBSCRIPTION, max_age=300)

    head = orb.received[0]
    assert b"\r\nOrb-Cache-Control: cache\r\n" in head
    assert b"\r\nOrb-Cache-Max-Age-Seconds: 300\r\n" in head
    assert head.startswith(b"GET /v1/invoices/upcoming?subscription_id=SuBorealis000001 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("own", "segment"), [("a/../b", b"a%2F..%2Fb"), ("%2e%2e", b"%252e%252e"), ("a?b#c d", b"a%3Fb%23c%20d")]
)
async def test_the_path_leaves_byte_for_byte_as_it_was_built(dial: Dial, own: str, segment: bytes) -> None:
    async with peer(http(example("customer"))) as orb:
        await dial(orb).customer(CustomerRef("external_customer_id", own))

    assert orb.received[0].startswith(b"GET /v1/customers/external_customer_id/%s HTTP/1.1\r\n" % segment)


@pytest.fixture
def loud() -> Iterator[io.StringIO]:
    """Everything is logged, as a debugging operator would have it; afterwards as before."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    lines = io.StringIO()
    log.set_up("DEBUG", lines)
    root.setLevel(logging.DEBUG)
    yield lines
    root.handlers[:], root.level = before


async def test_the_key_is_on_the_wire_and_nowhere_else(dial: Dial, loud: io.StringIO) -> None:
    raised: list[BaseException] = []
    async with peer(OK, b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b"not http at all\r\n\r\n") as orb:
        client = dial(orb)
        for _ in range(3):
            try:
                await client.ping()
            except errors.OrbError as error:
                raised.append(error)

    assert len(raised) == 2
    assert b"\r\nAuthorization: Bearer " + KEY.encode() in orb.received[0]
    seen = loud.getvalue() + repr(vars(client)) + "".join(map(_everything, raised))
    assert '"call": "ping"' in seen
    assert KEY not in seen


def _everything(error: BaseException | None) -> str:
    """What a reporter that follows every link and shows all local variables would send."""
    if error is None:
        return ""
    frames = TracebackException.from_exception(error, capture_locals=True).stack
    ours = "".join(repr(frame.locals) for frame in frames if "/tests/" not in frame.filename)
    return repr(error) + repr(vars(error)) + ours + _everything(error.__cause__) + _everything(error.__context__)


async def test_one_connection_serves_calls_one_after_the_other(dial: Dial) -> None:
    async with peer(OK) as orb:
        client = dial(orb)
        for _ in range(5):
            await client.ping()

    assert (len(orb.received), orb.connections) == (5, 1)


async def test_gzip_is_asked_for_and_inflated(dial: Dial) -> None:
    body = gzip.compress(example("customer"))
    async with peer(http(body, b"Content-Encoding: gzip")) as orb:
        found = await dial(orb).customer(CustomerRef("external_customer_id", "borealis"))

    assert b"\r\nAccept-Encoding: gzip\r\n" in orb.received[0]
    assert found.value.name == "Borealis Ltd"


PONG = json.dumps({"response": "pong"}).encode()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(gzip.compress(b" " * 50_000_000), b"Content-Encoding: gzip"), errors.TooLarge),
        (http(gzip.compress(PONG)[:-4], b"Content-Encoding: gzip"), errors.Malformed),
        (http(gzip.compress(PONG) + b"more", b"Content-Encoding: gzip"), errors.Malformed),
        (http(PONG, length=len(PONG) + 5), errors.Malformed),
        (http(b" " * 200_000), errors.TooLarge),
        (b"not http at all\r\n\r\n", errors.Malformed),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", errors.Refused),
    ],
    ids=["bomb", "cut gzip", "gzip and more", "cut", "huge", "garbage", "redirect"],
)
async def test_a_bad_answer_costs_one_call_and_the_next_one_works(
    dial: Dial, answer: bytes, kind: type[errors.OrbError]
) -> None:
    async with peer(answer, OK, hang_up=True) as orb:
        client = dial(orb)

        with pytest.raises(errors.OrbError) as raised:
            await client.ping()
        await client.ping()

    assert type(raised.value) is kind


async def test_a_connection_that_was_closed_meanwhile_costs_nothing(dial: Dial) -> None:
    async with peer(OK, hang_up=True) as orb:
        client = dial(orb)
        for _ in range(3):
            await client.ping()

    assert orb.connections == 3


async def test_a_peer_that_always_hangs_up_is_unreachable(dial: Dial) -> None:
    async with peer(b"", hang_up=True) as orb:
        with pytest.raises(errors.Unreachable):
            await dial(orb).ping()

    assert len(orb.received) == 1


async def test_a_peer_that_never_answers_costs_the_deadline_and_no_connection(dial: Dial) -> None:
    async with peer(None, OK) as orb:
        client = dial(orb)

        with pytest.raises(errors.TimedOut):
            await client.ping()
        await client.ping()

    assert orb.connections == 2


async def test_nobody_there_is_unreachable(dial: Dial) -> None:
    async with peer(OK) as orb:
        pass

    with pytest.raises(errors.Unreachable):
        await dial(orb).ping()


async def test_hundreds_of_cancelled_calls_leave_the_wire_alive(dial: Dial) -> None:
    async def leave(ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(ask)
                await orb.hung.wait()
                scope.cancel()

    async with peer(*[None] * 300, OK) as orb:
        client = dial(orb)
        for _ in range(300):
            orb.hung = anyio.Event()
            await leave(client.ping)
        await client.ping()

    assert len(orb.received) == 301


async def test_the_proxies_of_the_environment_are_not_obeyed(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with peer(OK) as orb:
        await dial(orb).ping()

    assert len(orb.received) == 1
