"""What comes more than once and shall count once: an event's id, for a week, whichever process it comes to."""

from collections.abc import Callable
from datetime import datetime

from cachetools import TTLCache
from redis.asyncio import Redis

from app.fleet.link import Link

_WEEK = 7 * 24 * 3600
_MOST = 100_000


class Once:
    """Knows by itself what came to this process, and through `link` what came to others."""

    def __init__(self, now: Callable[[], datetime], link: Link | None = None) -> None:
        self._seen: TTLCache[str, bool] = TTLCache(_MOST, _WEEK, timer=lambda: now().timestamp())
        self._link = link

    async def first(self, event: str) -> bool:
        """Whether this is the first time; from then on it is not."""
        if event in self._seen:
            return False
        self._seen[event] = True
        if self._link is None:
            return True
        return await self._link.ask(lambda redis: _mark(redis, event)) is not False

    async def forget(self, event: str) -> None:
        """It came to nothing: the next time is the first."""
        self._seen.pop(event, None)
        if self._link is not None:
            await self._link.ask(lambda redis: redis.delete(_name(event)))


def _name(event: str) -> str:
    return f"orrery:event:{event}"


async def _mark(redis: Redis, event: str) -> bool:
    return bool(await redis.set(_name(event), "", nx=True, ex=_WEEK))
