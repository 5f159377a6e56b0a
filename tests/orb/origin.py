"""A server of HTTP on a real socket, as the tests of the wire want it: it counts its connections and what they ask."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LARGE = 800_000  # more than the wire takes of what nobody reads
_LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + b"x" * LARGE

Said = Callable[[str], bytes]


def says(path: str) -> bytes:
    """A small answer, or one in chunks, one that is large, one that ends with the connection, or none."""
    if path == "/chunks":
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    if path == "/large":
        return _LARGE
    if path == "/until-closed":
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"
    return b"" if path == "/silence" else OK


class Origin(asyncio.Protocol):
    """One for each connection; what they have in common is in `Server`."""

    transport: asyncio.Transport

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.server.open.append(self)
        self.server.most = max(self.server.most, len(self.server.open))
        self.server.count += 1
        if self.server.hangs_up:
            self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        self.server.open.remove(self)
        if not self.server.open:
            self.server.alone.set()

    def data_received(self, data: bytes) -> None:
        self.read += data
        while b"\r\n\r\n" in self.read:
            head, _, self.read = self.read.partition(b"\r\n\r\n")
            self.server.last = self
            self.server.heads.append(head.decode("latin-1"))
            answer = self.server.says(self.server.heads[-1].split(" ")[1])
            self.transport.write(answer)
            if self.server.stops_reading:
                self.transport.pause_reading()
            if b"Connection: close" in answer:
                self.transport.close()


class Server:
    """`open` connections now, the `most` there ever were at once, their `count`, and the `heads` of requests.

    `last` is the connection by which one came last. With `hangs_up` it lets nobody say anything, and if
    it `stops_reading` it answers a head and leaves what follows.
    """

    def __init__(self, says: Said) -> None:
        self.says = says
        self.open: list[Origin] = []
        self.heads: list[str] = []
        self.last: Origin | None = None
        self.most = self.count = 0
        self.url = ""
        self.hangs_up = self.stops_reading = False
        self.alone = asyncio.Event()

    async def empty(self) -> None:
        """Waits until no connection is open."""
        async with asyncio.timeout(2):
            while self.open:
                self.alone.clear()
                await self.alone.wait()


@asynccontextmanager
async def origin(
    says: Said = says, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    found = Server(says)
    listener = await asyncio.get_running_loop().create_server(lambda: Origin(found), "127.0.0.1", 0, ssl=tls)
    found.url = f"http{'s' if tls else ''}://{host}:{listener.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        listener.close()
        for each in [*found.open]:
            each.transport.abort()
        await found.empty()
