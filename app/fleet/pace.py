"""One rate limit of Orb's for several processes: each call takes its place in Redis."""

import secrets
from collections.abc import Callable
from math import inf
from typing import Any

import anyio
from anyio.abc import TaskGroup
from redis.asyncio import Redis

from app.budget.pace import Pace, Slot
from app.fleet.link import Link
from app.fleet.peers import Peers
from app.fleet.scripts import ANSWERED, BEGIN, LEFT, REFUSED, TAKE

_HELD, _FREED = 4_050_000, 1_050_000  # microseconds: as `Pace` counts, arrived and a second more, or a second more
_RECOVERY = 10_000_000
_LONGEST = 60.0  # seconds of a pause that is believed
_ASK = 0.1  # seconds until the others are asked again: they may have got answers meanwhile


class Together:
    """Several processes within one limit. Without Redis each keeps to its part: the limit by their number.

    This process's own calls are counted here too, and those of the others go on counting when Redis goes: for a second
    as if they had taken all of the limit that this process had not, then as they last were, for as long as they may be
    on their way.
    """

    def __init__(
        self,
        rate: str,
        limit: int,
        link: Link,
        peers: Peers,
        account: str,
        tasks: TaskGroup,
        clock: Callable[[], float],
    ) -> None:
        self._limit = limit
        self._link = link
        self._peers = peers
        self._tasks = tasks
        self._clock = clock
        self._slots, self._state = f"orrery:slots:{account}:{rate}", f"orrery:pace:{account}:{rate}"
        self._pace = Pace(limit)
        self._unknown: list[Slot] = []
        self._careful = 0.0  # until when it keeps to its part
        self._unheard = False  # a pause that the others were not told of
        self._others = (0, 0.0)  # how many calls of theirs counted, and until when they do
        self._lost = (-inf, 0)  # when Redis was lost, and how many calls of this process's own counted then

    @property
    def paused(self) -> float:
        return self._pace.paused

    @property
    def allowed(self) -> int:
        now = self._clock()
        return 0 if now < self._pace.paused else self._pace.allowed(now)

    async def begin(self) -> None:
        """Before the first call: a class that nobody has counted in needs no pause."""
        await self._link.ask(lambda redis: redis.eval(BEGIN, 1, self._state))

    async def take(self) -> Slot | float:
        """Leave of all, or how long to wait for it."""
        now = asked = self._clock()
        if (wait := self._pace.paused - now) > 0:
            return wait
        if now < self._careful and (wait := self._part(now)) > 0:
            return min(wait, _ASK)
        name = secrets.token_hex(8)
        told = (str(self._limit), name, str(_HELD), str(_RECOVERY), str(_FREED))
        try:
            found = await self._link.ask(lambda redis: _take(redis, self._slots, self._state, *told), in_line=True)
        except anyio.get_cancelled_exc_class():  # Redis may have given leave all the same
            self._tasks.start_soon(self._told, ANSWERED, self._slots, name, "0")
            raise
        now = self._clock()
        if found is None:
            return self._alone(now)
        if any(each.until > now for each in self._unknown):  # Redis did not know of these when it gave leave
            self.back()
            if (wait := self._part(now)) > 0:
                return min(wait, _ASK)
        wait, taken, paused = found
        self._pace.pause(now + min(paused / 1000, _LONGEST))
        slot = None if wait else self._pace.leave(now, name, asked)
        self._others = (max(0, taken - self._pace.taken(now)), now + _HELD / 1e6)
        return slot or min(wait / 1000, _ASK)

    def _alone(self, now: float) -> Slot | float:
        if self._link.doubtful:
            return _ASK  # if Redis is only slow, the others are using all of it
        return self._part(now) or self._named(now)

    def _part(self, now: float) -> float:
        """How long to wait where nobody knows of the others' calls but what they last were."""
        others, until = self._others
        others = others if now < until else 0
        if self._peers.count > 1 and now < self._link.lost_at + _FREED / 1e6:  # what they took since is not known
            if self._lost[0] != self._link.lost_at:
                self._lost = self._link.lost_at, self._pace.taken(now)
            others = max(others, self._pace.allowed(now) - self._lost[1])
        return self._pace.wait(now, self._peers.count, others)

    def _named(self, now: float) -> Slot:
        """A call leaves that Redis does not know of yet."""
        slot = self._pace.leave(now, secrets.token_hex(8))
        self._unknown = [each for each in self._unknown if each.until > now] + [slot]
        return slot

    def back(self) -> None:
        """Redis is there again: it learns of the calls that left meanwhile, and of a pause. The others may find it
        later, so for a second more this process keeps to its part."""
        now = self._clock()
        self._careful = now + _FREED / 1e6
        told = [(each.name, str(int((each.until - now) * 1e6))) for each in self._unknown if each.until > now]
        self._unknown = []
        if told:
            self._tasks.start_soon(self._told, LEFT, self._slots, *(word for each in told for word in each))
        if self._unheard and (left := self._pace.paused - now) > 0:
            self._tasks.start_soon(self._pause_all, left)

    def answered(self, slot: Slot) -> None:
        """A call came back, or came to nothing."""
        self._pace.answered(slot, self._clock())
        if slot.name and self._link.up:
            self._tasks.start_soon(self._told, ANSWERED, self._slots, slot.name, str(_FREED))

    def refused(self, seconds: float) -> None:
        """Orb refused a call for being too fast: none leaves for so long, from any process, and then fewer do."""
        self._pace.refused(self._clock(), seconds)
        self._tasks.start_soon(self._pause_all, seconds)

    async def _pause_all(self, seconds: float) -> None:
        wish = str(int(seconds * 1e6))
        self._unheard = not await self._told(REFUSED, self._state, str(self._limit), wish, str(_RECOVERY))

    async def _told(self, script: str, key: str, *told: str) -> Any:
        return await self._link.ask(lambda redis: redis.eval(script, 1, key, *told), in_line=True)


async def _take(redis: Redis, *told: str) -> tuple[int, int, int]:
    wait, taken, paused = await redis.eval(TAKE, 2, *told)
    return max(0, int(wait)), max(0, int(taken)), max(0, int(paused))
