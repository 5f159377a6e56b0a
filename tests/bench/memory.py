"""What a kept customer takes of memory, and that many customers take no more than they may: goal 10.

    python -m tests.bench.memory [--rounds 1] [--customers 400]

Customers come one after the other, and each is kept: Orb's answers as the service decoded them, and the document as it
left, plain and packed. Of documents there is room for so many bytes, whatever is set; so what they take is told apart.
Then one whose cache is so small that most of them are folded, half of it by now: what a kept customer takes there,
where many are kept. Then one whose cache holds little: once that is full, more customers are to take no more memory.
"""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import uvloop

from tests.bench.command import parser, prepare
from tests.bench.load import crowd
from tests.bench.orb import upstream
from tests.bench.process import Program, anybody
from tests.bench.programs import OURS, ours, signed, started
from tests.bench.raw import connect, get
from tests.bench.table import heading, note, row

VIEWERS, PATIENCE = 8, 600.0
STEPS = 8
ROOMY, FOLDING, NARROW = 4 * 2**30, 64 * 2**20, 16 * 2**20  # ORRERY_CACHE_BYTES
FULL = 650  # customers whose documents fill the room that there is for documents
MOST, FLAT = 80, 0.05
_KEPT = re.compile(r"^orrery_cache_(bytes|entries) (\S+)$", re.MULTILINE)
MB = 1_000_000


@dataclass(frozen=True)
class Held:
    """After so many customers: the process's memory, what it says that answers weigh, and how many these are."""

    customers: int
    resident: int
    weight: int
    answers: int


def main() -> None:
    line = parser("memory", rounds=1)
    line.add_argument("--customers", type=int, default=400, help="beyond those that come first; 400 unless given")
    asked = line.parse_args()
    prepare()
    with upstream() as port:
        slopes = [kept(f"http://127.0.0.1:{port}/v1", asked.customers) for _ in range(asked.rounds)]
        row(
            "10 memory of 10,000 kept customers, median",
            f"{statistics.median(slopes) * 10_000 / MB:,.0f} MB",
            f"≤ {MOST} MB",
        )
        row(
            "10 the same, folded",
            f"{folded(f'http://127.0.0.1:{port}/v1', 3 * asked.customers) * 10_000 / MB:,.0f} MB",
            f"≤ {MOST} MB",
        )
        bounded(f"http://127.0.0.1:{port}/v1", asked.customers)


def kept(orb: str, customers: int) -> float:
    """Bytes of a kept customer, where all are kept."""
    with started([ours(orb, ORRERY_CACHE_BYTES=str(ROOMY))]) as (service,):
        found = uvloop.run(fill(service, FULL, customers))
    show("memory, all customers kept", found)
    first, full, *_, last = found
    each = (last.resident - full.resident) / (last.customers - full.customers)
    weight = (last.weight - full.weight) / (last.customers - full.customers)
    documents = (full.resident - first.resident) / (full.customers - first.customers) - each
    row("a customer's answers of Orb, decoded", f"{each / 1000:,.0f} kB")
    row("the same as Orb sent them, by which the cache is bounded", f"{weight / 1000:,.0f} kB")
    row("beside it a document as it left, while there is room", f"{documents / 1000:,.0f} kB")
    return each


def folded(orb: str, customers: int) -> float:
    """Bytes of a kept customer, where what is ready fills its half, and the others are folded: none is let go."""
    with started([ours(orb, ORRERY_CACHE_BYTES=str(FOLDING))]) as (service,):
        found = uvloop.run(fill(service, FULL, customers))
    show(f"memory, most customers folded, ORRERY_CACHE_BYTES={FOLDING}", found)
    first, full, *_, last = found
    each = (full.answers - first.answers) / full.customers
    if last.answers < first.answers + each * last.customers:
        note("some were let go")
    return (last.resident - full.resident) / (last.customers - full.customers)


def bounded(orb: str, customers: int) -> None:
    """Says whether memory stands still once the cache is full."""
    with started([ours(orb, ORRERY_CACHE_BYTES=str(NARROW))]) as (service,):
        found = uvloop.run(fill(service, FULL, customers))
    show(f"memory, ORRERY_CACHE_BYTES={NARROW}", found)
    _, *full = found
    late = full[len(full) // 2 :]
    grown = late[-1].resident / late[0].resident - 1
    row(f"10 growth from {late[0].customers:,} to {late[-1].customers:,} customers", f"{grown:+.1%}", f"≤ {FLAT:.0%}")
    row("10 most that answers weighed, to what they may", f"{max(each.weight for each in found) / NARROW:.2f}", "≤ 1")


def show(what: str, found: Sequence[Held]) -> None:
    heading(what, "resident", "answers")
    for each in found:
        name = f"{each.customers:,} customers, {each.weight / MB:,.0f} MB by weight"
        row(name, f"{each.resident / MB:,.0f} MB", f"{each.answers:,}")


async def fill(service: Program, first: int, customers: int) -> list[Held]:
    """Memory before the first customer, after the first ones, and in steps while so many more come."""
    await come(service, 20)  # what the process needs once, it has then
    found = [await held(service, 0)]
    await come(service, first)
    found.append(await held(service, first))
    for step in range(1, STEPS + 1):
        await come(service, customers * step // STEPS - customers * (step - 1) // STEPS)
        found.append(await held(service, first + customers * step // STEPS))
    return found


async def come(service: Program, customers: int) -> None:
    headers = "Accept-Encoding: gzip\r\n"
    requests = [get(OURS, service.port, signed(anybody()) + headers) for _ in range(customers)]
    seen = await crowd(service, [requests[n::VIEWERS] for n in range(VIEWERS)], PATIENCE)
    if seen.lost:
        note(f"{seen.lost} of {seen.asked} customers did not see their dashboard")


async def held(service: Program, customers: int) -> Held:
    connection = await connect(service.port)
    _, body = await connection.get(get("/metrics", service.port))
    connection.close()
    return Held(customers, service.resident(), *weighed(body.decode()))


def weighed(metrics: str) -> tuple[int, int]:
    """The bytes that kept answers weigh, and how many these are."""
    said = {name: int(float(value)) for name, value in _KEPT.findall(metrics)}
    return said["bytes"], said["entries"]


if __name__ == "__main__":
    main()
