"""A connection for a request: a kept one, or a new one by name, address, socket and TLS, all in time."""

import socket
import ssl
from functools import cache

import anyio
import httpx

from app.orb.connection import Connection, Origin
from app.orb.dial import dial
from app.orb.pool import Pool
from app.orb.resolver import Resolver


class Untrusted(httpx.TransportError):
    """Who answers cannot show that it is Orb. Nothing of a request, and so no key, was sent."""


class UnknownName(httpx.TransportError):
    """Orb's name has no address."""


class Connector:
    """`connecting` is how many seconds it all may take, a place in the pool included."""

    def __init__(self, pool: Pool, verify: ssl.SSLContext | None, connecting: float, resolver: Resolver) -> None:
        self._pool = pool
        self._verify = verify
        self._connecting = connecting
        self._resolver = resolver

    async def connection(self, to: Origin, *, kept: bool = True, again: bool = True) -> tuple[Connection, bool]:
        """One that is free, or else a new one, with a place in the pool; and whether it was kept.

        `again` says that the request may be sent a second time.

        Raises httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError, UnknownName, Untrusted.
        """
        ends = await self._place()
        try:
            if kept and (found := self._pool.take(to, again=again)) is not None:
                return found, True
            self._pool.make_room()
            return await self._open(to, ends or self._ends()), False
        except BaseException:
            self._pool.leave()
            raise

    async def _place(self) -> float | None:
        """Takes a place in the pool; says until when the connection has to be there, where that was waited for."""
        if not self._pool.full:
            await self._pool.enter()
            return None
        ends = self._ends()
        with anyio.CancelScope(deadline=ends):
            await self._pool.enter()
            return ends
        raise httpx.PoolTimeout("no place")

    def _ends(self) -> float:
        return anyio.current_time() + self._connecting

    async def _open(self, to: Origin, ends: float) -> Connection:
        try:
            with anyio.CancelScope(deadline=ends):
                addresses = await self._resolver.resolve(to.host, to.port)
                return await dial(addresses, lambda: Connection(to, self._pool), self._tls(to), to.host)
        except TimeoutError as error:  # the system's
            raise httpx.ConnectTimeout(type(error).__name__) from None
        except socket.gaierror as error:
            raise UnknownName(type(error).__name__) from None
        except ssl.SSLError as error:
            raise Untrusted(type(error).__name__) from None
        except (OSError, ValueError) as error:
            raise httpx.ConnectError(type(error).__name__) from None
        raise httpx.ConnectTimeout("no connection")

    def _tls(self, to: Origin) -> ssl.SSLContext | None:
        return (self._verify or _trusting()) if to.tls else None

    async def aclose(self) -> None:
        await self._pool.aclose()
        await self._resolver.close()


def origin(url: httpx.URL) -> Origin:
    """Whom a connection has to lead to for an address."""
    tls = url.scheme == "https"
    return Origin(tls, url.raw_host.decode("ascii"), url.port or (443 if tls else 80))


@cache
def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
