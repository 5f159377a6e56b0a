"""The answers, questions under way and floors that several processes have in common."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import anyio
import msgspec
from anyio.abc import TaskGroup
from redis.asyncio import Redis

from app.cache.floors import Key
from app.fleet.link import Link
from app.fleet.news import CHANNEL, News, Order
from app.fleet.scripts import KEEP, LOOK, RAISE, RELEASE, RENEW
from app.fleet.sealed import MOST, Seal, micros
from app.reading import Reading

_DAY = 24 * 3600 * 1000  # milliseconds
_LEASE, _RENEWED = 2000, 0.7  # milliseconds, seconds: a process that dies leaves its question to others that soon
_LANDED = 0.1  # seconds


class Answers:
    """What `Cache` asks of the processes beside its own; see `app.cache.others`."""

    def __init__(self, link: Link, news: News, seal: Seal, tasks: TaskGroup) -> None:
        self._link = link
        self._news = news
        self._seal = seal
        self._tasks = tasks
        self.odd = 0  # entries that were not as this service writes them

    def vouches(self, key: Key, reading: Reading[Any]) -> bool:
        """Whether no other process is known to hold a younger answer."""
        if not self._link.up:
            return True
        known = self._news.known(self._seal.name(key))
        return self._news.listening and known is not None and known <= _order(reading)

    async def look(self, key: Key) -> Reading[Any] | None:
        """The answer that the others keep; raises this process's floors to theirs on the way."""
        name = self._seal.name(key)
        both = (_answer(name), self._floors(key[:2]))
        found: list[bytes] | None = await self._link.ask(lambda redis: redis.eval(LOOK, 2, *both, str(MOST)))
        if found is None:
            return None
        sealed, floors = found[0], found[1:]
        for field, at in zip(floors[::2], floors[1::2], strict=False):
            self._news.raise_floor(key[:2], field.decode("ascii", "replace"), int(at) if at.isdigit() else 0)
        reading = self._seal.open(key, sealed) if sealed else None
        if reading is not None:
            self._news.replace(name, _order(reading))
        elif sealed:
            self.odd += 1
            await self._link.ask(lambda redis: redis.delete(_answer(name)))
        return reading

    @asynccontextmanager
    async def lease(self, key: Key, *, live: bool) -> AsyncIterator[bool]:
        """The right to ask Orb within the block; False while another process has it."""
        name, mine = self._seal.name(key), secrets.token_hex(8)
        lease = f"orrery:lease:{name}:{'live' if live else 'cached'}"
        granted = await self._link.ask(lambda redis: _set_once(redis, lease, mine, _LEASE))
        if granted is False:
            yield False
            return
        done = anyio.Event()
        self._tasks.start_soon(self._renew, lease, mine, done)
        try:
            yield True
        finally:
            done.set()
            with anyio.CancelScope(shield=True):
                await self._link.ask(lambda redis: redis.eval(RELEASE, 1, lease, mine, CHANNEL, name))

    async def _renew(self, lease: str, mine: str, done: anyio.Event) -> None:
        while True:
            with anyio.move_on_after(_RENEWED):
                await done.wait()
                return
            await self._link.ask(lambda redis: redis.eval(RENEW, 1, lease, mine, str(_LEASE)))

    async def landed(self, key: Key) -> None:
        """Waits until another process's answer may be there, a tenth of a second at most."""
        await self._news.landed(self._seal.name(key), _LANDED)

    async def keep(self, key: Key, reading: Reading[Any]) -> None:
        """Lets the others have an answer, unless theirs is the younger one."""
        name, order = self._seal.name(key), _order(reading)
        if (sealed := self._seal.close(key, reading)) is None:
            return
        self._news.learn(name, order)
        lasts = str(int(reading.lasts * 1000)) if reading.lasts else str(_DAY)
        told = (str(order[0]), str(order[1]), sealed, lasts, key[2], CHANNEL, name)
        await self._link.ask(lambda redis: redis.eval(KEEP, 2, _answer(name), self._floors(key[:2]), *told))

    async def refresh(self, customer: Key, at: datetime) -> None:
        """Raises the floor of a refresh for all."""
        await self._raise(customer, "refresh", at)

    async def change(self, customer: Key, question: str | None, at: datetime) -> None:
        """Raises the floor of a change for all."""
        await self._raise(customer, f"change:{question or ''}", at)

    async def _raise(self, customer: Key, field: str, at: datetime) -> None:
        stamp = micros(at)
        told = b"floor " + msgspec.json.encode((customer, field, stamp))
        asked = (field, str(stamp), str(_DAY), CHANNEL, told)
        await self._link.ask(lambda redis: redis.eval(RAISE, 1, self._floors(customer), *asked))

    def _floors(self, customer: Key) -> str:
        return f"orrery:floors:{self._seal.name(customer)}"


def _answer(name: str) -> str:
    return f"orrery:answer:{name}"


def _order(reading: Reading[Any]) -> Order:
    return micros(reading.since), micros(reading.asked)


async def _set_once(redis: Redis, name: str, value: str, milliseconds: int) -> bool:
    return bool(await redis.set(name, value, nx=True, px=milliseconds))
