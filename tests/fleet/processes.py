"""Several processes' caches and budgets in one event loop, with a real Redis between them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Any

import anyio
from anyio.abc import TaskGroup

from app.account import kinds
from app.cache.cache import Cache
from app.cache.floors import Floors
from app.cache.freshness import Answer, Freshness
from app.cache.store import Memory
from app.fleet.fleet import Fleet
from app.fleet.sealed import Seal
from app.listing import Nothing
from app.reading import Reading
from app.secret import Secret
from tests.conftest import Clock
from tests.fleet.real_redis import RealRedis

KEY = ("customer_id", "borealis", "upcoming_invoice", "one")
ACCOUNT = Seal(Secret("orb_test_key"), kinds).account
LIMITS = {"analytics": 10, "read": 100}


@dataclass(frozen=True)
class Process:
    cache: Cache
    fleet: Fleet
    tasks: TaskGroup

    def die(self) -> None:
        self.tasks.cancel_scope.cancel()


class Orb:
    """Answers with a state that counts the calls; holds answers back until the gate is open."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls = 0
        self.age = 0.0
        self.error: Exception | None = None
        self.gate = anyio.Event()
        self.gate.set()

    async def ask(self) -> Reading[Nothing]:
        self.calls += 1
        figure, asked = Nothing(str(self.calls)), self.clock()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Reading(figure, asked - timedelta(seconds=self.age), asked, 100)

    async def get(
        self, process: Process, key: tuple[str, ...] = KEY, *, max_age: float = 300, live: bool = False
    ) -> Answer[Any]:
        return await process.cache.get(key, Freshness(self.clock(), max_age, inf, inf, live), self.ask)

    async def shown(self, process: Process, **how: Any) -> str:
        """Which call's answer is shown."""
        return str((await self.get(process, **how)).reading.value.code)


@asynccontextmanager
async def process(server: RealRedis, clock: Clock, patience: float) -> AsyncIterator[Process]:
    async with anyio.create_task_group() as tasks:
        floors = Floors()
        fleet = Fleet(
            Secret(server.url), Secret("orb_test_key"), kinds, floors, LIMITS, tasks, clock, patience=patience
        )
        await fleet.start()
        cache = Cache(Memory(1_000_000), tasks, clock, floors=floors, others=fleet.answers, spread=0)
        await until(lambda: fleet._news.listening)
        yield Process(cache, fleet, tasks)
        tasks.cancel_scope.cancel()
    await fleet.aclose()


@asynccontextmanager
async def processes(
    server: RealRedis, clock: Clock, count: int = 2, patience: float = 5
) -> AsyncIterator[list[Process]]:
    """`patience` with Redis is long unless it is what is tried: this machine may have other things to do."""
    async with anyio.create_task_group() as all_of_them:
        found: list[Process] = []
        ended = anyio.Event()

        async def live() -> None:
            async with process(server, clock, patience) as each:
                found.append(each)
                await ended.wait()

        for _ in range(count):
            all_of_them.start_soon(live)
        await until(lambda: len(found) == count)
        yield found
        ended.set()


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    with anyio.fail_after(seconds):
        while not true():  # noqa: ASYNC110  what is waited for happens in another process
            await anyio.sleep(0.005)
