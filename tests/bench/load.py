"""Viewers: how they ask, and what they find out about a program."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.bench.process import Program
from tests.bench.raw import Broken, Connection, connect


@dataclass
class Found:
    """What a number of viewers saw: how long each answer took, and how long it was for all."""

    asked: int = 0
    times: list[float] = field(default_factory=list)
    wall: float = 0.0
    spent: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.wall

    @property
    def lost(self) -> int:
        """Those that failed, and those that did not come in time."""
        return self.asked - len(self.times)

    def percentile(self, part: float) -> float:
        """In seconds, from 0 to 1; what did not come took for ever."""
        every = sorted(self.times) + [float("inf")] * self.lost
        return every[min(len(every) - 1, int(part * len(every)))]


async def one(connection: Connection, request: bytes, found: Found) -> None:
    began = time.perf_counter()
    found.asked += 1
    with suppress(Broken):
        status, _ = await connection.get(request)
        if status == 200:
            found.times.append(time.perf_counter() - began)


async def closed_loop(program: Program, viewers: int, seconds: float, most: int) -> Found:
    """So many viewers, each with the next customer when the last one's answer is there."""
    requests = iter(program.requests(most))
    return await _crowd(program, [requests] * viewers, patience=60, until=time.perf_counter() + seconds)


async def hits(program: Program, request: bytes, viewers: int, seconds: float, status: int = 200) -> float:
    """CPU seconds for one answer, while so many viewers ask the same over and over. Raises Broken where one fails."""
    ends, over = time.perf_counter() + seconds, asyncio.get_running_loop().create_future()
    connections = [await connect(program.port) for _ in range(viewers)]
    answers, left = 0, viewers

    def ask(connection: Connection) -> None:
        def done(found: int, _body: memoryview) -> None:
            nonlocal answers, left
            if found != status:
                if not over.done():
                    over.set_exception(Broken(f"{program.name} answers {found}"))
                return
            answers += 1
            if time.perf_counter() < ends:
                connection.ask(request, done)
                return
            left -= 1
            if not left and not over.done():
                over.set_result(None)

        connection.ask(request, done)

    spent = program.spent()
    for each in connections:
        ask(each)
    await over
    spent = program.spent() - spent
    for each in connections:
        each.close()
    return spent / answers


async def crowd(program: Program, loads: Sequence[Sequence[bytes]], patience: float) -> Found:
    """A viewer for each list of requests, all at once; who is not answered within `patience` seconds leaves."""
    return await _crowd(program, [iter(each) for each in loads], patience)


async def _crowd(
    program: Program, loads: Sequence[Iterator[bytes]], patience: float, until: float = float("inf")
) -> Found:
    found = Found()
    connections = [await connect(program.port) for _ in loads]

    async def view(connection: Connection, requests: Iterator[bytes]) -> None:
        while not connection.closed and time.perf_counter() < until and (request := next(requests, None)):
            await one(connection, request, found)

    spent, began = program.spent(), time.perf_counter()
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await asyncio.gather(*(view(*each) for each in zip(connections, loads, strict=True)))
    found.wall, found.spent = time.perf_counter() - began, program.spent() - spent
    for each in connections:
        each.close()
    return found


async def quiet(program: Program, *, left: bool) -> None:
    """Waits until it has nothing to do any more; where viewers have `left`, for whom it goes on, it is started anew."""
    if not left and await rests(program, 5):
        return
    program.stop()
    await asyncio.to_thread(program.start)
    await closed_loop(program, 1, 1, 20)


async def rests(program: Program, within: float) -> bool:
    """Waits until it has next to nothing to do for a moment; False where that takes more than so many seconds."""
    ends = time.perf_counter() + within
    while time.perf_counter() < ends:
        before = program.spent()
        await asyncio.sleep(0.2)
        if program.spent() - before <= 0.02:
            return True
    return False
