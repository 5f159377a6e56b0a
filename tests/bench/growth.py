"""What a dashboard costs that nobody has asked for before, as its customer grows: goal 15.

    python -m tests.bench.growth [--rounds 5] [--only days,prices]

One number grows, all others stay as they usually are. CPU seconds of the service for one dashboard, and how they grow
from step to step: as the number to the power of the exponent, 1 where twice as much costs twice as much. A step counts
what is the same for all sizes too, so that the last steps tell most.
"""

import argparse
import math
import statistics
from collections.abc import Mapping, Sequence

import uvloop

from tests.bench.command import parser, prepare
from tests.bench.grown import Size
from tests.bench.load import closed_loop, crowd
from tests.bench.orb import Orb, upstream
from tests.bench.process import Program
from tests.bench.programs import OURS, ours, started
from tests.bench.raw import connect
from tests.bench.table import heading, note, row, spread

STEPS: Mapping[str, Sequence[int]] = {
    "subscriptions": (1, 5, 10, 25, 50),
    "prices": (5, 25, 50, 100, 200),
    "days": (30, 60, 120, 240, 366),
    "groups": (10, 25, 50, 100),
    "viewers": (1, 4, 16, 64),
}
GOAL = 1.1
SECONDS, MOST, PATIENCE = 0.4, 400, 60.0
EVERY_GROUP = "&limit=100"

Costs = dict[int, list[float]]


def main() -> None:
    line = parser("growth", rounds=5)
    line.add_argument("--only", type=_words, default=list(STEPS), help=f"some of {', '.join(STEPS)}, by commas")
    asked = line.parse_args()
    prepare()
    with upstream() as port:
        service = ours(f"http://127.0.0.1:{port}/v1")
        service.path = lambda _whose: OURS + EVERY_GROUP
        with started([service]) as programs:
            uvloop.run(measure(programs[0], port, asked.rounds, asked.only))


def _words(text: str) -> list[str]:
    words = text.split(",")
    if strangers := [each for each in words if each not in STEPS]:
        raise argparse.ArgumentTypeError(f"nothing grows by {', '.join(strangers)}; there is {', '.join(STEPS)}")
    return words


async def measure(service: Program, port: int, rounds: int, words: Sequence[str]) -> None:
    orb = Orb(await connect(port), port)
    await closed_loop(service, 8, 2, MOST)
    found: dict[str, Costs] = {word: {step: [] for step in STEPS[word]} for word in words}
    for _ in range(rounds):
        for word, costs in found.items():
            for step, seen in costs.items():
                seen.append(await cost(service, orb, word, step))
    for word, costs in found.items():
        show(word, costs)


async def cost(service: Program, orb: Orb, word: str, step: int) -> float:
    """CPU seconds of one dashboard; of viewers, of all of them, who come at once."""
    await orb.size(**({} if word == "viewers" else {word: step}))
    if word == "viewers":
        seen = await crowd(service, [service.requests(1) for _ in range(step)], PATIENCE)
        return seen.spent if not seen.lost else math.nan
    seen = await closed_loop(service, 1, SECONDS, MOST)
    return seen.spent / len(seen.times) if seen.times and not seen.lost else math.nan


def show(word: str, costs: Costs) -> None:
    usual = getattr(Size(), word, None)
    heading(f"{word}" + (f", usually {usual}" if usual else ", a customer each"), "CPU ms", "exponent")
    middles = {step: statistics.median(seen) for step, seen in costs.items()}
    before: int | None = None
    for step, middle in middles.items():
        slope = "" if before is None else f"{exponent([before, step], [middles[before], middle]):.2f}"
        row(f"{step}", spread([each * 1000 for each in costs[step]], ".1f"), slope)
        before = step
    *_, early, late = middles
    last = exponent([early, late], [middles[early], middles[late]])
    row(f"15 over all of them, goal ≤ {GOAL}", "", f"{exponent(list(middles), list(middles.values())):.2f}")
    row(f"15 in the last step, goal ≤ {GOAL}", "", f"{last:.2f}")
    if any(math.isnan(each) for each in middles.values()):
        note("nan: a dashboard did not come")


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of the straight line through the logarithms, least squares."""
    xs, ys = [math.log(each) for each in sizes], [math.log(each) for each in costs]
    return statistics.linear_regression(xs, ys).slope


if __name__ == "__main__":
    main()
