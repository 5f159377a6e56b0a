"""The programs that are held side by side: ours and those that one would write instead, each in its own process."""

import importlib.util
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from tests.bench.documents import customer
from tests.bench.raw import get
from tests.running import ROOT, answers, bare, free_port

HERE = Path(__file__).parent
OURS = "/api/dashboard?cards=bill,credits,spend,breakdown"
_SECRET = "bench-3f9c1a77d0e84b25-viewers-only"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Figures:
    """What two documents of one customer have to agree on."""

    due: Decimal
    cost: Decimal


def figures_of_ours(body: bytes) -> Figures:
    cards = json.loads(body)["cards"]
    due = (Decimal(each["amount_due"]["amount"]) for each in cards["bill"]["data"]["subscriptions"])
    days = (Decimal(day["subtotal"]["amount"]) for day in cards["spend"]["data"]["days"])
    return Figures(sum(due, Decimal()), sum(days, Decimal()))


def figures_of_peer(body: bytes) -> Figures:
    shown = json.loads(body)["subscriptions"]
    days = (Decimal(day["subtotal"]) for each in shown for day in each["costs"])
    return Figures(sum((Decimal(each["amount_due"]) for each in shown), Decimal()), sum(days, Decimal()))


@dataclass
class Program:
    """One of them, while it runs."""

    name: str
    command: Sequence[str]
    orb: str
    path: Callable[[str], str] = "/dashboard/{}".format
    headers: Callable[[str], str] = "".format
    ready: str = ""
    figures: Callable[[bytes], Figures] = figures_of_peer
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        environment = bare(
            PORT=str(self.port),
            ORB_BASE_URL=self.orb,
            ORB_API_KEY="bench",
            ORRERY_VIEWER_SECRET=_SECRET,
            ORRERY_LAME_DUCK="0",
            ORRERY_PATIENCE="30",  # others wait a minute
            NODE_ENV="production",
        )
        self.process = pinned(self.command, environment, cores()[0])
        if self.ready:
            answers(f"http://127.0.0.1:{self.port}{self.ready}", self.process)
        else:
            listens(self.port, self.process)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def request(self, whose: str) -> bytes:
        return get(self.path(whose), self.port, self.headers(whose))

    def requests(self, count: int) -> list[bytes]:
        """So many, each for a customer for whom nobody has asked yet."""
        return [self.request(customer(next(_NUMBERS))) for _ in range(count)]

    def spent(self) -> float:
        """The seconds of a processor that it has used, all its threads together."""
        assert self.process
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@cache
def cores() -> tuple[int, int]:
    """The processor for the program that is measured, and the one for all others."""
    first, second, *_ = sorted(os.sched_getaffinity(0)) * 2
    return first, second


def pinned(command: Sequence[str], environment: dict[str, str], core: int) -> "subprocess.Popen[bytes]":
    """Starts it on that processor; threads that it starts stay there."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    finally:
        os.sched_setaffinity(0, mine)


def ours(orb: str) -> Program:
    signed = Tokens([Secret(_SECRET)])

    def headers(whose: str) -> str:
        return f"Authorization: Bearer {signed.sign(CustomerRef('external_customer_id', whose), ttl=3600)}\r\n"

    command = [sys.executable, "-m", "tests.bench.ours"]
    return Program("orrery", command, orb, lambda _whose: OURS, headers, "/readyz", figures_of_ours)


def peers(orb: str) -> Iterator[Program]:
    for name in ("limit", "starlette_httpx", "fastapi_orb"):
        yield Program(name, [sys.executable, "-m", f"tests.bench.peers.{name}"], orb)
    for name in ("fastify_undici", "fastify_orb"):
        yield Program(name, ["node", str(HERE / "peers" / f"{name}.mjs")], orb)


def missing(program: Program) -> str | None:
    """Why it cannot be started, and what would help."""
    if program.name == "fastapi_orb" and importlib.util.find_spec("fastapi") is None:
        return "FastAPI is not installed: .venv/bin/pip install '.[bench]'"
    if program.command[0] == "node" and shutil.which("node") is None:
        return "there is no node"
    if program.command[0] == "node" and not (HERE / "node_modules" / "fastify").is_dir():
        return "its packages are not installed: npm ci --prefix tests/bench"
    return None


@contextmanager
def started(only: Sequence[str], orb: str) -> Iterator[list[Program]]:
    """Ours and the others, or those of them that were named; what cannot be started is said and left out."""
    found: list[Program] = []
    try:
        for each in (ours(orb), *peers(orb)):
            if only and each.name not in (*only, "orrery"):
                continue
            lacks = missing(each)
            if lacks is None:
                found.append(each)
                lacks = _start(each)
            if lacks is not None:
                print(f"  {each.name} is left out: {lacks}", flush=True)
        yield [each for each in found if each.process]
    finally:
        for each in found:
            each.stop()


def _start(program: Program) -> str | None:
    try:
        program.start()
    except AssertionError as wrong:
        program.stop()
        return str(wrong)
    return None


def listens(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Waits until somebody listens there."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert process.poll() is None, "it ended at once"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not listen")


@contextmanager
def upstream() -> Iterator[int]:
    """Orb, from memory; gives its port."""
    port = free_port()
    process = pinned([sys.executable, "-m", "tests.bench.upstream", str(port)], bare(), cores()[1])
    try:
        answers(f"http://127.0.0.1:{port}/_counts", process)
        yield port
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
