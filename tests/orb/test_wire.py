"""The wire's connections: how many there are, when one is used again and when never, and what is sent once more."""

import asyncio
import gc
import socket
import ssl
import time
from collections.abc import AsyncIterator
from traceback import TracebackException
from typing import Any

import anyio
import httpx
import pytest

from app.orb.connector import Untrusted
from app.orb.question import request as question
from app.orb.resolver import Resolver
from app.orb.transport import BrokenAgain, Keyed, TooLate, Wire
from app.secret import Secret
from tests.faults import certificates
from tests.orb.origin import LARGE, OK, Server, origin, says

KEY = "orb_live_CANARY_77aa"
TLS = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


def secured(tls: bool) -> ssl.SSLContext | None:
    return certificates.honest() if tls else None


def wire(**settings: Any) -> Wire:
    return Wire(certificates.trusting(), **settings)


async def ask(carrier: httpx.AsyncBaseTransport, server: Server, path: str = "/", method: str = "GET") -> bytes:
    response = await carrier.handle_async_request(httpx.Request(method, server.url + path))
    try:
        return await response.aread()
    finally:
        await response.aclose()


async def turns(count: int) -> None:
    """Lets the event loop take in what has arrived."""
    for _ in range(count):
        await asyncio.sleep(0)


@TLS
@pytest.mark.parametrize("path", ["/", "/chunks", "/large"])
async def test_a_connection_whose_answer_was_read_is_used_again(path: str, *, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire() as sockets:
        found = [await ask(sockets, server, path) for _ in range(3)]

    assert {len(each) for each in found} == {LARGE if path == "/large" else 2}
    assert server.count == 1


async def test_a_request_whose_time_has_passed_is_not_sent() -> None:
    async with origin() as server, wire() as sockets:
        late = httpx.Request("GET", server.url, extensions={"by": anyio.current_time() - 0.001})
        with pytest.raises(TooLate):
            await sockets.handle_async_request(late)
        assert server.count == 1
        in_time = httpx.Request("GET", server.url, extensions={"by": anyio.current_time() + 60})
        assert await (await sockets.handle_async_request(in_time)).aread() == b"{}"

    assert server.count == 1


async def test_a_round_of_the_loop_that_takes_long_makes_a_request_late() -> None:
    async with origin() as server, wire() as sockets:
        await ask(sockets, server)
        by = anyio.current_time() + 0.02
        time.sleep(0.03)  # noqa: ASYNC251  as a crowd would
        with pytest.raises(TooLate):
            await sockets.handle_async_request(httpx.Request("GET", server.url, extensions={"by": by}))


@TLS
async def test_an_answer_that_ends_with_its_connection_is_whole_and_the_next_one_has_another(*, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire() as sockets:
        assert [await ask(sockets, server, "/until-closed") for _ in range(2)] == [b"{}", b"{}"]

    assert server.count == 2


@TLS
async def test_a_body_that_is_left_costs_its_connection_and_no_place(*, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire(connections=1) as sockets:
        for _ in range(3):
            response = await sockets.handle_async_request(httpx.Request("GET", server.url + "/large"))
            await response.aclose()
        assert await ask(sockets, server) == b"{}"

    assert server.count == 4


async def test_an_answer_that_everybody_forgot_costs_no_place() -> None:
    async with origin() as server, wire(connections=1) as sockets:
        await sockets.handle_async_request(httpx.Request("GET", server.url + "/large"))
        gc.collect()
        assert await ask(sockets, server) == b"{}"


async def test_of_a_body_that_nobody_reads_little_is_taken() -> None:
    async with origin() as server, wire() as sockets:
        response = await sockets.handle_async_request(httpx.Request("GET", server.url + "/large"))
        await turns(50)
        stream = aiter(response.stream)  # type: ignore[arg-type]
        first = len(await anext(stream))
        rest = [len(each) async for each in stream]
        await response.aclose()
        assert await ask(sockets, server) == b"{}"

    assert first <= 256 * 1024 + 256 * 1024 < LARGE == first + sum(rest)
    assert server.count == 1


async def test_the_connection_that_was_used_last_is_used_first() -> None:
    async with origin() as server, wire() as sockets:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask, sockets, server)
        used = []
        for _ in range(5):
            await ask(sockets, server)
            used.append(server.last)

    assert server.count == 5
    assert len({*used}) == 1


@TLS
async def test_there_are_never_more_connections_than_places(*, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire(connections=3) as sockets:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(ask, sockets, server)
        assert len(server.heads) == 40

    assert server.most == server.count == 3


async def test_without_a_place_in_time_nothing_is_sent() -> None:
    async with origin() as server, wire(connections=1, connecting=0.05) as sockets:
        response = await sockets.handle_async_request(httpx.Request("GET", server.url + "/large"))
        with pytest.raises(httpx.PoolTimeout):
            await ask(sockets, server)
        assert len(server.heads) == 1
        await response.aclose()
        assert await ask(sockets, server) == b"{}"


async def test_what_rests_for_one_server_makes_room_for_another() -> None:
    async with origin() as one, origin() as other, wire(connections=2) as sockets:
        for _ in range(3):
            async with anyio.create_task_group() as group:
                for server in (one, one):
                    group.start_soon(ask, sockets, server)
            await ask(sockets, other)
            await turns(20)
            assert len(one.open) + len(other.open) <= 2

    assert (len(one.heads), len(other.heads)) == (6, 3)
    assert one.most == 2


async def test_a_connection_that_the_server_closed_meanwhile_is_dropped_at_once() -> None:
    async with origin() as server, wire() as sockets:
        await ask(sockets, server)
        server.open[0].transport.close()
        await server.empty()
        await turns(20)
        assert await ask(sockets, server, method="POST") == b"{}"  # which would not be sent again

    assert (server.count, len(server.heads)) == (2, 2)


async def test_what_was_answered_before_it_was_sent_is_never_a_part_of_the_next_request() -> None:
    async with origin() as server, wire() as sockets:
        server.stops_reading = True
        response = await sockets.handle_async_request(httpx.Request("POST", server.url, content=b"x" * 20_000_000))
        await response.aread()
        server.stops_reading = False
        with anyio.fail_after(1):
            assert await ask(sockets, server) == b"{}"

    assert server.count == 2


@TLS
async def test_a_server_that_hangs_up_at_once_costs_no_time_and_no_place(*, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire(connections=1) as sockets:
        server.hangs_up = True
        with anyio.fail_after(1):
            for _ in range(20):
                with pytest.raises(httpx.ConnectError):
                    await ask(sockets, server)
            await sockets.warm(server.url, 1)
        server.hangs_up = False
        assert await ask(sockets, server) == b"{}"


async def test_what_cannot_be_written_costs_no_place() -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{}"

    async with origin() as server, wire(connections=1) as sockets:
        with pytest.raises(httpx.RequestNotRead):
            await sockets.handle_async_request(httpx.Request("POST", server.url, content=slowly()))
        assert await ask(sockets, server) == b"{}"


async def test_bytes_that_nobody_asked_for_end_a_connection() -> None:
    async with origin() as server, wire() as sockets:
        await ask(sockets, server)
        server.open[0].transport.write(OK)
        await server.empty()
        assert await ask(sockets, server, "/chunks") == b"{}"

    assert server.count == 2


@pytest.mark.parametrize("more", [OK, b"x", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
async def test_bytes_after_an_answer_are_never_the_next_one(more: bytes) -> None:
    def answers(path: str) -> bytes:
        return OK.replace(b"{}", b"[]") + more if path == "/more" else OK

    async with origin(answers) as server, wire() as sockets:
        assert await ask(sockets, server, "/more") == b"[]"
        assert await ask(sockets, server) == b"{}"

    assert server.count == 2


async def broken(server: Server, carrier: httpx.AsyncBaseTransport, times: int, method: str) -> int:
    """How many requests arrive for one whose kept connection breaks, and `times` in all do."""
    left = times

    def hangs_up(path: str) -> bytes:
        nonlocal left
        if path == "/struck" and left:
            left -= 1
            assert server.last is not None
            server.last.transport.close()
            return b""
        return OK

    await ask(carrier, server)
    server.says = hangs_up
    server.heads.clear()
    await ask(carrier, server, "/struck", method)
    return len(server.heads)


@TLS
async def test_a_get_whose_kept_connection_breaks_is_sent_once_more(*, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire() as sockets:
        assert await broken(server, sockets, 1, "GET") == 2

    assert server.count == 2


@pytest.mark.parametrize(("method", "times", "error", "sent"), [
    ("GET", 2, BrokenAgain, 2),
    ("POST", 1, httpx.ConnectError, 1),
])  # fmt: skip
async def test_nothing_is_sent_more_often_and_what_is_posted_never_twice(
    method: str, times: int, error: type[Exception], sent: int
) -> None:
    async with origin() as server, wire() as sockets:
        with pytest.raises(error):
            await broken(server, sockets, times, method)
        assert len(server.heads) == sent


async def test_it_is_sent_once_more_on_a_new_connection_and_not_on_another_kept_one() -> None:
    async with origin() as server, wire() as sockets:
        await sockets.warm(server.url, 3)
        assert await broken(server, sockets, 1, "GET") == 2

    assert server.count == 4


async def test_a_request_that_broke_once_is_not_sent_once_more_by_the_wire() -> None:
    def hangs_up(path: str) -> bytes:
        if path != "/struck":
            return OK
        assert server.last is not None
        server.last.transport.close()
        return b""

    async with origin(hangs_up) as server, wire() as sockets:
        request = httpx.Request("GET", server.url + "/struck")
        for _ in range(2):  # on a new connection, and on a kept one
            with pytest.raises(httpx.ConnectError):
                await sockets.handle_async_request(request)
            await ask(sockets, server)

    assert len([head for head in server.heads if "/struck" in head]) == 2


async def test_a_get_on_a_new_connection_is_not_sent_again() -> None:
    def hangs_up(_: str) -> bytes:
        server.open[0].transport.close()
        return b""

    async with origin(hangs_up) as server, wire() as sockets:
        with pytest.raises(httpx.ConnectError):
            await ask(sockets, server)

    assert len(server.heads) == 1


async def test_a_get_whose_answer_had_begun_is_not_sent_again() -> None:
    async with origin() as server, wire() as sockets:
        await ask(sockets, server)
        server.says = lambda _: b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
        with pytest.raises(httpx.ReadError):
            await ask(sockets, server)

    assert len(server.heads) == 2


@TLS
async def test_connections_that_are_warm_are_there_before_the_first_request(*, tls: bool) -> None:
    async with origin(tls=secured(tls)) as server, wire(connections=4) as sockets:
        await sockets.warm(server.url, 3)
        assert (server.count, server.heads) == (3, [])
        await sockets.warm(server.url, 10)
        assert server.count == 4
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(ask, sockets, server)

    assert server.count == 4


async def test_where_nobody_is_nothing_gets_warm_and_no_place_is_lost() -> None:
    async with origin() as server, wire(connections=2, connecting=0.5) as sockets:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            await sockets.warm(f"http://127.0.0.1:{nobody.getsockname()[1]}", 2)
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(ask, sockets, server)

    assert server.count == 2


@pytest.mark.parametrize("other", [certificates.wrong_host, certificates.expired, certificates.unknown_authority])
async def test_a_server_that_is_another_gets_nothing_and_costs_no_place(other: Any) -> None:
    async with origin(tls=other()) as server, wire(connections=1) as sockets:
        for _ in range(3):
            with pytest.raises(Untrusted):
                await ask(sockets, server)

    assert server.heads == []


async def test_a_server_is_told_which_name_is_meant() -> None:
    told: list[str | None] = []
    context = certificates.honest()
    context.sni_callback = lambda _socket, name, _context: told.append(name)
    names = Resolver(lambda *_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server_port))])
    async with origin(tls=context, host="orb.test") as server:
        server_port = int(server.url.rpartition(":")[2])
        async with wire(resolver=names) as sockets:
            with pytest.raises(Untrusted):  # the certificate is for the number
                await ask(sockets, server)

    assert told == ["orb.test"]


@pytest.mark.parametrize("header", [b"a\r\nX: y", b"a\nX: y", b"a\rb", b"a\0b"])
async def test_a_line_within_a_header_is_never_sent(header: bytes) -> None:
    async with origin() as server, wire(connections=1) as sockets:
        request = httpx.Request("GET", server.url, headers=[(b"X", header)])
        with pytest.raises(httpx.LocalProtocolError) as raised:
            await sockets.handle_async_request(request)
        assert await ask(sockets, server) == b"{}"

    shown = "".join(
        str(frame.locals)
        for frame in TracebackException.from_exception(raised.value, capture_locals=True).stack
        if "/tests/" not in frame.filename
    )
    assert "X: y" not in shown
    assert len(server.heads) == 1


async def test_no_error_of_the_wires_knows_the_key() -> None:
    def everything(error: BaseException | None) -> str:
        if error is None:
            return ""
        frames = TracebackException.from_exception(error, capture_locals=True).stack
        ours = "".join(repr(frame.locals) for frame in frames if "/tests/" not in frame.filename)
        return repr(error) + repr(vars(error)) + ours + everything(error.__cause__) + everything(error.__context__)

    answers = iter([b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"])
    shown = []
    async with origin(lambda _: next(answers)) as server, wire(connecting=0.2) as sockets:
        keyed = Keyed(sockets, Secret(KEY))
        gone = Server(says)
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            gone.url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
            for each in (server, server, gone):
                with pytest.raises(httpx.TransportError) as raised:
                    await ask(keyed, each)
                shown.append(everything(raised.value))
    async with origin(says) as server, wire() as sockets:
        keyed = Keyed(sockets, Secret(KEY))
        with pytest.raises(BrokenAgain) as raised:
            await broken(server, keyed, 2, "GET")
        shown.append(everything(raised.value))

    assert all(f"Bearer {KEY}" in head for head in server.heads)
    assert not [each for each in shown if KEY in each]


async def test_a_call_leaves_as_it_was_built_and_the_wire_reads_no_address() -> None:
    async with origin() as server, wire() as sockets:
        base = httpx.URL(server.url + "/v1")
        asked = question(base, "GET", "/customers/a%2F..%2Fb", [("q", "a b&c=d/é")], 300.7, b"", {"call": "x"})
        response = await Keyed(sockets, Secret(KEY)).handle_async_request(asked)
        await response.aclose()

    assert server.heads == [
        "GET /v1/customers/a%2F..%2Fb?q=a%20b%26c%3Dd%2F%C3%A9 HTTP/1.1\r\n"
        f"Host: {base.netloc.decode()}\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: Orrery\r\n"
        f"Orb-Cache-Control: cache\r\nOrb-Cache-Max-Age-Seconds: 300\r\nAuthorization: Bearer {KEY}"
    ]
    assert asked._url is None
    assert asked.url == f"{server.url}/v1/customers/a%2F..%2Fb?q=a%20b%26c%3Dd%2F%C3%A9"
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(
    "path",
    ["/../x", "/a/..", "/.", "/%2e%2E/x", "/a b", "/a#b", "/a?b", "/a\r\nX: y", '/"', "/a/../../x", "/\x7f"],
)
def test_a_path_that_can_be_read_in_two_ways_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="two ways"):
        question(httpx.URL("http://orb.test/v1"), "GET", path, [("q", "r")], None, b"", {})
