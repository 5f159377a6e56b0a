"""A stand-in for Orb on a real socket: it passes on what the sandbox answers, and breaks what it is told to break.

A fault strikes requests, not connections: connections are kept, so one that struck them would strike too seldom.
Every strike is counted.
"""

import asyncio
import atexit
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import httpx

from app.sandbox.server import create_sandbox
from tests.sandbox.sandbox_client import Invented
from tests.whole import NOON

STAMP = "orb-cache-updated-at"
NO_HEADERS: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """What Orb has to say; `headers` without the length, which `raw` adds unless it is told not to."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def having(self, body: bytes | None = None, headers: Mapping[str, str | None] = NO_HEADERS) -> "Answer":
        """The same with another body, and with headers that are other, or gone where they are None."""
        kept = [(name, value) for name, value in self.headers if name not in headers]
        more = [(name, value) for name, value in headers.items() if value is not None]
        return replace(self, headers=(*kept, *more), body=self.body if body is None else body)

    def head(self, length: int | None = None) -> bytes:
        """The status line and headers; without a length the body ends with the connection."""
        lines = [f"HTTP/1.1 {self.status} As-It-Is", *(f"{name}: {value}" for name, value in self.headers)]
        lines.append("Connection: close" if length is None else f"Content-Length: {length}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    def raw(self) -> bytes:
        return self.head(len(self.body)) + self.body


@dataclass(frozen=True)
class Arrival:
    """One request, the connection that it came on and the task of that, and the true answer."""

    method: str
    target: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answer: Answer
    front: "Front"
    task: asyncio.Task[Any] | None

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def until_gone(self) -> None:
        """Waits for the other end to hang up."""
        while await self.reader.read(65_536):
            pass


Strike = Callable[[Arrival], Awaitable[None]]


class Front:
    """Listens on one port for as long as it is open; `hits` are the strikes since the last `strikes`."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        sandbox_at: datetime = NOON,
    ) -> None:
        self.clock = clock
        self.tls = tls
        self.host = host
        self.sandbox_at = sandbox_at
        self.port = 0
        self.hits = 0
        self.arrivals: list[str] = []
        self._writers: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}
        self.busy = 0
        self._route = ""
        self._strike: Strike | None = None
        self._times = 0
        self._server: asyncio.Server | None = None
        self._rest = asyncio.Event()
        self._rest.set()

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """Its own, one for each connection."""
        return {*self._writers}

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}/v1"

    async def open(self) -> None:
        """Listens, on the same port as before where there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hangs up on everybody and lets the port go."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers.values():
            writer.transport.abort()
        await asyncio.gather(*self._writers)

    def strikes(self, route: str, strike: Strike, times: int = -1) -> None:
        """From now on every request whose target holds `route` is struck, or the next `times` of them."""
        self._route, self._strike, self._times, self.hits = route, strike, times, 0

    def mend(self) -> None:
        self._strike = None

    async def at_rest(self) -> None:
        """Waits until no request is being answered: whoever asked has been answered, or has let go."""
        async with asyncio.timeout(1):
            await self._rest.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._writers[task] = writer
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                while True:
                    await self._one(reader, writer)
        finally:
            del self._writers[task]
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.busy += 1
        self._rest.clear()
        try:
            await self._answer(head, reader, writer)
        finally:
            self.busy -= 1
            if not self.busy:
                self._rest.set()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.arrivals.append(target)
        answer = await truth(method, target, body, cached="orb-cache-control" in headers, now=self.sandbox_at)
        if any(name == STAMP for name, _ in answer.headers):
            answer = answer.having(headers={STAMP: self.clock().isoformat()})
        arrival = Arrival(method, target, reader, writer, answer, self, asyncio.current_task())
        if self._route in target and self._strike is not None and self._times != 0:
            self._times -= 1
            self.hits += 1
            await self._strike(arrival)
        else:
            await arrival.send(answer.raw())


_known: dict[tuple[str, str, bytes, bool, datetime], Answer] = {}
# What the invented customers use, by the moment of which it is told.
_events: defaultdict[datetime, Invented] = defaultdict(Invented)
atexit.register(_events.clear)  # the engine complains of what outlives it


async def truth(method: str, target: str, body: bytes = b"", *, cached: bool = False, now: datetime = NOON) -> Answer:
    """What a sandbox answers at that moment."""
    key = (method, target, body, cached, now)
    if key not in _known:
        headers = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}
        if cached:
            headers |= {"Orb-Cache-Control": "cache", "Orb-Cache-Max-Age-Seconds": "300"}
        orb = create_sandbox(now=lambda: now, latency=0, rate_plan="off", events=_events[now])
        transport = httpx.ASGITransport(orb)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as sandbox:
            found = await sandbox.request(method, target, content=body, headers=headers)
        _known[key] = Answer(found.status_code, tuple(_kept(found)), found.content)
    return _known[key]


def _kept(found: httpx.Response) -> Iterator[tuple[str, str]]:
    for name, value in found.headers.multi_items():
        if name not in ("content-length", "content-encoding", "date", "connection"):
            yield name, value
