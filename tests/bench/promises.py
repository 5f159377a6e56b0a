"""What is promised of cold dashboards, beside what was measured: goals 1 to 6, 9 and 12."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from tests.bench.crowds import MANY, ONE
from tests.bench.load import Found
from tests.bench.programs import NAME
from tests.bench.table import heading, ms, ratios, row, spread
from tests.bench.upstream import SLOW

SLOWEST = max(SLOW.values())
# By program, the number of the goal and the least ratio.
RATES = {
    "starlette_httpx": ("1", "15"),
    "fastapi_orb": ("1", "100"),
    "fastify_orb": ("1", "4"),
    "fastify_undici": ("2", "1.1"),
    "limit": ("3", "0.4"),
}
ADDED = {"starlette_httpx": "0.3", "fastify_orb": "0.4", "fastify_undici": "0.8"}


@dataclass(frozen=True)
class Cold:
    """By program: dashboards per CPU second of each round; p50 and p99 of what was added, in seconds; connections
    opened after `gap` seconds; what 64 customers' viewers saw; calls, and what one customer's viewers saw."""

    rates: Mapping[str, list[float]]
    added: Mapping[str, tuple[float, float]]
    gap: float
    opened: Mapping[str, int]
    many: Mapping[str, Found]
    one: Mapping[str, tuple[int, Found]]


def promises(found: Cold) -> None:
    """All as ratios of ours to another's, where there is another."""
    heading("ours to theirs", "ratio")
    for name, (number, goal) in RATES.items():
        if name in found.rates:
            seen = spread(ratios(found.rates[NAME], found.rates[name]), ".2f")
            row(f"{number} dashboards per CPU second, to {name}", seen, f"≥ {goal}")
    _added(found.added)
    mine, theirs = found.many[NAME], found.many.get("fastify_undici")
    late = mine.percentile(0.99)
    seen = f"{late / SLOWEST:.2f}" if late < inf else f"{mine.lost} of {mine.asked} lost"
    row(f"6 p99 of {MANY} viewers, to the slowest call", seen, "≤ 2")
    if theirs is not None:
        row("6 their throughput, to fastify_undici", f"{mine.rate / theirs.rate:.2f}", "≥ 1.2")
    calls, seen_by_all = found.one[NAME]
    row(f"9 calls, {ONE} viewers of one customer", str(calls), "6")
    row("9 their p99 over the slowest call", ms(seen_by_all.percentile(0.99) - SLOWEST), "≤ 100 ms")
    row(f"12 new connections after {found.gap:.0f} s", str(found.opened[NAME]), "0")


def _added(added: Mapping[str, tuple[float, float]]) -> None:
    middle, late = added[NAME]
    for name, goal in ADDED.items():
        if name in added:
            row(f"4 added p50, to {name}", f"{middle / added[name][0]:.2f}", f"≤ {goal}")
    row("5 added p99", ms(late, ".1f"), "≤ 6 ms")
    real = [seen[1] for name, seen in added.items() if name not in (NAME, "limit")]
    if real:
        row("5 added p99, to the best of the others", f"{late / min(real):.2f}", "< 1")
