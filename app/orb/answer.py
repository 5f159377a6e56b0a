"""One answer as its bytes come in: the head whole and bounded, the body a part at a time, and where it ends.

httptools refuses what can be read in two ways: two lengths, a length beside chunks, folded or bare lines, sizes that
are none. What it lets pass and we could not read is refused here.
"""

import asyncio
from typing import Protocol

import httptools
import httpx

_HEAD = 64 * 1024  # bytes of a head, of trailers, or of whatever else comes without a byte of the body between
_HELD = 256 * 1024  # bytes of a body that wait for a reader before no more are taken

_Unreadable = (httptools.HttpParserError, httptools.HttpParserUpgrade)


class Lost(Exception):
    """The connection was closed before a byte of the answer was there."""


class Carrier(Protocol):
    """The connection that an answer comes by."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def over(self, *, keeps: bool) -> None:
        """The answer is whole, or will never be; `keeps` says whether another may come the same way."""


class Answer:
    """`status` and `headers` are there after `headed`. Every end of it is told to the carrier, once."""

    def __init__(self, carrier: Carrier) -> None:
        self.over = False
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._carrier = carrier
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._held = 0
        self._awaited: asyncio.Future[None] | None = None
        self._wrong: tuple[type[Exception], str] | None = None
        self._begun = self._headed = self._whole = False
        self._framed = self._chunked = False  # whether the head tells where the body ends, and that it is in chunks
        self._keeps = False
        self._named = self._beside = 0

    async def headed(self) -> None:
        """Waits for the head. Raises Lost, httpx.ReadError where it was cut, httpx.ProtocolError where it is none."""
        while not self._headed:
            await self._news()

    async def part(self) -> bytes:
        """What came of the body since the last time, nothing at its end. Raises httpx.RemoteProtocolError."""
        while not self._parts:
            if self._whole:
                return b""
            await self._news()
        parts, self._parts, self._held = self._parts, [], 0
        if not self.over:
            self._carrier.resume()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def feed(self, data: bytes) -> None:
        """The next bytes that came."""
        if self.over:
            return
        self._begun = True
        self._beside += len(data)
        try:
            self._parser.feed_data(data)
        except _Unreadable:
            self._keeps = False
            self._end(httpx.ProtocolError, "not HTTP")
        else:
            if self._whole:
                self._end(httpx.ProtocolError, "")
            elif self._beside > _HEAD:
                self._end(httpx.ProtocolError, "no end of it")

    def ended(self) -> None:
        """No more will come: the end of a body of which the head told no other."""
        if self._headed and not self._framed:
            self._whole = True
        self.lost()

    def lost(self) -> None:
        """No more will come, or be waited for. An answer that is whole stays so."""
        self._keeps = False
        self._end(httpx.ReadError if self._begun else Lost, "cut short")

    def _end(self, error: type[Exception], why: str) -> None:
        if self.over:
            return
        self.over = True
        del self._parser  # it knows of us, and we of it
        if not self._whole:
            self._wrong = (httpx.RemoteProtocolError if self._headed else error, why)
        self._wake()
        self._carrier.over(keeps=self._whole and self._keeps)

    async def _news(self) -> None:
        if self._wrong is not None:
            error, why = self._wrong
            raise error(why)
        self._awaited = asyncio.get_running_loop().create_future()
        try:
            await self._awaited
        finally:
            self._awaited = None

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    # What the parser calls. Whatever is raised here makes the answer unreadable.

    def on_message_begin(self) -> None:
        if self._whole:
            raise ValueError("bytes after the end")
        self._named += 16  # its first line

    def on_header(self, name: bytes, value: bytes) -> None:
        self._named += len(name) + len(value) + 4
        if self._named > _HEAD:
            raise ValueError("no end of headers")
        if len(name) == 14 and name.lower() == b"content-length":
            self._framed = True
        elif len(name) == 17 and name.lower() == b"transfer-encoding":
            if self._framed or value.strip().lower() != b"chunked":
                raise ValueError("a coding that nobody asked for")
            self._framed = self._chunked = True
        if not self._headed:  # else it is a trailer
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status, version = self._parser.get_status_code(), self._parser.get_http_version()
        if status < 100 or version not in ("1.0", "1.1") or (self._chunked and version == "1.0"):
            raise ValueError("no head of HTTP/1.1")
        if status < 200 and status != 101:
            self.headers, self._framed, self._chunked = [], False, False  # the answer is still to come
            return
        self.status, self._headed = status, True
        self._wake()

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)
        self._held += len(part)
        self._beside = 0
        if self._held > _HELD:
            self._carrier.pause()
        self._wake()

    def on_message_complete(self) -> None:
        if self._headed:
            self._whole = True
            self._keeps = self._parser.should_keep_alive()  # after a 101 the parser refuses to go on
