"""An event loop whose time passes only while everybody waits: seconds cost nothing, and nothing is a matter of luck."""

import asyncio
import selectors
from typing import Any


class _Skipping(selectors.DefaultSelector):
    """Never waits: time jumps instead."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits, and nothing is to come")
        if not ready and timeout:
            self.time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.time


BACKEND = ("asyncio", {"loop_factory": VirtualLoop})
