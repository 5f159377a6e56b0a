"""Many viewers at once, before an Orb as slow as the real one: of a customer each, and all of one customer."""

from collections.abc import Mapping, Sequence

from tests.bench.load import Found, crowd, quiet
from tests.bench.orb import Orb
from tests.bench.process import Program
from tests.bench.table import heading, ms, row

MANY, EACH, PATIENCE = 64, 4, 8.0
ONE, ONE_PATIENCE = 500, 10.0


async def of_many(programs: Sequence[Program]) -> Mapping[str, Found]:
    found = {}
    for each in programs:
        found[each.name] = await crowd(each, [each.requests(EACH) for _ in range(MANY)], PATIENCE)
        await quiet(each, left=found[each.name].lost > 0)
    heading(f"{MANY} viewers of {MANY * EACH} customers, all at once", "per second", "p99")
    for name, seen in found.items():
        row(name, f"{seen.rate:.0f}{_lost(seen)}", ms(seen.percentile(0.99)))
    return found


async def of_one(programs: Sequence[Program], orb: Orb) -> Mapping[str, tuple[int, Found]]:
    """How often Orb was called, and what the viewers saw. The programs are stopped."""
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
        row(name, f"{calls}{_lost(seen)}", ms(seen.percentile(0.99)))
    return found


def _lost(found: Found) -> str:
    return f", {found.lost} lost" if found.lost else ""
