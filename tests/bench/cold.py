"""Dashboards that nobody has asked for before: ours beside what one would write instead.

    python -m tests.bench.cold [--rounds 5] [--only fastify_undici,limit] [--gap 60]

Every program answers the same dashboard from the same upstream, on a processor of its own; the upstream and the
viewers are on the other. The figure is dashboards per second of that processor, which survives neighbours; ratios
are taken within one round.
"""

import statistics
import sys
from collections.abc import Sequence

import uvloop

from tests.bench.alone import after_a_gap, waits
from tests.bench.command import parser, prepare
from tests.bench.crowds import of_many, of_one
from tests.bench.documents import customer
from tests.bench.figures import Figures
from tests.bench.load import closed_loop
from tests.bench.orb import Orb, upstream
from tests.bench.process import Program
from tests.bench.programs import NAME, chosen, named, started
from tests.bench.promises import Cold, promises
from tests.bench.raw import connect
from tests.bench.table import heading, note, row, spread

VIEWERS, SECONDS, MOST = 8, 1.5, 4000


def main() -> None:
    line = parser("cold", rounds=5)
    line.add_argument("--only", type=named, default=[], help="names of other programs, separated by commas")
    line.add_argument(
        "--gap", type=float, default=7.0, help="seconds of quiet before one more dashboard; 7 unless given"
    )
    asked = line.parse_args()
    prepare()
    with upstream() as port, started(chosen(asked.only, f"http://127.0.0.1:{port}/v1")) as programs:
        uvloop.run(measure(programs, port, asked.rounds, asked.gap))


async def measure(programs: list[Program], port: int, rounds: int, gap: float) -> None:
    orb = Orb(await connect(port), port)
    await agree(programs)
    for each in programs:
        await closed_loop(each, VIEWERS, SECONDS, MOST)
    await orb.slow(on=False)
    rates = await throughput(programs, rounds)
    await orb.slow(on=True)
    promises(
        Cold(
            rates,
            added=await waits(programs, orb),
            gap=gap,
            opened=await after_a_gap(programs, orb, gap),
            many=await of_many(programs),
            one=await of_one(programs, orb),
        )
    )


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
            note(f"{each.name} is left out: it answers {status} with {said}, ours is {expected}")
    if not programs or programs[0].name != NAME:
        sys.exit("our own document could not be had")


async def throughput(programs: Sequence[Program], rounds: int) -> dict[str, list[float]]:
    """Dashboards per CPU second, round by round."""
    found: dict[str, list[float]] = {each.name: [] for each in programs}
    for _ in range(rounds):
        for each in programs:
            seen = await closed_loop(each, VIEWERS, SECONDS, MOST)
            found[each.name].append(len(seen.times) / seen.spent)
            if seen.lost:
                note(f"{each.name}: {seen.lost} of {seen.asked} dashboards failed")
    heading(f"a new customer each, {VIEWERS} viewers, an upstream that answers at once", "per CPU second", "CPU ms")
    for name, rates in found.items():
        row(name, spread(rates, ".0f"), f"{1000 / statistics.median(rates):.2f}")
    return found


if __name__ == "__main__":
    main()
