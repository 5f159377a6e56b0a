"""The door: everybody who waits there is let in, not one in each round of the event loop.

libuv takes one connection a round. A round is long where many want what nobody has made yet, and whoever came behind
a thousand others, a health check too, waited for a thousand of them.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from socket import socket

_AT_ONCE = 128  # the rest is for the next round, or for another process at the same socket


class Doors:
    """Listens at `sockets` beside the event loop's own server; `made` is the protocol of a new connection."""

    def __init__(self, sockets: Iterable[socket], made: Callable[[], asyncio.Protocol]) -> None:
        self._loop = asyncio.get_running_loop()
        self._made = made
        self._sockets = [each.dup() for each in sockets]
        self._entering: set[asyncio.Task[object]] = set()
        for each in self._sockets:
            each.setblocking(False)
            self._loop.add_reader(each, self._let_in, each)

    def close(self) -> None:
        for each in self._sockets:
            self._loop.remove_reader(each)
            each.close()

    def _let_in(self, door: socket) -> None:
        with suppress(OSError):  # nobody waits any more, or no file is free
            for _ in range(_AT_ONCE):
                entering = self._loop.create_task(self._enter(door.accept()[0]))
                self._entering.add(entering)
                entering.add_done_callback(self._entering.discard)

    async def _enter(self, accepted: socket) -> None:
        try:
            accepted.setblocking(False)
            await self._loop.connect_accepted_socket(self._made, accepted)
        except OSError:  # who was there has gone
            accepted.close()
