"""Transports around transports: `Logged(Keyed(wire))`, each with one worry.

The wire is a socket to Orb or to the sandbox, or under test `httpx.MockTransport`. Retries and Orb's rate
limits are further layers of the same kind.
"""

import time
from collections.abc import AsyncIterator
from ssl import SSLContext

import aiohttp
import httpx
import yarl
from multidict import CIMultiDict

from app import log
from app.metrics import caused
from app.secret import Secret


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
        headers = [*request.headers.raw, (b"Authorization", f"Bearer {self._key.reveal()}".encode("ascii"))]
        keyed = httpx.Request(request.method, request.url, headers=headers, content=request.content)
        keyed.extensions = request.extensions
        return await self._inner.handle_async_request(keyed)


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
            # A key that Orb does not take is for the operator to mend, whatever the cards say of it.
            tell = log.error if outcome in (401, 403) else log.info
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


class Wire(httpx.AsyncBaseTransport):
    """Sockets to Orb: HTTP/1.1 with kept connections, through aiohttp.

    Not httpx's own transport, whose pool is dead after many cancellations (httpcore #1093), and our deadlines
    are cancellations. Header names go out as they are spelled, which Orb's cache headers need, and the path
    byte for byte as it was built. No cookies, no proxies of the environment, no redirects, no decompression:
    the client bounds what it inflates.
    """

    def __init__(self, verify: SSLContext | bool = True, connections: int = 100, idle: float = 55) -> None:
        self._verify = verify
        self._connections = connections
        self._idle = idle
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._verify, limit=self._connections, keepalive_timeout=self._idle)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        names = ((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw)
        headers = CIMultiDict((name, value) for name, value in names if name.lower() != "content-length")
        try:
            response = await self._open().request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=headers,
                data=request.content or None,
                allow_redirects=False,
            )
        except (TimeoutError, aiohttp.ServerTimeoutError) as error:
            raise httpx.ConnectTimeout(type(error).__name__) from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            # `from None`: an aiohttp error holds the request, and the request holds the key.
            raise httpx.ConnectError(type(error).__name__) from None
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
