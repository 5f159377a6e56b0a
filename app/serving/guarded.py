"""One connection of a client, which can be slow, large, odd or one of thousands, and holds nobody else up."""

import asyncio
from collections import Counter
from enum import Enum, auto
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app import log
from app.serving.alarm import Alarm
from app.serving.prompt import Prompt
from app.serving.refusal import CROWDED, HOSTS, MALFORMED, TOO_LARGE, Reason, refusal

# Connections past a limit that are still told so; those past these too are closed without a word.
_THIS_MACHINE = ("127.0.0.1", "::1")
_TOLD = 16
# What a client may send ahead of our answers.
_MOST_PIPELINED = 16


class _Expected(Enum):
    """What the client has to send next: the rest of a head, the rest of a body, or nothing."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()


class _Refused(Exception):
    """Stops the parser in the middle of a request."""


class Guarded(Prompt):
    """uvicorn's HTTP protocol with a limit on everything that a client decides. Times are seconds, sizes bytes.

    How long an answer of ours takes is not limited here, nor how long a stream is open.
    """

    head_within = 10.0  # from the connection, or from a request's first byte
    body_within = 10.0  # from the end of its head
    read_within = 30.0  # for the client to take `least_read` of what waits for it, or all of it
    linger = 2.0  # for a client to read why it was refused
    least_read = 16 * 1024
    most_head = 16 * 1024
    most_headers = 64
    most_connections = 2000
    most_per_address = 100

    # Of all connections of this process, by the address they come from; those of trusted proxies and
    # of this machine, where a proxy may be too, are not counted.
    _addresses: ClassVar[Counter[str]] = Counter()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._address: str | None = None
        self._late = Alarm(self.loop, self._cut_late)
        self._stuck = Alarm(self.loop, self._cut_stuck)
        self._expected = _Expected.HEAD
        self._unparsed = 0  # bytes that came for a head that is not whole
        self._head = 0  # bytes of the head as far as it is parsed
        self._wrapping = 0  # bytes around a chunked body, beyond as many as the body has
        self._unread = 0  # bytes that the client had still to read when it was last looked at
        self._why: Reason | None = None
        self._refused = False
        self._deaf = False

    # What a client does

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Writing is paused if and only if the client has not taken all that was written.
        transport.set_write_buffer_limits(high=0)
        address = self.client[0] if self.client else ""
        if not self._is_a_proxys and address not in _THIS_MACHINE:
            self._address = address
            self._addresses[address] += 1
        over = max(
            len(self.connections) - self.most_connections,
            self._addresses[self._address] - self.most_per_address if self._address is not None else 0,
        )
        if over > _TOLD:
            transport.abort()
        elif over > 0:
            self._refuse(CROWDED)
        else:
            self._late.within(self.head_within)

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.remove()
        self._stuck.remove()
        if self._address is not None:
            self._addresses[self._address] -= 1
            if not self._addresses[self._address]:
                del self._addresses[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._expected is _Expected.NOTHING:
            self._expect_head()
        before = self._expected
        self._unparsed += len(data)
        self._wrapping += len(data)
        super().data_received(data)
        if self._deaf or self._expected is not before:
            return
        if before is _Expected.HEAD and self._unparsed > self.most_head:
            self._refuse(TOO_LARGE)
        elif before is _Expected.BODY and self._wrapping > self.most_head:
            self._refuse(MALFORMED)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.transport.get_write_buffer_size()
        self._stuck.within(self.read_within)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stuck.off()

    # What the parser finds

    def on_message_begin(self) -> None:
        if self._expected is not _Expected.HEAD:
            self._expect_head()
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._expected is not _Expected.HEAD:
            return  # a trailer: headers that came after the head was judged
        self._grow(len(name) + len(value) + 4)
        super().on_header(name, value)
        if len(self.headers) > self.most_headers:
            self._stop(TOO_LARGE)

    def on_headers_complete(self) -> None:
        if sum(name == b"host" for name, _ in self.headers) != 1:
            self._stop(HOSTS)
        if len(self.pipeline) >= _MOST_PIPELINED:
            self._stop(MALFORMED)
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # what follows is another protocol, which nobody here speaks
        self._expected = _Expected.BODY
        self._wrapping = 0
        self._late.within(self.body_within)

    def on_body(self, body: bytes) -> None:
        self._wrapping -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._expected = _Expected.NOTHING
        self._late.off()
        self._deaf = self.parser.should_upgrade()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  ours says it better
        self._refuse(self._why or MALFORMED)

    # What the service does

    def close_after_answers(self) -> None:
        """Answers under way say that the connection ends with them. One whose head is out cannot: to end it all the
        same would cut off the request that a client sends next, so it is left to that request's answer."""
        for cycle in self._under_way():
            if not cycle.response_started:
                cycle.keep_alive = False

    def _under_way(self) -> list[RequestResponseCycle]:
        waiting = [cycle for cycle, _ in self.pipeline]
        return waiting if self.cycle is None or self.cycle.response_complete else [self.cycle, *waiting]

    def _expect_head(self) -> None:
        self._expected = _Expected.HEAD
        self._unparsed = 0
        self._late.within(self.head_within)

    def _grow(self, size: int) -> None:
        self._head += size
        if self._head > self.most_head:
            self._stop(TOO_LARGE)

    def _stop(self, why: Reason) -> None:
        self._why = why
        raise _Refused

    def _refuse(self, why: Reason) -> None:
        """Says why, unless an answer is under way, and closes. A close at once would lose the answer on its way:
        the client is given a moment to read, and what it still sends is thrown away."""
        self._refused = self._deaf = True
        if self._under_way():
            self.transport.abort()
            return
        self.transport.write(refusal(why))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._late.within(self.linger)

    def _cut_late(self) -> None:
        ours = self.flow.read_paused or (self._expected is _Expected.HEAD and self._under_way())
        if ours and not self._refused:  # it is us who take our time
            self._late.within(self.head_within)
            return
        if not self._refused:
            log.info("client cut", late=self._expected.name.lower())
        self.transport.abort()

    def _cut_stuck(self) -> None:
        unread = self.transport.get_write_buffer_size()
        if self._unread - unread >= self.least_read:
            self._unread = unread
            self._stuck.within(self.read_within)
            return
        log.info("client cut", late="reading")
        self.transport.abort()
