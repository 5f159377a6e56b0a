"""An event loop to which pauses do not happen: its time is what the test works and waits, not what the machine takes.

A second of it is a second on a quiet machine. When others have the processor, or the machine stands still,
its clock stands still too, so no deadline is missed that would be kept elsewhere.
"""

import asyncio
import selectors
import time
from typing import Any

_SLICE = 0.02  # seconds: so much of a pause is felt


class _Waiting(selectors.DefaultSelector):
    """Counts how long it waits, a slice at a time, and of each no more than the slice."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def select(self, timeout: float | None = None) -> Any:
        left = float("inf") if timeout is None else max(timeout, 0.0)
        while True:
            part = min(left, _SLICE)
            began = time.monotonic()
            ready = super().select(part)
            self.waited += min(time.monotonic() - began, part) if ready else part
            left -= part
            if ready or left <= 0:
                return ready


class UnhurriedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._waiting = _Waiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._waiting.waited + time.thread_time()


BACKEND = ("asyncio", {"loop_factory": UnhurriedLoop})
