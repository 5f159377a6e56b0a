"""A timer that is set, moved and silenced at every request, and costs the loop almost nothing."""

import asyncio
from collections.abc import Callable
from math import inf


class Alarm:
    """Calls `ring` when its time has come. Moving it later, or silencing it, leaves the loop alone."""

    __slots__ = ("_due", "_handle", "_loop", "_ring", "_wakes")

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None
        self._due = self._wakes = inf

    def within(self, seconds: float) -> None:
        """Rings after so long unless it is set again or silenced."""
        self._due = self._loop.time() + seconds
        if self._due < self._wakes:
            self._sleep()

    def off(self) -> None:
        """Does not ring until it is set again."""
        self._due = inf

    def remove(self) -> None:
        """Takes it from the loop for good."""
        self.off()
        if self._handle is not None:
            self._handle.cancel()

    def _sleep(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._wakes = self._due
        self._handle = self._loop.call_at(self._due, self._wake)

    def _wake(self) -> None:
        self._handle, self._wakes = None, inf
        if self._due == inf:
            return
        if self._due > self._loop.time():
            self._sleep()
        else:
            self._due = inf
            self._ring()
