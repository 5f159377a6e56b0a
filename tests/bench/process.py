"""A program that is measured: a process on a processor of its own, with an address and a bill for what it used."""

import itertools
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.bench.documents import customer
from tests.bench.figures import Figures, figures_of_peer
from tests.bench.raw import get
from tests.running import ROOT, answers, bare, free_port

SECRET = "bench-3f9c1a77d0e84b25-viewers-only"
_NUMBERS = itertools.count(1)


@dataclass
class Program:
    """One of them, while it runs; `settings` are of its environment."""

    name: str
    command: Sequence[str]
    orb: str
    path: Callable[[str], str] = "/dashboard/{}".format
    headers: Callable[[str], str] = "".format
    ready: str = ""
    figures: Callable[[bytes], Figures] = figures_of_peer
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        usual = {
            "PORT": str(self.port),
            "ORB_BASE_URL": self.orb,
            "ORB_API_KEY": "bench",
            "ORRERY_VIEWER_SECRET": SECRET,
            "ORRERY_LAME_DUCK": "0",
            "ORRERY_PATIENCE": "30",  # others wait a minute
            "NODE_ENV": "production",
        }
        self.process = pinned(self.command, bare(**{**usual, **self.settings}), cores()[0])
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
        return [self.request(anybody()) for _ in range(count)]

    def spent(self) -> float:
        """The seconds of a processor that it has used, all its threads together."""
        assert self.process
        return time.clock_gettime((~self.process.pid << 3) | 2)  # as clock_getcpuclockid(3) names that clock

    def resident(self) -> int:
        """The bytes of memory that it holds now."""
        assert self.process
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def anybody() -> str:
    """A customer for whom nobody has asked yet."""
    return customer(next(_NUMBERS))


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
