"""A receiver of webhooks on a real socket, and a sandbox that sends to it."""

import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import httpx
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSListener

from app.sandbox.server import create_sandbox
from app.sandbox.webhooks.delivery import Timing

SECRET = "c-UGKYdnhHh436B_sMouYAPUvXyWpzOdunZBV5dFSD8"
PANEL = "/_sandbox/webhooks"


@dataclass
class Received:
    """One request, as it came."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Keeps what it gets. Answers with the statuses in `answers`, then with 200; HANG and CUT are no answers."""

    url: str
    answers: list[int | str] = field(default_factory=list)
    got: list[Received] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def wait(self, count: int) -> list[Received]:
        """Wait until so many requests have come."""
        await until(lambda: len(self.got) >= count)
        return self.got

    async def answer(self, stream: ByteStream) -> None:
        # On a busy machine a sender with little patience may be gone before it has said what it wanted.
        async with stream:
            with suppress(anyio.IncompleteRead, anyio.BrokenResourceError):
                await self._answer(stream)

    async def _answer(self, stream: ByteStream) -> None:
        buffered = BufferedByteReceiveStream(stream)
        head = (await buffered.receive_until(b"\r\n\r\n", 65_536)).decode("latin-1")
        request, *lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await buffered.receive_exactly(int(headers["content-length"]))
        answer = self.answers.pop(0) if self.answers else 200
        self.got.append(Received(request.split(" ")[1], headers, body))
        await self._think()
        if answer == HANG:
            await anyio.sleep_forever()
        if answer != CUT:
            await stream.send(
                f"HTTP/1.1 {answer} X\r\nLocation: {self.url}/elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
            )

    async def _think(self) -> None:
        """Be busy for long enough that another request would come in meanwhile."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        self.at_once -= 1


HANG, CUT = "hang", "cut"


async def until(done: Callable[[], bool]) -> None:
    """Let others run until something is so; fails after a while."""
    with anyio.fail_after(20):
        while not done():
            await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def receiving(*answers: int | str, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Open a receiver on loopback until the block ends."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610  no database here
    receiver = Receiver(f"http{'s' if tls else ''}://127.0.0.1:{port}", list(answers))
    served = TLSListener(listener, tls, standard_compatible=False) if tls else listener
    async with served, anyio.create_task_group() as tasks:
        tasks.start_soon(partial(served.serve, receiver.answer))
        yield receiver
        tasks.cancel_scope.cancel()


@dataclass
class Sleeper:
    """Waits that end when the test says so; `asked` is how long each should have been."""

    asked: list[float] = field(default_factory=list)
    _over: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._over.wait()

    async def wake(self, count: int) -> None:
        """Wait until so many waits were asked for, and end all that last."""
        await until(lambda: len(self.asked) >= count)
        self._over.set()
        self._over = anyio.Event()


class Hooked:
    """A client of a sandbox that delivers; its clock stands, and its retries wait for `sleeper`."""

    def __init__(self, http: httpx.AsyncClient, sleeper: Sleeper) -> None:
        self.http, self.sleeper = http, sleeper
        self.now = datetime(2026, 11, 20, 20, 15, 30, 250_000, tzinfo=UTC)

    async def listen(self, url: str, **more: Any) -> Any:
        """Add an endpoint with a known secret."""
        return await self.order("/endpoints", {"url": url, "secret": SECRET} | more)

    async def fire(self, event_type: str = "resource_event.test", **more: Any) -> Any:
        """Send one event."""
        return (await self.order("/fire", {"type": event_type} | more))["data"][0]

    async def order(self, path: str, body: Any = None) -> Any:
        """Give the panel an order that it takes."""
        answer = await self.http.post(PANEL + path, json=body) if body else await self.http.post(PANEL + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def event(self, name: str, attempts: int = 0) -> Any:
        """Read an event once it has so many attempts."""
        with anyio.fail_after(20):
            while True:
                document = (await self.http.get(f"/v1/webhook_events/{name}")).json()
                if len(document["delivery_attempts"]) >= attempts:
                    return document
                await anyio.lowlevel.checkpoint()

    def later(self, seconds: float) -> None:
        """Let the sandbox's time pass."""
        self.now += timedelta(seconds=seconds)


@asynccontextmanager
async def hooked(patience: float = 15.0, **timing: Any) -> AsyncIterator[Hooked]:
    """Open a sandbox that delivers until the block ends."""
    sleeper = Sleeper()
    hooks: Hooked
    app = create_sandbox(lambda: hooks.now, 0, "off", timing=Timing(patience=patience, sleep=sleeper, **timing))
    headers = {"Authorization": "Bearer a-key"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=headers) as http,
    ):
        hooks = Hooked(http, sleeper)
        yield hooks
