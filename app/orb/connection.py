"""One socket to Orb: a request out, its answer in, and then perhaps another."""

import asyncio
from typing import NamedTuple, Protocol, cast

from app.orb.answer import Answer


class Origin(NamedTuple):
    """Whom a connection leads to."""

    tls: bool
    host: str
    port: int


class Keeper(Protocol):
    """Who has the connections of a wire."""

    def opened(self, connection: "Connection") -> None: ...

    def rests(self, connection: "Connection") -> None:
        """Its answer is whole, and it may carry another request."""

    def gone(self, connection: "Connection") -> None:
        """It will carry no other."""

    def leave(self) -> None:
        """It was in use, and is no more."""

    def closed(self, connection: "Connection") -> None:
        """Its socket is no more."""


class Connection(asyncio.Protocol):
    """Carries one request at a time. Bytes that nobody asked for end it, as does an answer that is not taken whole."""

    _transport: asyncio.Transport

    def __init__(self, origin: Origin, keeper: Keeper) -> None:
        self.origin = origin
        self.since = 0.0  # when it began to rest, on the loop's clock
        self._keeper = keeper
        self._answer: Answer | None = None
        self._made = self._paused = self._gone = False

    @property
    def usable(self) -> bool:
        return not self._gone and not self._transport.is_closing()

    def ask(self, request: bytes) -> Answer:
        """Sends it. The answer has to be read to its end, or to be told that it is `lost`."""
        self._answer = answer = Answer(self)
        if self.usable:
            self._transport.write(request)
        else:  # it was closed as soon as it was open
            answer.lost()
        return answer

    def close(self) -> None:
        """At once, whatever was still to come."""
        if self._answer is not None:
            self._answer.lost()  # which calls `over`
        else:
            self._end()

    def over(self, *, keeps: bool) -> None:
        self._answer = None
        # What is left of a request that was answered too early would be taken for a part of the next one.
        if keeps and self.usable and not self._transport.get_write_buffer_size():
            self.resume()
            self._keeper.rests(self)
        else:
            self._end()
            self._keeper.leave()

    def _end(self) -> None:
        if self._gone:
            return
        self._gone = True
        self._keeper.gone(self)
        if self._made:
            self._transport.abort()

    def pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._made = cast(asyncio.Transport, transport), True
        self._keeper.opened(self)
        if self._gone:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()
        else:
            self._answer.feed(data)

    def eof_received(self) -> None:
        if self._answer is not None:
            self._answer.ended()

    def connection_lost(self, _error: Exception | None) -> None:
        self.close()
        self._keeper.closed(self)
