"""The straight way: on the wire it is what the long way would be, and it is taken for nothing else."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.orb.path import CustomerRef
from app.sandbox.server import create_sandbox
from app.secret import Secret
from app.serving.guarded import Guarded
from app.settings import Settings
from app.web.straight import Straight
from app.web.tokens import Tokens
from tests.canary import ORB_KEY, VIEWER_SECRET
from tests.logged import lines, showing
from tests.serving.probe import Hosted, Probe, hosting, status
from tests.web.test_kept import PATHS, Clock
from tests.whole import NOON

# What differs from one answer to the next though nothing else does.
OF_ONE = (b"x-request-id", b"server-timing", b"date")


class Service:
    """A service on real sockets; `straight` tells of each request on them whether it took the straight way."""

    def __init__(self, clock: Clock, **config: Any) -> None:
        self.clock = clock
        self.straight: list[bool] = []
        self.app: Any = create_app(
            Settings(
                orb_api_key=Secret(ORB_KEY),
                orb_base_url="http://127.0.0.1/v1",
                viewer_secrets=(Secret(VIEWER_SECRET),),
                grouping_keys={"workspace_id": "Workspace"},
                orb_credit_currency=("credits",),
                hosts=("orrery.test",),
                patience=30,
            ),
            httpx.ASGITransport(create_sandbox(now=clock, latency=0, rate_plan="off")),
            now=clock,
        )
        self.config = {"lifespan": "on", "access_log": False, **config}
        tokens = Tokens([Secret(VIEWER_SECRET)], now=lambda: clock().timestamp())
        self.token = tokens.sign(CustomerRef("external_customer_id", "northwind"))

    @contextmanager
    def served(self) -> Iterator[Hosted]:
        seen = self.straight

        class Watched(Guarded):
            def on_headers_complete(self) -> None:
                super().on_headers_complete()
                seen.append(self._answer is not None)

        with hosting(self.app, Watched, **self.config) as server:
            yield server

    def request(self, path: str = "/api/dashboard", *more: str, method: str = "GET", version: str = "1.1") -> bytes:
        head = [f"{method} {path} HTTP/{version}", "Host: orrery.test", f"Authorization: Bearer {self.token}", *more]
        return "\r\n".join([*head, "", ""]).encode()

    def known(self, probe: Probe, request: bytes) -> None:
        """Asks until the answer takes the straight way."""
        for _ in range(4):  # of the first a part came too late, the second is kept, the third was kept
            read(probe, request)
        assert self.straight[-1]
        self.straight.clear()


def read(probe: Probe, request: bytes) -> bytes:
    """One whole answer."""
    probe.send(request)
    return answers(probe, 1)[0]


def answers(probe: Probe, count: int) -> list[bytes]:
    found: list[bytes] = []
    rest = b""
    while len(found) < count:
        while b"\r\n\r\n" not in rest:
            rest += _part(probe)
        head, _, rest = rest.partition(b"\r\n\r\n")
        said = headers(head)
        while b"transfer-encoding" in said and b"0\r\n\r\n" not in rest:
            rest += _part(probe)
        size = int(said.get(b"content-length", rest.find(b"0\r\n\r\n") + 5 if b"transfer-encoding" in said else 0))
        while len(rest) < size:
            rest += _part(probe)
        found.append(head + b"\r\n\r\n" + rest[:size])
        rest = rest[size:]
    assert not rest
    return found


def _part(probe: Probe) -> bytes:
    part = probe.socket.recv(65536)
    assert part, "it ended"
    return part


def headers(answer: bytes) -> dict[bytes, bytes]:
    rows = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    found = {name: value for name, _, value in (row.partition(b": ") for row in rows)}
    assert len(found) == len(rows)  # none is there twice
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON.replace(second=0))


@pytest.fixture(autouse=True)
def _no_page_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.pages._SOON", 30)


@pytest.fixture
def service(clock: Clock) -> Service:
    return Service(clock)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "said", [[], ["Accept-Encoding: gzip"], ["Accept-Language: de"], ["Origin: https://a.example"]]
)
def test_on_the_wire_it_is_the_answer_of_the_long_way(service: Service, path: str, said: list[str]) -> None:
    request = service.request(path, *said)
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, request)
        straight = read(probe, request)
        service.app.state.straight = None
        with Probe(server.port) as another:
            long = read(another, request)
    assert service.straight == [True, False]
    assert straight.partition(b"\r\n")[0] == long.partition(b"\r\n")[0] == b"HTTP/1.1 200 OK"
    assert straight.partition(b"\r\n\r\n")[2] == long.partition(b"\r\n\r\n")[2]
    assert headers(straight).keys() == headers(long).keys()
    assert _lasting(straight) == _lasting(long)
    assert headers(straight)[b"x-request-id"] != headers(long)[b"x-request-id"]


def _lasting(answer: bytes) -> dict[bytes, bytes]:
    return {name: value for name, value in headers(answer).items() if name not in OF_ONE}


def test_an_app_that_knows_no_straight_way_is_served(clock: Clock) -> None:
    async def plain(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    service = Service(clock, lifespan="off")
    service.app = plain
    with service.served() as server, Probe(server.port) as probe:
        assert [status(read(probe, service.request())) for _ in range(3)] == [200] * 3


def test_who_has_it_is_told_so(service: Service) -> None:
    with service.served() as server, Probe(server.port) as probe:
        tag = headers(read(probe, service.request()))[b"etag"].decode()
        request = service.request("/api/dashboard", f"If-None-Match: {tag}")
        service.known(probe, request)
        answer = read(probe, request)
        assert (status(answer), service.straight) == (304, [True])
        assert answer.endswith(b"\r\n\r\n")
        assert b"content-length" not in headers(answer)
        assert status(read(probe, service.request())) == 200  # and nothing of it is left on the connection


@pytest.mark.parametrize("said", [("/api/dashboard?",), ("/api/dashboard", "X-Anything: 1"), ("/?",)])
def test_another_question_has_an_answer_of_its_own(service: Service, said: tuple[str, ...]) -> None:
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        read(probe, service.request(*said))
        assert service.straight == [False]
        service.known(probe, service.request(*said))


@pytest.mark.parametrize(
    ("request_of", "expected"),
    [
        (lambda service: service.request(method="HEAD"), 200),
        (lambda service: service.request("/api/dashboard", "Content-Length: 0"), 200),
        (lambda service: service.request("/api/dashboard", "Expect: 100-continue"), 200),
        (lambda service: service.request("/api/dashboard", "Connection: close"), 200),
        (lambda service: service.request("/api/dashboard", "Connection: upgrade", "Upgrade: h2c"), 200),
        (lambda service: service.request(version="1.0"), 200),
        (lambda service: service.request("/api/dashboard", "Connection: keep-alive", version="1.0"), 200),
        (lambda service: service.request("/api/dashboard", "Host: orrery.test"), 400),
        (lambda service: service.request().replace(b"Host: orrery.test", b"Host: elsewhere.test"), 421),
        (lambda service: service.request().replace(b"GET", b"POST"), 405),
        (lambda service: service.request().replace(b"Bearer e", b"Bearer f"), 401),
    ],
)
def test_whatever_is_anything_else_takes_the_long_way(service: Service, request_of: Any, expected: int) -> None:
    with service.served() as server:
        with Probe(server.port) as probe:
            service.known(probe, service.request())
        for _ in range(6 if expected == 200 else 1):  # whoever says so again and again, too
            with Probe(server.port) as probe:
                probe.send(request_of(service))
                assert status(probe.answer(b"\r\n\r\n")) == expected
    assert not any(service.straight)


def test_who_sends_requests_ahead_has_every_answer_in_their_order(service: Service) -> None:
    with service.served() as server, Probe(server.port) as probe:
        known, other = service.request(), service.request("/api/dashboard?cards=bill")
        service.known(probe, known)
        probe.send(known + other + known + known * 3)
        found = answers(probe, 6)
        assert service.straight == [True, *[False] * 5]  # what stands behind another waits for it
        cards = [len(json.loads(each.partition(b"\r\n\r\n")[2])["cards"]) for each in found]
        assert cards == [7, 1, 7, 7, 7, 7]


def test_of_many_that_were_sent_ahead_some_let_others_have_their_turn(service: Service) -> None:
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        probe.send(service.request() * 20)
        assert [status(each) for each in answers(probe, 20)] == [200] * 20
        assert service.straight == [True] * 16 + [False] * 4
        read(probe, service.request())
        assert service.straight[-1]


def test_who_reads_slowly_has_every_answer_whole(service: Service) -> None:
    request = service.request("/api/dashboard", "Accept-Encoding: identity")
    with service.served() as server, Probe(server.port, buffer=4096) as probe:
        service.known(probe, request)
        whole = len(read(probe, request))
        service.straight.clear()
        while all(service.straight) and len(service.straight) < 400:
            sent = len(service.straight) + 1
            probe.send(request)
            while len(service.straight) < sent:
                time.sleep(0.001)
        assert not service.straight[-1]  # it had not taken all when the last was read
        found = answers(probe, sent)
        assert {status(each) for each in found} == {200}
        assert max(abs(len(each) - whole) for each in found) < 8  # ages and times have more digits or fewer


def test_a_connection_that_nobody_uses_any_more_is_closed(clock: Clock) -> None:
    service = Service(clock, timeout_keep_alive=1)
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        assert status(read(probe, service.request())) == 200
        assert service.straight == [True]
        assert probe.is_closed(within=10)


def test_a_service_that_leaves_says_so(service: Service) -> None:
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        leaving = (b"connection", b"close")
        server.server.config.encoded_headers.append(leaving)
        server.server.server_state.default_headers = [*server.server.server_state.default_headers, leaving]
        probe.send(service.request())
        assert b"connection: close" in probe.answer()
    assert service.straight == [False]


def test_a_token_that_is_over_and_a_figure_that_is_not_true_end_it(service: Service, clock: Clock) -> None:
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        for seconds, updated in ((5, b"Updated 1 minute ago"), (60, b"Updated 2 minutes ago")):
            clock.moves(seconds)
            assert updated in read(probe, service.request())
        clock.moves(865)
        assert status(read(probe, service.request())) == 401
    assert service.straight == [True, False, False]


def test_a_proxy_is_believed_and_nobody_else(clock: Clock) -> None:
    service = Service(clock, proxy_headers=True, forwarded_allow_ips=["127.0.0.3"])
    secure, plain = "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"
    with (
        service.served() as server,
        Probe(server.port) as stranger,
        Probe(server.port, source="127.0.0.3") as proxy,
    ):
        for said, by, strict in ((secure, stranger, False), (secure, proxy, True), (plain, proxy, False)) * 2:
            request = service.request("/api/dashboard", said)
            for _ in range(4):
                assert (b"strict-transport-security" in headers(read(by, request))) is strict
            assert service.straight[-1]


def test_it_is_counted_and_logged_like_any_other(service: Service) -> None:
    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        with showing() as shown:
            before = _counted(probe)
            answer = read(probe, service.request())
            assert _counted(probe) - before == 1
        assert service.straight == [False, True, False]
        (line,) = (each for each in lines(shown, "request") if each["route"] == "/api/dashboard")
        assert line["request_id"] == headers(answer)[b"x-request-id"].decode()
        assert (line["method"], line["status"], line["calls"]) == ("GET", 200, 0)


def _counted(probe: Probe) -> float:
    shown = read(probe, b"GET /metrics HTTP/1.1\r\nHost: orrery.test\r\n\r\n").decode()
    wanted = 'orrery_requests_total{method="GET",route="/api/dashboard",status="2xx"}'
    return next(float(line.split()[-1]) for line in shown.splitlines() if line.startswith(wanted))


def test_a_mistake_on_it_costs_nobody_an_answer(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_straight: Straight, _mark: bytes) -> None:
        raise ZeroDivisionError

    with service.served() as server, Probe(server.port) as probe:
        service.known(probe, service.request())
        monkeypatch.setattr(Straight, "answer", wrong)
        shown: StringIO
        with showing() as shown:
            assert status(read(probe, service.request())) == 200
        assert [each["level"] for each in lines(shown, "straight way failed")] == ["error"]
    assert service.straight == [False]
