"""What comes more than once and shall count once: an event's id, for a week, whichever process it comes to."""

from collections.abc import Callable
from datetime import datetime

from cachetools import TTLCache

from app.fleet.link import Link

_WEEK = 7 * 24 * 3600
_MOST = 100_000


class Once:
    """Knows by itself what came to this process, and through `link` what came to others."""

    def __init__(self, now: Callable[[], datetime], link: Link | None = None, account: str = "") -> None:
        self._seen: TTLCache[str, bool] = TTLCache(_MOST, _WEEK, timer=lambda: now().timestamp())
        self._link = link
        self._account = account

    async def knows(self, event: str) -> bool:
        """Whether it has come to its end before, here or in another process."""
        if event in self._seen or self._link is None:
            return event in self._seen
        return bool(await self._link.ask(lambda redis: redis.exists(self._name(event))))

    async def remember(self, event: str) -> None:
        """To be called when all is done: what is interrupted before that comes again, and counts."""
        self._seen[event] = True
        if self._link is not None:
            await self._link.ask(lambda redis: redis.set(self._name(event), "", ex=_WEEK))

    def _name(self, event: str) -> str:
        return f"orrery:event:{self._account}:{event}"
