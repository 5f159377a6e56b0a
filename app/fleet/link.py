"""The way to Redis, that may go at any moment: what is asked there costs a tenth of a second at most, then nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from typing import Generic, TypeVar

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as Silence

from app import log

T = TypeVar("T")

# The client's own defaults wait for ever where Redis hangs, and for seconds where it is gone.
PATIENCE = 0.1
# So many questions are under way at a time: more would wait for each other, and look like a slow Redis.
_AT_ONCE = 32
# So many turns of the event loop an answer is still waited for then: where they take long, it is this process that is
# slow, not Redis.
_TURNS = 40
# So often a Redis that was slow once may show that it is there.
_TRIES = 3
PROBE = "orrery:there"  # what is written to see whether anything can be
# So often a Redis that did not answer is asked whether it is back, by nobody's request.
_AGAIN = 0.5
_MINUTE = 60.0


def connect(url: str, silence: float | None = 1.0) -> Redis:
    """A client that does not try twice. `silence` is in seconds; None listens for as long as it takes.

    It is longer than anybody waits: who waits measures better whether it is Redis that is slow.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_AT_ONCE,
        timeout=silence or 1.0,
        socket_timeout=silence,
        socket_connect_timeout=silence or 1.0,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    return Redis.from_pool(pool)


@dataclass(eq=False, slots=True)
class _Asked(Generic[T]):
    """A question under way."""

    scope: anyio.CancelScope = field(default_factory=lambda: anyio.CancelScope(shield=True))
    done: anyio.Event = field(default_factory=anyio.Event)
    answer: T | None = None
    error: Exception | None = None


class Link:
    """`up` as long as Redis answers. While it does not, every question comes to nothing at once; for the first moment
    that is `doubtful`: it may only have been slow.

    `patience` is in seconds. `back` is called whenever it answers again. `tasks` outlives every request, and has `run`
    among it.
    """

    def __init__(
        self, redis: Redis, tasks: TaskGroup, back: Callable[[], None] = lambda: None, patience: float = PATIENCE
    ) -> None:
        self._redis = redis
        self._tasks = tasks
        self._patience = patience
        self._back = back
        self.up = False
        self.doubtful = False
        self._looked = False
        self.losses = 0
        self.lost_at = -inf  # on anyio's clock
        self.refusals = 0
        self._told: dict[str, float] = {}
        self._lost = anyio.Event()
        self._room = anyio.Semaphore(_AT_ONCE)

    async def ask(self, question: Callable[[Redis], Awaitable[T]], *, in_line: bool = False) -> T | None:
        """What Redis answers, or None: it is not there, or not as it should be.

        Where this process asks much at once, None too after a tenth of a second, or `in_line` for its turn.
        """
        if not self.up:
            return None
        with anyio.move_on_after(inf if in_line else self._patience) as waiting:
            await self._room.acquire()
        if waiting.cancelled_caught:
            return None
        try:
            return await self._ask(question) if self.up else None
        finally:
            self._room.release()

    async def _ask(self, question: Callable[[Redis], Awaitable[T]]) -> T | None:
        asked = await self._put(question)
        if not asked.done.is_set() or isinstance(asked.error, Silence):  # its clock ran while this process was slow
            self._doubt()
        elif isinstance(asked.error, ResponseError):  # it is there, and refuses: full, read-only, an odd name
            self.refusals += 1
            self._tell("refused", asked.error)
        elif asked.error is not None:
            self._lose(asked.error)
        return asked.answer

    async def _put(self, question: Callable[[Redis], Awaitable[T]]) -> "_Asked[T]":
        """In a task of its own: what has arrived while this process was busy with other things still counts."""
        asked: _Asked[T] = _Asked()
        self._tasks.start_soon(self._answer, question, asked)
        try:
            with anyio.move_on_after(self._patience):
                await asked.done.wait()
            for _ in range(_TURNS):
                if asked.done.is_set():
                    break
                await anyio.lowlevel.checkpoint()
            return asked
        finally:
            asked.scope.cancel()

    async def _answer(self, question: Callable[[Redis], Awaitable[T]], asked: "_Asked[T]") -> None:
        try:
            with asked.scope:  # it ends with who asked, not with the service: a leaving process gives back what it has
                asked.answer = await question(self._redis)
        except Exception as error:  # whatever it is, it ends no more than this question
            asked.error = error
        finally:
            asked.done.set()

    def _doubt(self) -> None:
        """It was slow. Whether it is gone, somebody finds out for whom nobody waits."""
        if self.up:
            self.up, self.doubtful = False, True
            self._lost.set()

    def _lose(self, error: Exception) -> None:
        if self.up or self.doubtful:
            self.up = self.doubtful = False
            self.losses += 1
            self.lost_at = anyio.current_time()
            self._tell("lost", error)
            self._lost.set()

    def _tell(self, outcome: str, error: Exception) -> None:
        """In the log; while nothing changes, once a minute."""
        now, known = anyio.current_time(), self._told.get(outcome, -inf)
        if now - known >= _MINUTE:
            self._told[outcome] = now
            counts = {"losses": self.losses, "refusals": self.refusals}
            log.warning("redis", outcome=outcome, error=type(error).__name__, **counts)

    async def look(self) -> None:
        """Sees whether a Redis that is not there has come back."""
        if self.up:
            return
        again, self._looked = self._looked, True
        missing = await self._missing()
        if missing is None:
            self._lost = anyio.Event()
            self.up, self.doubtful = True, False
            log.info("redis", outcome="there")
            if again:
                self._back()
        elif self.doubtful:
            self._lose(missing)
        elif isinstance(missing, ResponseError):  # it is there, and lets nobody write: that does not pass by itself
            self._tell("refused", missing)
        elif not again:
            self._tell("not there", missing)

    async def run(self) -> None:
        """Sees to it for as long as the service runs."""
        while True:
            await self.look()
            if self.up:
                await self._lost.wait()
            else:
                await anyio.sleep(_AGAIN)

    async def _missing(self) -> Exception | None:
        """What is wrong with Redis; None where it takes what is written, in time."""
        for _ in range(_TRIES if self.doubtful else 1):
            asked = await self._put(lambda redis: redis.set(PROBE, "", px=1000))
            wrong = asked.error if asked.done.is_set() else TimeoutError()
            if wrong is None:
                return None
        return wrong

    async def aclose(self) -> None:
        with anyio.move_on_after(self._patience):
            await self._redis.aclose()
