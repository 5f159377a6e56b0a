"""One viewer: the time that a program adds to Orb's, and what it has to open anew after some quiet."""

import asyncio
import statistics
from collections.abc import Mapping, Sequence

from tests.bench.load import Found, one
from tests.bench.orb import Orb
from tests.bench.process import Program
from tests.bench.raw import connect
from tests.bench.table import heading, ms, row

LOADS = 80


async def waits(programs: Sequence[Program], orb: Orb) -> Mapping[str, tuple[float, float]]:
    """Median and p99, in seconds, of what a viewer waits beyond the list and the slowest call."""
    connections = [await connect(each.port) for each in programs]
    seen = {each.name: Found() for each in programs}
    floors = []
    for _ in range(LOADS):
        floors.append(await orb.floor())
        for each, connection in zip(programs, connections, strict=True):
            await one(connection, each.requests(1)[0], seen[each.name])
    for connection in connections:
        connection.close()
    floor = statistics.median(floors)
    found = {name: (each.percentile(0.5) - floor, each.percentile(0.99) - floor) for name, each in seen.items()}
    heading(f"added to the list and the slowest call, {ms(floor, '.2f')}, one viewer", "p50", "p99")
    for name, (middle, late) in found.items():
        row(name, ms(middle, ".2f"), ms(late, ".2f"))
    return found


async def after_a_gap(programs: Sequence[Program], orb: Orb, gap: float) -> Mapping[str, int]:
    """How many connections to Orb one dashboard opens after so many seconds of quiet."""
    connections = [await connect(each.port) for each in programs]
    for each, connection in zip(programs, connections, strict=True):
        await one(connection, each.requests(1)[0], Found())
    await asyncio.sleep(gap)
    found = {}
    for each in programs:
        _, before = await orb.counts()
        await one(await connect(each.port), each.requests(1)[0], Found())
        _, after = await orb.counts()
        found[each.name] = after - before
    heading(f"new connections to Orb for one dashboard after {gap:.0f} s of quiet", "", "")
    for name, count in found.items():
        row(name, str(count))
    return found
