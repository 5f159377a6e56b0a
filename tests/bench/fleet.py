"""Three processes as one, a crowd as crowds are, and an Orb that keeps its limits: goal 16.

    python -m tests.bench.fleet [--rounds 1] [--seconds 60] [--rate 12] [--refreshes 0.05]

Viewers of 10,000 customers come one by one to one process or another, most of them to few customers (Zipf), and some
refresh. Redis is a real one; Orb keeps the limits of a live account, and answers 429 beyond them. The time is that of
the whole page, from the request to its last byte. Processes, Orb, Redis and the crowd share this machine.
"""

import asyncio
import random
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate, count, pairwise
from math import inf

import aiohttp
import uvloop

from app.budget.plan import PLANS
from tests.bench.ages import ages
from tests.bench.command import parser
from tests.bench.load import Found
from tests.bench.programs import OURS, PAGE
from tests.bench.table import heading, ms, note, row
from tests.budget.test_pace import busiest
from tests.fleet.crowd import Crowd, crowd, token
from tests.fleet.real_redis import real_redis

COPIES, CUSTOMERS, EXPONENT, PLAN = 3, 10_000, 1.0, "live"
REFRESH = OURS.replace("/dashboard", "/dashboard/refresh")
MAX_AGE = 300.0  # seconds that an answer stays young enough, unless it is set
LATE = b"data-late"


@dataclass
class Visits:
    """What viewers saw of customers who were kept, who were new, or for whom somebody else was just asking."""

    kept: Found = field(default_factory=Found)
    new: Found = field(default_factory=Found)
    between: Found = field(default_factory=Found)
    refreshed: Found = field(default_factory=Found)
    late: Counter[str] = field(default_factory=Counter)
    seen: dict[str, float] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)

    def of(self, customer: str, now: float) -> str:
        """Since when the customer is known decides; whoever comes then, they are known."""
        if now - self.whole.get(customer, -MAX_AGE) < MAX_AGE:
            return "kept"
        return "between" if self.seen.setdefault(customer, now) < now else "new"


def main() -> None:
    line = parser("fleet", rounds=1)
    line.add_argument("--seconds", type=float, default=60.0, help="for how long viewers come; 60 unless given")
    line.add_argument("--rate", type=float, default=12.0, help="viewers a second; 12 unless given")
    line.add_argument("--refreshes", type=float, default=0.05, help="the part of them that refresh; 0.05 unless given")
    asked = line.parse_args()
    if shutil.which("redis-server") is None:
        sys.exit("What several processes share needs Redis: apt-get install redis-server")
    for number in range(asked.rounds):
        with real_redis() as redis, crowd(COPIES, PLAN, ORRERY_REDIS_URL=redis.url) as service:
            visits = uvloop.run(come(service, asked.seconds, asked.rate, asked.refreshes, random.Random(number)))
            show(service, visits)


async def come(service: Crowd, seconds: float, rate: float, refreshes: float, seeds: random.Random) -> Visits:
    """They come at random times, so many a second on average, whether those before them have been answered or not."""
    visits, tasks = Visits(), set[asyncio.Task[None]]()
    weights = list(accumulate(1 / rank**EXPONENT for rank in range(1, CUSTOMERS + 1)))
    ends, turns = time.monotonic() + seconds, count()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        while time.monotonic() < ends:
            (number,) = seeds.choices(range(CUSTOMERS), cum_weights=weights)
            url, refresh = service.urls[next(turns) % COPIES], seeds.random() < refreshes
            tasks.add(asyncio.create_task(visit(client, url, f"customer-{number}", visits, refresh=refresh)))
            await asyncio.sleep(seeds.expovariate(rate))
        await asyncio.gather(*tasks)
    return visits


async def visit(client: aiohttp.ClientSession, url: str, customer: str, visits: Visits, *, refresh: bool) -> None:
    began = time.monotonic()
    known = visits.of(customer, began)
    kind = "refreshed" if refresh else known
    found: Found = getattr(visits, kind)
    found.asked += 1
    headers = {"Authorization": f"Bearer {token(customer)}"}
    method, path = ("POST", REFRESH) if refresh else ("GET", PAGE)
    try:
        async with client.request(method, url + path, headers=headers) as answer:
            body = await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        note(f"{kind}: {error!r}")
        return
    if answer.status != 200:
        note(f"{kind}: {answer.status}")
        return
    now = time.monotonic()
    found.times.append(now - began)
    if LATE in body:
        visits.late[kind] += 1
    else:
        visits.whole.setdefault(customer, now)


def show(service: Crowd, visits: Visits) -> None:
    heading(f"{COPIES} processes, {CUSTOMERS:,} customers: all of a page", "p50", "p99")
    for kind in ("kept", "new", "between", "refreshed"):
        found: Found = getattr(visits, kind)
        if not found.asked:
            continue
        row(f"{kind}, {found.asked} viewers", ms(found.percentile(0.5)), ms(found.percentile(0.99)))
        if found.lost or visits.late[kind]:
            note(f"  {found.lost} without an answer, {visits.late[kind]} with cards that came late")
    heading(f"calls to Orb, plan {PLAN}", "calls", "busiest s")
    arrived = service.arrivals()
    for rate, limit in PLANS[PLAN].items():
        times = sorted(when for when, _ in arrived.get(rate, []))
        row(rate, f"{len(times)}", f"{busiest(times, 1.0)} of {limit}")
    heading("age of the figures in a card", "cards", "goal")
    served = ages(service.urls)
    for low, high in pairwise(sorted(served)):
        if served[high] > served[low]:
            row(f"{low:.0f} to {high:.0f} s", str(served[high] - served[low]))
    row(f"16 older than {MAX_AGE:.0f} s", str(served[inf] - served[MAX_AGE]), "0")
    heading("all together")
    row("16 answers 429", str(sum(service.refused().values())), "0")
    row("16 page of a kept customer, p99", ms(visits.kept.percentile(0.99)), "≤ 100 ms")


if __name__ == "__main__":
    main()
