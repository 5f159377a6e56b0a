"""Who says when the next call of a rate class may leave: this process alone, or several together."""

from collections.abc import Callable
from typing import Protocol

from app.budget.pace import Pace, Slot


class Turn(Protocol):
    """Whether a call of one class may leave. Times are in seconds on this process's clock."""

    @property
    def paused(self) -> float:
        """Until when none leaves because Orb asked for it."""

    @property
    def allowed(self) -> int:
        """How many calls a second leave just now; none while Orb wants a pause."""

    async def take(self) -> Slot | float:
        """A call's leave, or after how many seconds to ask again."""

    def answered(self, slot: Slot) -> None:
        """A call came back, or came to nothing."""

    def refused(self, seconds: float) -> None:
        """Orb refused a call for being too fast: none leaves for so long, and then fewer do."""


class Alone:
    """One process that has the whole limit to itself."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock

    @property
    def paused(self) -> float:
        return self._pace.paused

    @property
    def allowed(self) -> int:
        now = self._clock()
        return 0 if now < self._pace.paused else self._pace.allowed(now)

    async def take(self) -> Slot | float:
        now = self._clock()
        return self._pace.wait(now) or self._pace.leave(now)

    def answered(self, slot: Slot) -> None:
        self._pace.answered(slot, self._clock())

    def refused(self, seconds: float) -> None:
        self._pace.refused(self._clock(), seconds)
