"""No way to Orb at all: every card says so in time or shows what is kept, and nobody is called twice in vain."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass

import anyio
import httpx
import pytest

from app.orb.transport import Layer, Wire
from tests.faults import certificates
from tests.faults.front import Front
from tests.faults.stage import FRESH, LATER, RESTED, WORDS, codes, stage
from tests.whole import NOON

CONNECTING = 0.4  # seconds
FIRST = 3  # calls go out before any answer: the list, and two for the credits

Blocked = Callable[[Front], AbstractAsyncContextManager[None]]


class Tries(Layer):
    """Counts what is sent, or tried to."""

    count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return await super().handle_async_request(request)


@asynccontextmanager
async def nobody(front: Front) -> AsyncIterator[None]:
    """The port is closed."""
    await front.close()
    yield
    await front.open()


@asynccontextmanager
async def full(front: Front) -> AsyncIterator[None]:
    """Somebody listens and accepts nobody, and the queue before them is full: what else comes is not even refused."""
    await front.close()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", front.port))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(("127.0.0.1", front.port))
        yield
        for each in waiting:
            each.close()
    await front.open()


def mute(greeting: bytes = b"", *, hangs_up: bool = False) -> Blocked:
    """Somebody who is not Orb, and does not speak its language."""

    @asynccontextmanager
    async def block(front: Front) -> AsyncIterator[None]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            front.hits += 1
            with suppress(ConnectionError):
                await reader.read(1)
                writer.write(greeting)
                while not hangs_up and await reader.read(65_536):
                    pass
            writer.transport.abort()

        await front.close()
        server = await asyncio.start_server(serve, "127.0.0.1", front.port)
        yield
        server.close()
        await front.open()

    return block


def shows(certificate: Callable[[], ssl.SSLContext]) -> Blocked:
    """Another server with another certificate."""

    @asynccontextmanager
    async def block(front: Front) -> AsyncIterator[None]:
        honest = front.tls
        await front.close()
        front.tls = certificate()
        await front.open()
        yield
        await front.close()
        front.tls = honest
        await front.open()

    return block


@dataclass(frozen=True)
class Fault:
    """`again` is how often somebody is called in vain once more."""

    name: str
    block: Blocked
    code: str
    again: int = 0
    tls: bool = True

    def __str__(self) -> str:
        return self.name


FAULTS = (
    Fault("refused", nobody, "orb_unreachable", again=1, tls=False),
    Fault("queue full", full, "orb_timeout", tls=False),
    Fault("accepted and hung up", mute(hangs_up=True), "orb_unreachable", again=1, tls=False),
    Fault("accepted, then silence", mute(), "orb_timeout", tls=False),
    Fault("a handshake that hangs", mute(), "orb_timeout"),
    Fault("no TLS", mute(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "orb_unreachable"),
    Fault("wrong host", shows(certificates.wrong_host), "orb_unreachable"),
    Fault("expired", shows(certificates.expired), "orb_unreachable"),
    Fault("unknown authority", shows(certificates.unknown_authority), "orb_unreachable"),
    Fault("TLS 1.1", shows(certificates.tls_1_1), "orb_unreachable", again=1),  # asyncio's server just hangs up
)


def setting(fault: Fault) -> tuple[Front, Tries]:
    front = Front(lambda: NOON, certificates.honest() if fault.tls else None)
    return front, Tries(Wire(certificates.trusting(), connecting=CONNECTING))


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_no_way_to_orb_costs_every_card_in_time_and_then_none(fault: Fault) -> None:
    front, wire = setting(fault)
    async with stage(front, wire=wire) as orrery:
        async with fault.block(front):
            struck = await orrery.document()
            tries = wire.count
        whole = await orrery.document()

    assert codes(struck) == dict.fromkeys(WORDS, fault.code)
    assert tries == FIRST + fault.again
    assert (codes(whole), whole["complete"]) == (FRESH, True)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_with_no_way_to_orb_what_is_kept_is_shown_with_its_age(fault: Fault) -> None:
    front, wire = setting(fault)
    async with stage(front, wire=wire) as orrery:
        kept = (await orrery.document())["cards"]
        before = await orrery.at_rest()
        orrery.clock.pass_seconds(LATER)
        async with fault.block(front):
            struck = (await orrery.document())["cards"]
            left = await orrery.at_rest()
        orrery.clock.pass_seconds(RESTED)
        whole = await orrery.document()

    for word, card in struck.items():
        assert (card["stale"], card["as_of"]) == (True, kept[word]["as_of"])
        assert card["data"] == kept[word]["data"] or word == "breakdown"  # a part of it is a share of spend's figures
    assert (codes(whole), whole["complete"]) == (FRESH, True)
    assert left.tasks <= before.tasks


@pytest.mark.parametrize(
    "certificate",
    [certificates.wrong_host, certificates.expired, certificates.unknown_authority, certificates.tls_1_1],
)
async def test_a_client_that_does_not_look_would_be_taken_in(certificate: Callable[[], ssl.SSLContext]) -> None:
    async with stage(Front(lambda: NOON, certificate()), wire=Wire(certificates.careless())) as orrery:
        found = await orrery.document()

    assert codes(found) == FRESH


async def test_connecting_takes_two_seconds_at_most() -> None:
    front = Front(lambda: NOON, certificates.honest())
    await front.open()
    wire = Wire(certificates.trusting())
    request = httpx.Request("GET", front.url)
    async with mute()(front):
        began = anyio.current_time()
        with pytest.raises(httpx.ConnectTimeout):
            await wire.handle_async_request(request)
        took = anyio.current_time() - began
    await wire.aclose()
    await front.close()

    assert 1.9 < took < 2.3


async def test_somebody_else_in_orbs_place_is_for_the_operator_to_hear_of(caplog: pytest.LogCaptureFixture) -> None:
    front = Front(lambda: NOON, certificates.unknown_authority())
    async with stage(front, wire=Wire(certificates.trusting())) as orrery:
        await orrery.document()

    loud = [vars(record)["fields"] for record in caplog.records if record.levelname == "ERROR"]
    assert {(each["call"], each["outcome"]) for each in loud} >= {("subscriptions", "Untrusted")}
    assert front.arrivals == []  # and so nobody has seen the key
