"""Transports around transports: `Logged(Keyed(wire))`, each with one worry.

The wire is a socket to Orb or to the sandbox, or under test `httpx.MockTransport`. Retries and Orb's rate
limits are further layers of the same kind.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from copy import copy
from math import inf

import anyio
import httpx

from app import log
from app.metrics import caused
from app.orb.answer import Answer, Lost
from app.orb.connection import Connection, Origin
from app.orb.connector import Connector, Untrusted, origin
from app.orb.outgoing import place, written
from app.orb.pool import Pool
from app.orb.resolver import Resolver
from app.secret import Secret


class BrokenAgain(httpx.TransportError):
    """A kept connection broke, and the new one that was opened for the same request."""


class TooLate(httpx.TransportError):
    """The request was not to be sent any more: its leave, `by` in its extensions, had run out."""


class Layer(httpx.AsyncBaseTransport):
    """A transport around another one."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Keyed(Layer):
    """Adds the key on the way to the wire, to a copy of the request: nothing before it ever holds the key."""

    def __init__(self, inner: httpx.AsyncBaseTransport, key: Secret) -> None:
        super().__init__(inner)
        self._key = key

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(self._keyed(request))

    def _keyed(self, request: httpx.Request) -> httpx.Request:
        """Made in a frame of its own, for what reports errors may show the variables of those that are still there."""
        keyed = copy(request)
        keyed.headers = httpx.Headers(request.headers)
        keyed.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        keyed.stream, keyed.extensions = request.stream, request.extensions  # which httpx leaves out of copies
        return keyed


class Logged(Layer):
    """One line per call: the endpoint's name, never its ids; how it went and how long its head took."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        outcome: int | str = "cancelled"
        try:
            response = await self._inner.handle_async_request(request)
            outcome = response.status_code
            return response
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds, told = time.perf_counter() - began, request.extensions
            caused.call(told.get("call", ""), told.get("rate", ""), outcome, seconds)
            # A key that Orb does not take, or an Orb that is none, is for the operator to mend.
            tell = log.error if outcome in (401, 403, Untrusted.__name__) else log.info
            tell("orb", call=told.get("call", ""), outcome=outcome, ms=round(seconds * 1000, 1))


class _Body(httpx.AsyncByteStream):
    """The rest of an answer. One that is closed, or forgotten, before its end is cut."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._loop = asyncio.get_running_loop()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if part := await self._answer.part():
            return part
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._answer.lost()

    def __del__(self) -> None:
        if not self._answer.over:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._answer.lost)  # what is forgotten may be found by any thread


class Wire(httpx.AsyncBaseTransport):
    """Sockets to Orb: HTTP/1.1 with kept connections, for requests whose content is in memory.

    Not httpx's own transport, whose pool is dead after many cancellations (httpcore #1093), and our deadlines
    are cancellations. Header names go out as they are spelled, which Orb's cache headers need, and the path
    byte for byte as it was built. No cookies, no proxies of the environment, no redirects, no decompression:
    the client bounds what it inflates.
    """

    def __init__(
        self,
        verify: ssl.SSLContext | None = None,
        connections: int = 100,
        idle: float = 120,
        connecting: float = 2,
        resolver: Resolver | None = None,
    ) -> None:
        """`connecting` is how many seconds the name, the socket and TLS may take, and a place among `connections`.

        A connection is kept for `idle` seconds. Without `verify` the system's authorities are believed.
        """
        self._pool = Pool(connections, idle)
        self._connector = Connector(self._pool, verify, connecting, resolver or Resolver())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer, and its body as it comes.

        A GET is sent once more, on a new connection, where a kept one was closed before any of the answer came.
        """
        to, again = origin(place(request)), request.extensions.get("broken", False)
        connection, kept = await self._connector.connection(to, again=request.method == "GET")
        try:
            return await self._answered(connection, request)
        except (Lost, httpx.ReadError) as error:
            request.extensions["broken"] = True
            if isinstance(error, httpx.ReadError):
                raise
            if again or not kept or request.method != "GET":
                raise httpx.ConnectError("closed") from None
        try:
            connection, _ = await self._connector.connection(to, kept=False)
            return await self._answered(connection, request)
        except (Lost, httpx.NetworkError) as error:
            raise BrokenAgain(type(error).__name__) from None

    async def warm(self, url: str, count: int) -> None:
        """Opens connections to where `url` leads until `count` are kept, as far as there are places; or leaves it."""
        to = origin(httpx.URL(url))
        async with anyio.create_task_group() as tasks:
            for _ in range(self._pool.resting(to), count):
                tasks.start_soon(self._keep_one, to)

    async def _keep_one(self, to: Origin) -> None:
        if self._pool.room > 0:
            with suppress(httpx.TransportError):
                self._pool.rests((await self._connector.connection(to, kept=False))[0])

    async def _answered(self, connection: Connection, request: httpx.Request) -> httpx.Response:
        try:
            if anyio.current_time() > request.extensions.get("by", inf):
                raise TooLate("not sent in time")
            answer = connection.ask(written(request))
        except BaseException:  # nothing was sent
            self._pool.rests(connection)
            raise
        try:
            await answer.headed()
        except BaseException:
            answer.lost()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    async def aclose(self) -> None:
        await self._connector.aclose()
