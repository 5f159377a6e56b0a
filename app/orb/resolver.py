"""The addresses behind Orb's name, looked up apart from everything else and remembered for bad times.

A lookup is a blocking call of the system, and one that stalls does so for half a minute. Each name has a thread of
its own, so no other lookup waits behind it, and nobody's exit does: it is a daemon.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import anyio
from aiohttp.abc import AbstractResolver, ResolveResult

_PATIENCE = 1.0  # seconds after which a kept address is taken
_KEPT = 3600.0  # seconds for which one is good

LookUp = Callable[..., Sequence[tuple[Any, ...]]]
_Name = tuple[str, int, socket.AddressFamily]


class Resolver(AbstractResolver):
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
        self._kept: dict[_Name, tuple[float, list[ResolveResult]]] = {}
        self._under_way: dict[_Name, asyncio.Future[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        name = (host, port, family)
        kept = self._last_good(name)
        lookup = self._under_way.get(name) or self._start(name)
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

    def _last_good(self, name: _Name) -> list[ResolveResult] | None:
        since, addresses = self._kept.get(name, (0.0, None))
        return addresses if addresses and self._clock() - since <= _KEPT else None

    def _start(self, name: _Name) -> "asyncio.Future[list[ResolveResult]]":
        loop = asyncio.get_running_loop()
        lookup = self._under_way[name] = loop.create_future()
        lookup.add_done_callback(lambda _: self._landed(name, lookup))

        def run() -> None:
            outcome = self._ask(name)
            with suppress(RuntimeError):  # nobody is there any more
                loop.call_soon_threadsafe(_settle, lookup, outcome)

        threading.Thread(target=run, name=f"look up {name[0]}", daemon=True).start()
        return lookup

    def _ask(self, name: _Name) -> list[ResolveResult] | OSError:
        host, port, family = name
        try:
            found = self._look_up(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        except (OSError, UnicodeError) as error:  # the latter for a name that none can have
            return error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, "no such name")
        return [_address(host, port, *each) for each in found]

    def _landed(self, name: _Name, lookup: "asyncio.Future[list[ResolveResult]]") -> None:
        del self._under_way[name]
        if not lookup.cancelled() and lookup.exception() is None:
            self._kept[name] = (self._clock(), lookup.result())


def _settle(lookup: "asyncio.Future[list[ResolveResult]]", outcome: list[ResolveResult] | OSError) -> None:
    if lookup.done():
        return
    if isinstance(outcome, OSError):
        lookup.set_exception(outcome)
    else:
        lookup.set_result(outcome)


def _address(host: str, port: int, family: int, _kind: int, proto: int, _name: str, at: Sequence[Any]) -> ResolveResult:
    """One address as aiohttp takes it: by number, so that nothing is looked up again."""
    zone = f"%{at[3]}" if family == socket.AF_INET6 and at[3] else ""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=f"{at[0]}{zone}", port=port, family=family, proto=proto, flags=flags)
