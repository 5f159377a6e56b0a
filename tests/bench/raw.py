"""HTTP with nothing in between, as the load and the limit need it: one question at a time on a kept connection."""

import asyncio
import re
import sys
from collections.abc import Callable
from typing import cast

# The status and the body of an answer. The body is good until the callback returns.
Answered = Callable[[int, memoryview], None]
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PIECES = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LAST = b"\r\n0\r\n\r\n"
_ROOM = 64 * 1024


class Broken(ConnectionError):
    """The connection ended before the answer did."""


class Connection(asyncio.BufferedProtocol):
    """Reads straight into the memory that the answer is decoded from. Answers come in turn.

    One that comes in chunks is given as it came, their lengths included.
    """

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._room = bytearray(_ROOM)
        self._read = 0
        self._body = self._ends = 0
        self._in_pieces = False
        self._done: Answered | None = None
        self.closed = False

    def ask(self, request: bytes, done: Answered) -> None:
        """Sends a request; `done` is called with its answer, or with status 0 where none comes."""
        self._done = done
        self._transport.write(request)

    async def get(self, request: bytes) -> tuple[int, bytes]:
        """The same for those who wait. Raises Broken."""
        found: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def done(status: int, body: memoryview) -> None:
            if not found.done():
                found.set_result((status, bytes(body)))

        if self.closed:
            raise Broken
        self.ask(request, done)
        status, body = await found
        if not status:
            raise Broken
        return status, body

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self.closed = True
        self._tell(0, memoryview(b""))

    def get_buffer(self, _sizehint: int) -> memoryview:
        if self._read == len(self._room):
            self._room = self._room + bytearray(len(self._room))
        return memoryview(self._room)[self._read :]

    def buffer_updated(self, nbytes: int) -> None:
        self._read += nbytes
        if not self._ends and not self._head():
            return
        if self._in_pieces and self._room.endswith(_LAST, self._body, self._read):
            self._ends = self._read
        if self._read >= self._ends:
            status, body = int(self._room[9:12]), memoryview(self._room)[self._body : self._ends]
            self._read = self._ends = 0
            self._tell(status, body)

    def _head(self) -> bool:
        """Whether the head is there; then it is known where the body begins and ends."""
        body = self._room.find(b"\r\n\r\n", 0, self._read) + 4
        if body < 4:
            return False
        length = _LENGTH.search(self._room, 0, body)
        self._in_pieces = _PIECES.search(self._room, 0, body) is not None
        if length is None and not self._in_pieces and not self._room.startswith(b"HTTP/1.1 304"):
            self.close()
            return False
        self._body, self._ends = body, sys.maxsize if self._in_pieces else body + int(length[1] if length else 0)
        if not self._in_pieces and self._ends > len(self._room):
            self._room = self._room + bytearray(self._ends - len(self._room))
        return True

    def _tell(self, status: int, body: memoryview) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(status, body)


async def connect(port: int) -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


def get(path: str, port: int, headers: str = "") -> bytes:
    """A GET as bytes; `headers` end with a line break each."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
