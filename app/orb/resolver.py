"""The addresses behind Orb's name, looked up apart from everything else and remembered for bad times.

A lookup is a blocking call of the system, and one that stalls does so for half a minute. Each name has a thread of
its own, so no other lookup waits behind it, and nobody's exit does: it is a daemon.
"""

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import anyio

_PATIENCE = 1.0  # seconds after which a kept address is taken
_FRESH = 10.0  # seconds for which nobody is asked again
_KEPT = 3600.0  # seconds for which one is good

LookUp = Callable[..., Sequence[tuple[Any, ...]]]
_Name = tuple[str, int]


class Address(NamedTuple):
    """Where a socket connects to: `at` as sockets of that family take it, by number."""

    family: int
    at: tuple[Any, ...]


class Resolver:
    """Asks the system. Where it fails or takes its time, the last good addresses of up to an hour ago stand in."""

    def __init__(
        self,
        look_up: LookUp = socket.getaddrinfo,
        patience: float = _PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up = look_up
        self._patience = patience
        self._clock = clock
        self._kept: dict[_Name, tuple[float, list[Address]]] = {}
        self._under_way: dict[_Name, asyncio.Future[list[Address]]] = {}

    async def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses of `host`, of both families, best first. Raises OSError."""
        if (number := _number(host, port)) is not None:
            return [number]
        name = (host, port)
        if (fresh := self._last_good(name, _FRESH)) is not None:
            return fresh
        kept = self._last_good(name, _KEPT)
        lookup = self._under_way.get(name)
        if lookup is None or lookup.cancelled():
            lookup = self._start(name)
        try:
            with anyio.fail_after(self._patience if kept else None):
                return await asyncio.shield(lookup)
        except OSError:  # a TimeoutError is one too
            if kept is None:
                raise
            return kept

    async def close(self) -> None:
        for lookup in self._under_way.values():
            lookup.cancel()

    def _last_good(self, name: _Name, age: float) -> list[Address] | None:
        since, addresses = self._kept.get(name, (0.0, None))
        return addresses if addresses and self._clock() - since <= age else None

    def _start(self, name: _Name) -> "asyncio.Future[list[Address]]":
        loop = asyncio.get_running_loop()
        lookup = self._under_way[name] = loop.create_future()
        lookup.add_done_callback(lambda _: self._landed(name, lookup))

        def run() -> None:
            outcome = self._ask(name)
            with suppress(RuntimeError):  # nobody is there any more
                loop.call_soon_threadsafe(_settle, lookup, outcome)

        threading.Thread(target=run, name=f"look up {name[0]}", daemon=True).start()
        return lookup

    def _ask(self, name: _Name) -> list[Address] | OSError:
        try:
            found = self._look_up(*name, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        except (OSError, UnicodeError) as error:  # the latter for a name that none can have
            return error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, "no such name")
        return [Address(family, at) for family, _, _, _, at in found]

    def _landed(self, name: _Name, lookup: "asyncio.Future[list[Address]]") -> None:
        # Whoever asks while the others are being told has the same answer.
        lookup.get_loop().call_soon(self._forget, name, lookup)
        if not lookup.cancelled() and lookup.exception() is None:
            self._kept[name] = (self._clock(), lookup.result())

    def _forget(self, name: _Name, lookup: "asyncio.Future[list[Address]]") -> None:
        if self._under_way.get(name) is lookup:
            del self._under_way[name]


def _settle(lookup: "asyncio.Future[list[Address]]", outcome: list[Address] | OSError) -> None:
    if lookup.done():
        return
    if isinstance(outcome, OSError):
        lookup.set_exception(outcome)
    else:
        lookup.set_result(outcome)


def _number(host: str, port: int) -> Address | None:
    """The address that `host` is itself, where it is no name."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return Address(socket.AF_INET, (host, port)) if version == 4 else Address(socket.AF_INET6, (host, port, 0, 0))
