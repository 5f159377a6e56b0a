"""What other processes tell: which answers they keep, which questions have landed, which floors they raised."""

from collections.abc import Callable
from datetime import UTC, datetime

import anyio
import msgspec
from cachetools import LRUCache
from redis.asyncio import Redis

from app import log
from app.cache.floors import Floors
from app.fleet.sealed import moment

_MOST = 100_000
_AGAIN = 0.5  # seconds until a lost connection is tried again
_SILENCE = 5.0  # seconds after which a silent one is asked whether it is still there

Order = tuple[int, int]


class News:
    """Listens. `known` is the youngest answer that anybody keeps, by its name in Redis, as (since, asked).

    What was said while nobody listened is lost, so all that is known is forgotten when the connection was.
    """

    def __init__(
        self, redis: Redis, channel: str, floors: Floors, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._redis = redis
        self._channel = channel
        self._floors = floors
        self._now = now
        self._known: LRUCache[str, Order] = LRUCache(_MOST)
        self._waiting: dict[str, anyio.Event] = {}
        self.listening = False
        self.changes = 0  # of what is known: while it is the same, so is all of that

    def known(self, name: str) -> Order | None:
        return self._known.get(name)

    def learn(self, name: str, order: Order) -> None:
        """Of an answer that somebody keeps, by the name of its key."""
        if order >= self._known.get(name, order):
            self._note(name, order)
        self._wake(name)

    def replace(self, name: str, order: Order, before: Order | None) -> None:
        """What is kept, as Redis just said; `before` is what was known when it was asked."""
        if self._known.get(name) == before:
            self._note(name, order)
        else:  # news came meanwhile, and may be the younger ones
            self.learn(name, order)

    def _note(self, name: str, order: Order) -> None:
        self._known[name] = order
        self.changes += 1

    async def landed(self, name: str, seconds: float) -> None:
        """Waits until something is told of this answer, at most for so long."""
        event = self._waiting.setdefault(name, anyio.Event())
        with anyio.move_on_after(seconds):
            await event.wait()
            return
        if self._waiting.get(name) is event:
            del self._waiting[name]

    def _wake(self, name: str) -> None:
        if event := self._waiting.pop(name, None):
            event.set()

    async def run(self) -> None:
        """Listens for as long as the service runs."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever it is, it is tried again
                log.info("redis news", outcome="lost", error=type(error).__name__)
            finally:
                self.listening = False
            await anyio.sleep(_AGAIN)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as channel:
            await channel.subscribe(self._channel)
            while True:
                message = await channel.get_message(timeout=_SILENCE)
                if message is None:
                    await channel.ping()
                    message = await channel.get_message(timeout=_SILENCE)
                    if message is None:
                        raise TimeoutError
                if message["type"] == "subscribe":
                    self._known.clear()
                    self.changes += 1
                    self.listening = True
                elif message["type"] == "message":
                    self._hear(message["data"])

    def _hear(self, told: bytes) -> None:
        """Anything odd is passed over."""
        word, _, rest = told.partition(b" ")
        try:
            if word == b"kept":
                name, since, asked = rest.decode("ascii").split(" ")
                self.learn(name, (int(since), int(asked)))
            elif word == b"landed":
                self._wake(rest.decode("ascii"))
            elif word == b"floor":
                self.raise_floor(*msgspec.json.decode(rest, type=tuple[tuple[str, str], str, int]))
        except (ValueError, OverflowError, msgspec.MsgspecError):
            return

    def raise_floor(self, customer: tuple[str, ...], field: str, at: int | bytes) -> None:
        """A floor that is still to come, by a clock ahead of ours, is now."""
        try:
            when = min(moment(int(at)), self._now())
        except (ValueError, OverflowError):
            return
        if field == "refresh":
            self._floors.refresh(customer, when)
        elif field.startswith("change:"):
            self._floors.change(customer, field.removeprefix("change:") or None, when)
