"""Restarts that nobody may feel: copies of the service, stopped and started in turn while clients keep asking.

Some clients come through nginx, set up by deploy/nginx.conf, and some ask a copy that says it is ready, as a balancer
does that probes. `python -m tests.serving.restarts` restarts each of two copies twenty times and counts.
"""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import cycle

import httpx

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from deploy.fleet import balanced
from tests.running import ROOT, answers, bare, free_port

SECRET = "3f9c0a51b2e87d64" * 2
CUSTOMERS = ("northwind", "halcyon", "lumen", "quiet", "meridian", "quill")
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
PROBE_EVERY = 0.4
# Several times as long as a balancer takes to look.
LAME_DUCK = 3

# What the clients ask for, and how each answer ends that came whole.
QUESTIONS = [
    ("GET", "/", "text/html", "</html>"),
    ("GET", "/api/dashboard", "application/json", "}"),
    ("GET", "/api/dashboard", "application/x-ndjson", "}"),
    ("GET", "/api/cards/bill", "application/json", "}"),
    ("POST", "/api/dashboard/refresh", "application/json", "}"),
    ("GET", "/static/dashboard.css", "*/*", ""),
]


class Copy:
    """One process of the service, which can be stopped and started again at its address."""

    def __init__(self, sandbox: int, lame_duck: int) -> None:
        self.port = free_port()
        self.ready = False
        self.probed = True  # whether its balancer takes notice
        usual = {"ORB_API_KEY": "key", "ORRERY_VIEWER_SECRET": SECRET, "ORRERY_LAME_DUCK": str(lame_duck)}
        addresses = {"PORT": str(self.port), "ORB_BASE_URL": f"http://127.0.0.1:{sandbox}/v1"}
        self._environment = bare(**usual | addresses)
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "app", "serve"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=quiet, stderr=quiet)

    async def probe(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            try:
                found = (await client.get(f"{self.url}/readyz")).status_code == 200
            except httpx.TransportError:
                found = False
        if self.probed:
            self.ready = found
        return found

    async def is_up(self) -> None:
        while not await self.probe():
            assert self._process.poll() is None, "a copy did not start"
            await asyncio.sleep(0.02)

    async def restart(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self._process.wait)
        assert self._process.returncode == -signal.SIGTERM
        self.start()
        await self.is_up()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Tally:
    """What the clients saw."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{sum(self.answers.values())} answers {dict(self.answers)}, {len(self.failures)} failures"


@contextmanager
def copies(*lame_ducks: int) -> Iterator[list[Copy]]:
    """A sandbox that keeps no limits, and in front of it a copy for each lame duck."""
    port = free_port()
    environment = bare(SANDBOX_PORT=str(port), SANDBOX_RATE_PLAN="off")
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "app", "sandbox", "--latency", "0"]
    sandbox = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    with ExitStack() as stack:
        stack.callback(sandbox.wait)
        stack.callback(sandbox.kill)
        found = [Copy(port, each) for each in lame_ducks]
        for each in found:
            stack.callback(each.kill)
        answers(f"http://127.0.0.1:{port}/_sandbox/customers")
        yield found


@contextmanager
def nginx(behind: Sequence[Copy]) -> Iterator[str]:
    """The address of what deploy/nginx.conf serves."""
    port = free_port()
    with balanced(port, [each.port for each in behind]):
        answers(f"http://127.0.0.1:{port}/livez", well=False)
        yield f"http://127.0.0.1:{port}"


async def ask(client: httpx.AsyncClient, url: str, who: str, number: int, tally: Tally) -> None:
    """One question; an answer that is not 200, or not whole, is a failure."""
    method, path, accept, end = QUESTIONS[number % len(QUESTIONS)]
    customer = CustomerRef("external_customer_id", CUSTOMERS[number // len(QUESTIONS) % len(CUSTOMERS)])
    headers = {"Authorization": f"Bearer {Tokens([Secret(SECRET)]).sign(customer)}", "Accept": accept}
    try:
        answer = await client.request(method, url + path, headers=headers)
    except httpx.TransportError as error:
        tally.failures.append(f"{who} {method} {path}: {error!r}")
        return
    if answer.status_code != 200 or not answer.text.rstrip().endswith(end):
        tally.failures.append(f"{who} {method} {path}: {answer.status_code} {answer.text[-200:]!r}")
    else:
        tally.answers[who] += 1


async def through(address: str, number: int, tally: Tally) -> None:
    """A client behind nginx."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        while True:
            await ask(client, address, "nginx", number, tally)
            number += 1
            await asyncio.sleep(0.02)


async def straight(found: Sequence[Copy], number: int, tally: Tally) -> None:
    """A client of a balancer that probes."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        for each in cycle(found):
            if each.ready:
                await ask(client, each.url, "probing", number, tally)
                number += 1
            await asyncio.sleep(0.02)


async def probing(found: Sequence[Copy]) -> None:
    while True:
        for each in found:
            await each.probe()
        await asyncio.sleep(PROBE_EVERY)


@asynccontextmanager
async def clients(found: Sequence[Copy], address: str | None, count: int) -> AsyncIterator[Tally]:
    """So many of them for as long as the block runs, half of them behind nginx if it has an address."""
    tally = Tally()
    for each in found:
        await each.is_up()
    behind = count // 2 if address else 0
    tasks = [asyncio.create_task(probing(found))]
    tasks += [asyncio.create_task(through(address, each, tally)) for each in range(behind) if address]
    tasks += [asyncio.create_task(straight(found, each, tally)) for each in range(behind, count)]
    try:
        await asyncio.sleep(0.5)
        yield tally
        await asyncio.sleep(0.5)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def restarted(rounds: int, count: int, lame_duck: int, *, report: bool = False) -> Tally:
    """Two copies, restarted in turn so many times in all while so many clients ask."""
    with copies(lame_duck, lame_duck) as found, nginx(found) as address:
        async with clients(found, address, count) as tally:
            for each in range(rounds):
                await found[each % 2].restart()
                if report:
                    print(f"{each + 1:>3} restarts: {tally}", flush=True)  # noqa: T201
    return tally


def main() -> int:
    began = time.monotonic()
    tally = asyncio.run(restarted(rounds=40, count=30, lame_duck=LAME_DUCK, report=True))
    print("\n".join(tally.failures[:20]))  # noqa: T201
    print(f"40 restarts under 30 clients in {time.monotonic() - began:.0f} s: {tally}")  # noqa: T201
    return 1 if tally.failures or not tally.answers["nginx"] or not tally.answers["probing"] else 0


if __name__ == "__main__":
    sys.exit(main())
