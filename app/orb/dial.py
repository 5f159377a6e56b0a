"""From the addresses of a name to a socket, and to a connection on it."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from socket import IPPROTO_TCP, SOCK_STREAM, socket

import anyio

from app.orb.connection import Connection
from app.orb.resolver import Address

_APART = 0.25  # seconds after which the next address is tried beside those before it


async def dial(
    addresses: Sequence[Address], made: Callable[[], Connection], tls: ssl.SSLContext | None, name: str
) -> Connection:
    """A connection to whichever address answers first. With `tls` it has to show that it is `name`.

    Raises OSError: ssl.SSLError, and of several addresses that of the first.
    """
    found, connection = await _first(addresses), made()
    try:
        # From here on the socket is the loop's to close, whatever happens.
        await asyncio.get_running_loop().create_connection(
            lambda: connection, sock=found, ssl=tls, server_hostname=name if tls else None
        )
    except BaseException:
        connection.close()
        raise
    return connection


async def _first(addresses: Sequence[Address]) -> socket:
    """Each address a quarter of a second after the one before it, or as soon as that one has failed."""
    if not addresses:
        raise OSError("no address")
    if len(addresses) == 1:
        return await _reach(addresses[0])
    reached: list[socket] = []
    failed: dict[int, OSError] = {}
    try:
        async with anyio.create_task_group() as tries:

            async def reach(place: int, address: Address, done: anyio.Event) -> None:
                try:
                    reached.append(await _reach(address))
                    tries.cancel_scope.cancel()
                except OSError as error:
                    failed[place] = error
                    done.set()

            for place, address in enumerate(_mixed(addresses)):
                done = anyio.Event()
                tries.start_soon(reach, place, address, done)
                with anyio.move_on_after(_APART):
                    await done.wait()
    except BaseException:
        for each in reached:
            each.close()
        raise
    if not reached:
        raise failed[0]
    for late in reached[1:]:
        late.close()
    return reached[0]


def _mixed(addresses: Sequence[Address]) -> list[Address]:
    """Both families in turn, so that one that leads nowhere costs a quarter of a second."""
    first = [each for each in addresses if each.family == addresses[0].family]
    rest = [each for each in addresses if each.family != addresses[0].family]
    return [each for each in chain.from_iterable(zip_longest(first, rest)) if each is not None]


async def _reach(address: Address) -> socket:
    found = socket(address.family, SOCK_STREAM, IPPROTO_TCP)
    try:
        found.setblocking(False)
        await asyncio.get_running_loop().sock_connect(found, address.at)
    except BaseException:
        found.close()
        raise
    return found
