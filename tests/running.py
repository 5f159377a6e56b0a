"""The service as an operator starts it: its own process, its own sandbox beside it, real sockets between."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryFile
from typing import IO, Any

import httpx

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens
from tests.canary import WATCH, WEBHOOK_SECRET

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Running:
    """`url` is the dashboard's address, `sandbox` that of the make-believe Orb; `process` is the dashboard's.

    `log` is what the two write on standard error.
    """

    url: str
    sandbox: str
    process: "subprocess.Popen[str]"
    log: IO[bytes]

    def written(self) -> bytes:
        return os.pread(self.log.fileno(), os.fstat(self.log.fileno()).st_size, 0)

    @property
    def orb(self) -> str:
        return f"{self.sandbox}/v1"

    @property
    def panel(self) -> str:
        return f"{self.sandbox}/_sandbox"

    def token(self, customer: str) -> str:
        return Tokens([Secret(SANDBOX_SECRET)]).sign(CustomerRef("external_customer_id", customer))

    def client(self, customer: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(customer)}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=60)

    def requests(self) -> list[dict[str, Any]]:
        """What reached the sandbox since the last `forget`."""
        found: list[dict[str, Any]] = httpx.get(f"{self.panel}/requests", trust_env=False, timeout=60).json()["data"]
        return found

    def forget(self) -> None:
        httpx.delete(f"{self.panel}/requests", trust_env=False, timeout=60)

    @contextmanager
    def fault(self, route: str, kind: str, **more: Any) -> Iterator[None]:
        fault = {"route": route, "kind": kind, "times": -1, **more}
        httpx.post(f"{self.panel}/faults", json=fault, trust_env=False, timeout=60).raise_for_status()
        yield
        httpx.delete(f"{self.panel}/faults", trust_env=False, timeout=60)

    @contextmanager
    def clock(self, **change: Any) -> Iterator[None]:
        httpx.post(f"{self.panel}/clock", json=change, trust_env=False, timeout=60).raise_for_status()
        yield
        httpx.delete(f"{self.panel}/clock", trust_env=False, timeout=60)


# Those that run now.
RUNNING: list[Running] = []
# A viewer's token, wherever in a text.
_TOKEN = re.compile(rb"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")


def bare(**settings: str) -> dict[str, str]:
    """An environment with nothing of ours set."""
    ours = ("ORB_", "ORRERY_", "SANDBOX_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {name: value for name, value in kept.items() if name not in ("HOST", "PORT")} | settings


def free_port() -> int:
    """One that nobody gets by chance meanwhile: systems give ports from 32768 to whoever wants any."""
    while True:
        port = SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(**settings: str) -> Iterator[Running]:
    """`python -m app serve --sandbox` until the block ends."""
    port, sandbox_port = free_port(), free_port()
    # A busy machine takes its time, and the sandbox makes half a million events when it is asked for old invoices.
    usual = {"ORRERY_LAME_DUCK": "0", "ORRERY_PATIENCE": "30", "ORB_WEBHOOK_SECRET": WEBHOOK_SECRET}
    environment = bare(PORT=str(port), SANDBOX_PORT=str(sandbox_port), **usual | settings)
    with TemporaryFile() as log:
        process = _start(environment, log)
        found = Running(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}", process, log)
        RUNNING.append(found)
        try:
            answers(f"{found.url}/readyz", process)
            yield found
        finally:
            process.terminate()
            process.communicate(timeout=30)
            RUNNING.remove(found)
            WATCH.look("what a service wrote", [found.written()])
            assert not _TOKEN.search(found.written()), "a token got into the log"


def _start(environment: dict[str, str], log: IO[bytes]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--sandbox"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        process_group=0,
    )


def answers(url: str, process: "subprocess.Popen[Any] | None" = None, *, well: bool = True) -> None:
    """Waits until a server answers there, and does so `well` unless that is no matter.

    It is given a minute and a half: a busy machine takes its time.
    """
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        assert process is None or process.poll() is None, "the service did not start"
        try:
            answer = httpx.get(url, trust_env=False)
            if well:
                answer.raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)  # whoever starts needs the processor more than we do
        else:
            return
    raise AssertionError(f"nobody answers at {url}")
