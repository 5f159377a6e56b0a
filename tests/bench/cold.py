"""Dashboards that nobody has asked for before: ours beside what one would write instead.

    python -m tests.bench.cold [--rounds 5] [--only fastify_undici,limit]

Every program answers the same dashboard from the same upstream, on a processor of its own; the upstream and the
viewers are on the other. The figure is dashboards per second of that processor, which survives neighbours; ratios
are taken within one round.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
from collections.abc import Mapping, Sequence

import uvloop

from tests.bench.documents import customer
from tests.bench.load import Found, Orb, closed_loop, crowd, one, quiet
from tests.bench.programs import Figures, Program, cores, started, upstream
from tests.bench.raw import connect

VIEWERS, SECONDS, MOST = 8, 1.5, 4000
LOADS = 80
CROWD, EACH, CROWD_PATIENCE = 64, 4, 8.0
ONE, ONE_PATIENCE = 500, 10.0
GAP = 7.0
SLOWEST = 0.080

Rounds = Mapping[str, list[float]]
Added = Mapping[str, tuple[float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cold")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help="names, separated by commas")
    asked = parser.parse_args()
    if sys.platform != "linux":
        sys.exit("What a program uses of a processor is read from Linux's /proc")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a crowd of 500 has thousands of connections behind it
    os.sched_setaffinity(0, {cores()[1]})
    with upstream() as port, started(asked.only, f"http://127.0.0.1:{port}/v1") as programs:
        uvloop.run(measure(programs, port, asked.rounds))


async def measure(programs: list[Program], port: int, rounds: int) -> None:
    orb = Orb(await connect(port), port)
    await agree(programs)
    for each in programs:
        await closed_loop(each, VIEWERS, SECONDS, MOST)
    await orb.slow(on=False)
    figures = await throughput(programs, rounds)
    await orb.slow(on=True)
    added = await waits(programs, orb)
    opened = await after_a_gap(programs, orb)
    crowds = await crowds_of_many(programs)
    ones = await crowd_of_one(programs, orb)
    goals(figures, added, opened, crowds, ones)


async def agree(programs: list[Program]) -> None:
    """Leaves out those whose document says anything else than ours."""
    expected: Figures | None = None
    for each in list(programs):
        status, body = await (await connect(each.port)).get(each.request(customer(0)))
        said = each.figures(body) if status == 200 else None
        expected = expected or said
        if said is None or said != expected:
            programs.remove(each)
            each.stop()
            print(f"  {each.name} is left out: it answers {status} with {said}, ours is {expected}", flush=True)
    if not programs or programs[0].name != "orrery":
        sys.exit("our own document could not be had")


async def throughput(programs: Sequence[Program], rounds: int) -> Rounds:
    found: dict[str, list[float]] = {each.name: [] for each in programs}
    for _ in range(rounds):
        for each in programs:
            seen = await closed_loop(each, VIEWERS, SECONDS, MOST)
            found[each.name].append(len(seen.times) / seen.spent)
            if seen.lost:
                print(f"  {each.name}: {seen.lost} of {seen.asked} dashboards failed", flush=True)
    heading(f"a new customer each, {VIEWERS} viewers, an upstream that answers at once", "per CPU second", "CPU ms")
    for name, rates in found.items():
        row(name, spread(rates, ".0f"), f"{1000 / statistics.median(rates):.2f}")
    return found


async def waits(programs: Sequence[Program], orb: Orb) -> Added:
    """The time that one viewer waits over that of the list and the slowest call."""
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
    heading(f"added to the list and the slowest call, {floor * 1000:.2f} ms, one viewer", "p50", "p99")
    for name, (middle, late) in found.items():
        row(name, f"{middle * 1000:.2f} ms", f"{late * 1000:.2f} ms")
    return found


async def after_a_gap(programs: Sequence[Program], orb: Orb) -> Mapping[str, int]:
    connections = [await connect(each.port) for each in programs]
    for each, connection in zip(programs, connections, strict=True):
        await one(connection, each.requests(1)[0], Found())
    await asyncio.sleep(GAP)
    found = {}
    for each in programs:
        _, before = await orb.counts()
        await one(await connect(each.port), each.requests(1)[0], Found())
        _, after = await orb.counts()
        found[each.name] = after - before
    heading(f"new connections to Orb for one dashboard after {GAP:.0f} s of quiet", "", "")
    for name, count in found.items():
        row(name, str(count), "")
    return found


async def crowds_of_many(programs: Sequence[Program]) -> Mapping[str, Found]:
    found = {}
    for each in programs:
        found[each.name] = await crowd(each, [each.requests(EACH) for _ in range(CROWD)], CROWD_PATIENCE)
        await quiet(each, left=found[each.name].lost > 0)
    heading(f"{CROWD} viewers of {CROWD * EACH} customers, all at once", "per second", "p99")
    for name, each_found in found.items():
        row(name, f"{rate(each_found):.0f}{lost(each_found)}", late(each_found))
    return found


async def crowd_of_one(programs: Sequence[Program], orb: Orb) -> Mapping[str, tuple[int, Found]]:
    found = {}
    for each in programs:
        (request,) = each.requests(1)
        before, _ = await orb.counts()
        seen = await crowd(each, [[request]] * ONE, ONE_PATIENCE)
        after, _ = await orb.counts()
        found[each.name] = (after - before, seen)
        each.stop()  # whatever it still does for those who have left
    heading(f"{ONE} viewers of one customer, all at once", "calls to Orb", "p99")
    for name, (calls, seen) in found.items():
        row(name, f"{calls}{lost(seen)}", late(seen))
    return found


def goals(
    figures: Rounds,
    added: Added,
    opened: Mapping[str, int],
    crowds: Mapping[str, Found],
    ones: Mapping[str, tuple[int, Found]],
) -> None:
    """All as ratios of ours to another's, beside what was promised."""
    mine, others = "orrery", [name for name in figures if name != "orrery"]
    heading("ours to theirs", "ratio", "goal")
    cold = {"starlette_httpx": "15", "fastapi_orb": "100", "fastify_orb": "4", "fastify_undici": "1.1", "limit": "0.4"}
    for number, name in enumerate(cold):
        if name in others:
            ratios = [our / their for our, their in zip(figures[mine], figures[name], strict=True)]
            row(f"{max(1, number - 1)} dashboards per CPU second, to {name}", spread(ratios, ".2f"), f"≥ {cold[name]}")
    for name, goal in {"starlette_httpx": "0.3", "fastify_orb": "0.4", "fastify_undici": "0.8"}.items():
        if name in others:
            row(f"4 added p50, to {name}", f"{added[mine][0] / added[name][0]:.2f}", f"≤ {goal}")
    row("5 added p99", f"{added[mine][1] * 1000:.1f} ms", "≤ 6 ms")
    real = [added[name][1] for name in others if name != "limit"]
    if real:
        row("5 added p99, to the best of the others", f"{added[mine][1] / min(real):.2f}", "< 1")
    row(f"6 p99 of {CROWD} viewers, to the slowest call", f"{crowds[mine].percentile(0.99) / SLOWEST:.2f}", "≤ 2")
    if "fastify_undici" in others:
        row(
            "6 their throughput, to fastify_undici",
            f"{rate(crowds[mine]) / rate(crowds['fastify_undici']):.2f}",
            "≥ 1.2",
        )
    calls, seen = ones[mine]
    row(f"9 calls, {ONE} viewers of one customer", str(calls), "6")
    row("9 their p99 over the slowest call", f"{(seen.percentile(0.99) - SLOWEST) * 1000:.0f} ms", "≤ 100 ms")
    row(f"12 new connections after {GAP:.0f} s", str(opened[mine]), "0")


def rate(found: Found) -> float:
    return len(found.times) / found.wall


def lost(found: Found) -> str:
    return f", {found.lost} lost" if found.lost else ""


def late(found: Found) -> str:
    seconds = found.percentile(0.99)
    return f"{seconds * 1000:.0f} ms" if seconds < float("inf") else "never"


def spread(figures: Sequence[float], how: str) -> str:
    return f"{statistics.median(figures):{how}} [{min(figures):{how}}..{max(figures):{how}}]"


def heading(what: str, figure: str, goal: str) -> None:
    print(f"\n{what:<60}{figure:>24}{goal:>12}", flush=True)


def row(what: str, figure: str, goal: str) -> None:
    print(f"  {what:<58}{figure:>24}{goal:>12}", flush=True)


if __name__ == "__main__":
    main()
