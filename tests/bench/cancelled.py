"""Viewers who leave before their dashboard is there, and those who come after them: goal 11.

    python -m tests.bench.cancelled [--rounds 1]

In each round 1,500 viewers leave while Orb is asked for them, each with a customer that nobody has asked for before:
they want the document, the page, or the document as a stream. Then five others come, and five more once the service
has done with what it still asks for those who left: it keeps the answers.
"""

import asyncio
import json
import random
import time
from contextlib import suppress

import uvloop

from tests.bench.command import parser, prepare
from tests.bench.load import closed_loop, rests
from tests.bench.orb import Orb, upstream
from tests.bench.process import Program, anybody
from tests.bench.programs import OURS, ours, signed, started
from tests.bench.raw import Broken, connect, get
from tests.bench.table import heading, ms, row

LEAVE, AT_ONCE, LOADS = 1500, 50, 5
STAYS = (0.0, 0.15)  # seconds: as long as an Orb as slow as the real one needs for all of it
SETTLE = 60.0
GOAL = f"{LOADS} of {LOADS}"
CONNECTIONS = 100  # at most, to Orb
KINDS = {"document": (OURS, "*/*"), "page": ("/", "text/html"), "stream": (OURS, "application/x-ndjson")}


def main() -> None:
    asked = parser("cancelled", rounds=1).parse_args()
    prepare()
    with upstream() as port, started([ours(f"http://127.0.0.1:{port}/v1")]) as (service,):
        uvloop.run(measure(service, port, asked.rounds))


async def measure(service: Program, port: int, rounds: int) -> None:
    orb = Orb(await connect(port), port)
    await orb.slow(on=True)
    await closed_loop(service, 4, 1, 400)
    heading(f"{LEAVE} viewers leave while Orb is asked for them", "", "goal")
    row("connections to Orb before", str(await orb.open() - 1))
    seeds = random.Random(11)
    for number in range(1, rounds + 1):
        before, opened = await orb.counts()
        most = await all_leave(service, orb, seeds)
        then, alive = await asyncio.gather(five(service), livez(service))
        row("11 dashboards of five who come then", then, GOAL)
        row("   the health check meanwhile, over a new connection", ms(alive))
        began = time.perf_counter()
        rested = await rests(service, SETTLE)
        calls, after = await orb.counts()
        row("until nothing is to be done", f"{time.perf_counter() - began:.1f} s" if rested else f"not in {SETTLE} s")
        row("11 dashboards of five who come after that", await five(service), GOAL)
        row(f"round {number}: calls to Orb, connections opened", f"{calls - before}, {after - opened}")
        row("11 connections to Orb at once, at most", str(most), f"≤ {CONNECTIONS}")
        row("11 connections to Orb when all is done", str(await orb.open() - 1), f"≤ {CONNECTIONS}")


async def all_leave(service: Program, orb: Orb, seeds: random.Random) -> int:
    """How many connections to Orb there were at most meanwhile."""
    kinds, most = list(KINDS.values()), 0
    for _ in range(LEAVE // AT_ONCE):
        leaving = (leave(service, *kinds[n % len(kinds)], seeds.uniform(*STAYS)) for n in range(AT_ONCE))
        await asyncio.gather(*leaving)
        most = max(most, await orb.open() - 1)
    return most


async def five(service: Program) -> str:
    """How many of five viewers see all of their dashboard, and how long the last of them waited for it."""
    connection, whole, times = await connect(service.port), 0, []
    for request in service.requests(LOADS):
        began = time.perf_counter()
        status, body = await connection.get(request)
        times.append(time.perf_counter() - began)
        whole += status == 200 and is_whole(body)
    connection.close()
    return f"{whole} of {LOADS}, {ms(max(times))}"


async def livez(service: Program) -> float:
    """The seconds that who asks whether the process is alive waits for a word."""
    connection, began = await connect(service.port), time.perf_counter()
    await connection.get(get("/livez", service.port))
    connection.close()
    return time.perf_counter() - began


def is_whole(document: bytes) -> bool:
    """Whether each of its cards has its figures."""
    return {card["status"] for card in json.loads(document)["cards"].values()} == {"ready"}


async def leave(service: Program, path: str, wanted: str, seconds: float) -> None:
    connection = await connect(service.port)
    request = get(path, service.port, f"{signed(anybody())}Accept: {wanted}\r\n")
    with suppress(TimeoutError, Broken):
        async with asyncio.timeout(seconds):
            await connection.get(request)
    connection.close()


if __name__ == "__main__":
    main()
