"""How many processes there are: so that each knows its part where they cannot ask each other."""

import secrets
from collections.abc import Awaitable

import anyio
from redis.asyncio import Redis

from app.fleet.link import Link

_SEEN = 10  # seconds without a sign after which a process counts no more
_BEAT = 0.5


class Peers:
    """`count` is how many there were, this one among them, when Redis last told."""

    def __init__(self, link: Link, account: str, least: int = 1) -> None:
        self._name = f"orrery:peers:{account}"
        self._link = link
        self._mine = secrets.token_hex(8)
        self._least = least
        self.count = least

    async def run(self) -> None:
        """Shows that this process is there, for as long as it is."""
        try:
            while True:
                await self.beat()
                await anyio.sleep(_BEAT)
        finally:
            with anyio.CancelScope(shield=True):
                await self._link.ask(lambda redis: _leave(redis, self._name, self._mine))

    async def beat(self) -> None:
        found = await self._link.ask(lambda redis: _count(redis, self._name, self._mine))
        self.count = self.count if found is None else max(self._least, found)


async def _count(redis: Redis, name: str, mine: str) -> int:
    now, _ = await redis.time()
    async with redis.pipeline(transaction=True) as steps:
        steps.zadd(name, {mine: now})
        steps.zremrangebyscore(name, "-inf", now - _SEEN)
        steps.zcard(name)
        found = await steps.execute()
    return int(found[-1])


def _leave(redis: Redis, name: str, mine: str) -> Awaitable[int]:
    left: Awaitable[int] = redis.zrem(name, mine)
    return left
