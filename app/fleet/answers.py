"""The answers, questions under way and floors that several processes have in common."""

import secrets
from collections.abc import Hashable
from datetime import datetime
from typing import Any

import anyio
import msgspec
from anyio.abc import TaskGroup
from cachetools import LRUCache

from app.cache.floors import Key
from app.cache.others import Claim
from app.fleet.link import Link
from app.fleet.news import News, Order
from app.fleet.scripts import CLAIM, LAND, RAISE, RENEW
from app.fleet.sealed import MOST, Seal, micros
from app.reading import Reading

_DAY = 24 * 3600 * 1000  # milliseconds
_LEASE, _RENEWED = 2000, 0.7  # milliseconds, seconds: a process that dies leaves its question to others that soon
_LANDED = 0.1  # seconds
_DEAF = 2.0  # seconds after which those who lost Redis together listen to it again
_UNTOLD = 10_000  # floors


class Answers:
    """What `Cache` asks of the processes beside its own; see `app.cache.others`."""

    def __init__(self, link: Link, news: News, seal: Seal, tasks: TaskGroup) -> None:
        self.link = link
        self._news = news
        self.seal = seal
        self._tasks = tasks
        self._untold: LRUCache[tuple[Key, str], datetime] = LRUCache(_UNTOLD)
        self.odd = 0  # entries that were not as this service writes them

    def vouches(self, key: Key, reading: Reading[Any]) -> bool:
        """Whether no other process is known to hold a younger answer."""
        if not self.link.up:
            return True
        known = self._news.known(self.seal.name(key))
        return self._news.listening and known is not None and known <= _order(reading)

    def stamp(self) -> Hashable:
        """Another once `vouches` may say something else."""
        return self.link.up, self._news.listening, self._news.changes

    async def claim(self, key: Key, oldest: datetime | None, *, live: bool, known: Reading[Any] | None = None) -> Claim:
        """The answer that the others keep, and unless it is of `oldest` or later, the right to ask Orb."""
        lease = _Lease(self, key, self._name(key), live)
        told = (
            str(MOST),
            str(micros(oldest)) if oldest else "",
            lease.mine,
            str(_LEASE),
            key[2],
            "live" if live else "",
            "{} {}".format(*_order(known)) if known else "",
        )
        before = self._news.known(self._name(key))
        found = await self.link.ask(lambda redis: redis.eval(CLAIM, 3, *lease.keys, *told))
        if found is None:
            return Claim(None, lease)
        granted, sealed, *floors = found
        for field, at in zip(floors[::2], floors[1::2], strict=False):
            self._news.raise_floor(key[:2], field.decode("ascii", "replace"), at)
        if granted == 1:
            self._tasks.start_soon(lease.hold)
        reading = known if sealed == b"same" else self.seal.open(key, sealed) if sealed else None
        if reading is not None:
            self._news.replace(self._name(key), _order(reading), before)
        elif sealed:
            self.odd += 1
            await self.link.ask(lambda redis: redis.delete(lease.keys[0]))
        return Claim(reading, lease if granted == 1 else None)

    async def landed(self, key: Key) -> None:
        """Waits until another process's answer may be there, a tenth of a second at most."""
        await self._news.landed(self._name(key), _LANDED)

    async def refresh(self, customer: Key, at: datetime) -> None:
        """Raises the floor of a refresh for all."""
        await self._raise(customer, "refresh", at)

    async def change(self, customer: Key, question: str | None, at: datetime) -> None:
        """Raises the floor of a change for all."""
        await self._raise(customer, f"change:{question or ''}", at)

    async def _raise(self, customer: Key, field: str, at: datetime) -> None:
        self._untold[customer, field] = at
        await self._tell(customer, field, at)

    async def _tell(self, customer: Key, field: str, at: datetime, *, in_line: bool = False) -> None:
        stamp = micros(at)
        told = b"floor " + msgspec.json.encode((customer, field, stamp))
        asked = (field, str(stamp), str(_DAY), self.seal.channel, told)
        floors = floors_of(self._name(customer))
        heard = await self.link.ask(lambda redis: redis.eval(RAISE, 1, floors, *asked), in_line=in_line)
        if heard and self._untold.get((customer, field)) == at:
            del self._untold[customer, field]

    async def catch_up(self) -> None:
        """Tells the others what floors were raised while Redis was not there: at once, and again when all listen."""
        untold = list(self._untold.items())
        for wait in (0, _DEAF):
            await anyio.sleep(wait)
            for (customer, field), at in untold:
                await self._tell(customer, field, at, in_line=True)

    def learn(self, name: str, reading: Reading[Any]) -> None:
        """That this process itself gives the others an answer."""
        self._news.learn(name, _order(reading))

    def _name(self, key: Key) -> str:
        return self.seal.name(key)


class _Lease:
    """The right to ask one question, held for as long as this process lives and has not given it back."""

    def __init__(self, answers: Answers, key: Key, name: str, live: bool) -> None:
        self._answers = answers
        self._key = key
        self._name = name
        self._back = anyio.Event()
        self.mine = secrets.token_hex(8)
        kind = "live" if live else "cached"
        floors = floors_of(answers.seal.name(key[:2]))
        self.keys = (f"orrery:answer:{name}", floors, f"orrery:lease:{name}:{kind}")

    async def hold(self) -> None:
        while True:
            with anyio.move_on_after(_RENEWED):
                await self._back.wait()
                return
            await self._answers.link.ask(lambda redis: redis.eval(RENEW, 1, self.keys[2], self.mine, str(_LEASE)))

    async def land(self, reading: Reading[Any] | None) -> None:
        """Gives it back, and lets the others have the answer unless theirs is the younger one."""
        self._back.set()
        sealed = self._answers.seal.close(self._key, reading) if reading and self._answers.link.up else None
        told: tuple[Any, ...] = ("", "", "", "", self._key[2], self._answers.seal.channel, self._name, self.mine)
        if reading is not None and sealed is not None:
            self._answers.learn(self._name, reading)
            since, asked = _order(reading)
            lasts = int(reading.lasts * 1000) if reading.lasts else _DAY
            told = (str(since), str(asked), sealed, str(lasts), *told[4:])
        await self._answers.link.ask(lambda redis: redis.eval(LAND, 3, *self.keys, *told))


def floors_of(customer: str) -> str:
    return f"orrery:floors:{customer}"


def _order(reading: Reading[Any]) -> Order:
    return micros(reading.since), micros(reading.asked)
