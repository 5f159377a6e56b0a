"""The connections that are open: as many in use as there are places, and those that rest until they are needed."""

import asyncio

import anyio

from app.orb.connection import Connection, Origin

_PARTING = 1.0  # seconds
_SURE = 55.0  # seconds; many servers rest theirs for a minute


class Pool:
    """`most` connections at once, in use or at rest; none rests longer than `idle` seconds.

    One that has rested for more than `_SURE` carries only what may be sent again: Orb may be closing it just then.

    Whoever wants one takes a place first. The place is free again when the connection is, or by `leave`.
    """

    def __init__(self, most: int, idle: float) -> None:
        self._most = most
        self._idle = idle
        self._places = asyncio.Semaphore(most)
        self._used = 0
        self._resting: list[Connection] = []  # whichever came last is at the end
        self._open: set[Connection] = set()
        self._tidying: asyncio.TimerHandle | None = None
        self._emptied = asyncio.Event()

    @property
    def full(self) -> bool:
        return self._places.locked()

    @property
    def room(self) -> int:
        """How many more may be opened before one that rests has to go."""
        return self._most - self._used - len(self._resting)

    async def enter(self) -> None:
        """Takes a place, or waits for one in order."""
        await self._places.acquire()
        self._used += 1

    def leave(self) -> None:
        """Gives a place back."""
        self._used -= 1
        self._places.release()

    def take(self, origin: Origin, *, again: bool = True) -> Connection | None:
        """The connection to there that rests since the shortest time: the others may grow old and go.

        What may be sent `again` leaves those that are sure to what may not, where there is another.
        """
        now = asyncio.get_running_loop().time()
        usable = [each for each in self._resting if each.origin == origin and each.usable]
        sure = [each for each in usable if now - each.since < min(self._idle, _SURE)]
        rest = [each for each in usable if _SURE <= now - each.since < self._idle] if again else []
        if not (suiting := rest or sure):
            return None
        self._resting.remove(suiting[-1])
        return suiting[-1]

    def make_room(self) -> None:
        """Before one more is opened: the one that rests for the longest goes where there are as many as may be."""
        while self._resting and self.room < 0:
            self._resting[0].close()

    def resting(self, origin: Origin) -> int:
        """How many rest that lead there."""
        return sum(each.origin == origin for each in self._resting)

    # What connections tell.

    def opened(self, connection: Connection) -> None:
        self._open.add(connection)

    def rests(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        connection.since = loop.time()
        if connection.usable:
            self._resting.append(connection)
            self._tidying = self._tidying or loop.call_later(self._idle, self._tidy)
        self.leave()

    def gone(self, connection: Connection) -> None:
        if connection in self._resting:
            self._resting.remove(connection)

    def closed(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._emptied.set()

    def _tidy(self) -> None:
        """Closes what has rested for too long, and looks again when the next one will have."""
        loop = asyncio.get_running_loop()
        while self._resting and loop.time() >= self._resting[0].since + self._idle:
            self._resting[0].close()
        at = self._resting[0].since + self._idle if self._resting else None
        self._tidying = loop.call_at(at, self._tidy) if at is not None else None

    async def aclose(self) -> None:
        """Closes every connection, whatever comes by it, and waits until their sockets are no more."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        with anyio.move_on_after(_PARTING):
            while self._open:
                self._emptied = asyncio.Event()
                for connection in [*self._open]:
                    connection.close()
                await self._emptied.wait()
