"""Looks whether the event loop keeps up: what blocks it makes everybody wait."""

import time

import anyio

from app import log
from app.metrics import counted

EVERY = 0.5  # seconds
WORRY = 1.0  # seconds late that an operator should hear of


async def watch() -> None:
    """Measures for as long as the service runs how late it is woken."""
    while True:
        asleep = time.perf_counter()
        await anyio.sleep(EVERY)
        late = max(0.0, time.perf_counter() - asleep - EVERY)
        counted.lag(late)
        if late > WORRY:
            log.warning("event loop blocked", ms=round(late * 1000))
