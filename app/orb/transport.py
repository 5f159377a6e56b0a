"""Transports around transports: `Logged(Keyed(wire))`, each with one worry.

The wire is a socket to Orb or to the sandbox, or under test `httpx.MockTransport`. Retries and Orb's rate
limits are further layers of the same kind.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ssl import SSLContext
from types import SimpleNamespace

import aiohttp
import httpx
import yarl
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict

from app import log
from app.metrics import caused
from app.orb.resolver import Resolver
from app.secret import Secret


class Untrusted(httpx.TransportError):
    """Who answers cannot show that it is Orb. Nothing of a request, and so no key, was sent."""


class UnknownName(httpx.TransportError):
    """Orb's name has no address."""


class BrokenAgain(httpx.TransportError):
    """A kept connection broke, and the new one that was opened for the same request."""


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
        headers = [*request.headers.raw, (b"Authorization", f"Bearer {self._key.reveal()}".encode("ascii"))]
        keyed = httpx.Request(request.method, request.url, headers=headers, content=request.content)
        keyed.extensions = request.extensions
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
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except aiohttp.ClientPayloadError:
            raise httpx.RemoteProtocolError("cut short") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise httpx.ReadError(type(error).__name__) from None

    async def aclose(self) -> None:
        # A body that was read to its end has given its connection back; any other one is cut.
        self._response.close()


@dataclass(slots=True)
class _Way:
    """How one request got its connection: whether a new one was `opened`, and whether it was sent `again`."""

    opened: bool = False
    again: bool = False


class Wire(httpx.AsyncBaseTransport):
    """Sockets to Orb: HTTP/1.1 with kept connections, through aiohttp.

    Not httpx's own transport, whose pool is dead after many cancellations (httpcore #1093), and our deadlines
    are cancellations. Header names go out as they are spelled, which Orb's cache headers need, and the path
    byte for byte as it was built. No cookies, no proxies of the environment, no redirects, no decompression:
    the client bounds what it inflates.
    """

    def __init__(
        self,
        verify: SSLContext | bool = True,
        connections: int = 100,
        idle: float = 55,
        connecting: float = 2,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """`connecting` is how many seconds the name, the socket and TLS may take, and a place among `connections`."""
        self._verify = verify
        self._connections = connections
        self._idle = idle
        self._connecting = connecting
        self._resolver = resolver or Resolver()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        way = _Way()
        try:
            response = await self._send(request, way)
        except aiohttp.ClientSSLError as error:
            raise Untrusted(type(error).__name__) from None
        except aiohttp.ClientConnectorDNSError as error:
            raise UnknownName(type(error).__name__) from None
        except aiohttp.ClientResponseError as error:
            raise httpx.ProtocolError(type(error).__name__) from None
        except TimeoutError as error:
            timeout = httpx.ConnectTimeout if way.opened else httpx.PoolTimeout
            raise timeout(type(error).__name__) from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            # `from None`: an aiohttp error holds the request, and the request holds the key.
            broken = BrokenAgain if way.again else httpx.ConnectError
            raise broken(type(error).__name__) from None
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def _send(self, request: httpx.Request, way: _Way) -> aiohttp.ClientResponse:
        """Sends it, and a GET once more on a new connection where a kept one was closed before it came."""
        again = request.extensions.get("broken", False)
        try:
            return await self._send_once(request, way)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            request.extensions["broken"] = True
            if again or way.opened or request.method != "GET":
                raise
        way.again = True
        return await self._send_once(request, way)

    async def _send_once(self, request: httpx.Request, way: _Way) -> aiohttp.ClientResponse:
        names = ((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw)
        return await self._session(kept=not way.again).request(
            request.method,
            yarl.URL(str(request.url), encoded=True),
            headers=CIMultiDict((name, value) for name, value in names if name.lower() != "content-length"),
            data=request.content or None,
            allow_redirects=False,
            trace_request_ctx=way,
        )

    def _session(self, *, kept: bool) -> aiohttp.ClientSession:
        """The one whose connections are kept, or the one that opens a new one for each request."""
        if kept not in self._sessions:
            self._sessions[kept] = self._open(kept=kept)
        return self._sessions[kept]

    def _open(self, *, kept: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._verify,
            limit=self._connections,
            keepalive_timeout=self._idle if kept else None,
            force_close=not kept,
            resolver=self._resolver,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connecting),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            trace_configs=[_watched()],
        )
        # It would send every GET again whose connection broke, unseen by the limits and by the retries' budget.
        session._retry_connection = False
        return session

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.close()
        await self._resolver.close()


def _watched() -> aiohttp.TraceConfig:
    """Writes down in the `_Way` of each request that a connection is opened for it."""

    async def opened(_session: aiohttp.ClientSession, told: SimpleNamespace, _how: object) -> None:
        told.trace_request_ctx.opened = True

    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(opened)
    return config
