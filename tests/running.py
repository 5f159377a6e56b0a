"""The service as an operator starts it: its own process, its own sandbox beside it, real sockets between."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

import httpx

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Running:
    """`url` is the dashboard's address, `sandbox` that of the make-believe Orb; `process` is the dashboard's."""

    url: str
    sandbox: str
    process: "subprocess.Popen[str]"

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
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20)

    def requests(self) -> list[dict[str, Any]]:
        """What reached the sandbox since the last `forget`."""
        found: list[dict[str, Any]] = httpx.get(f"{self.panel}/requests", trust_env=False).json()["data"]
        return found

    def forget(self) -> None:
        httpx.delete(f"{self.panel}/requests", trust_env=False)

    @contextmanager
    def fault(self, route: str, kind: str, **more: Any) -> Iterator[None]:
        fault = {"route": route, "kind": kind, "times": -1, **more}
        httpx.post(f"{self.panel}/faults", json=fault, trust_env=False).raise_for_status()
        yield
        httpx.delete(f"{self.panel}/faults", trust_env=False)

    @contextmanager
    def clock(self, **change: Any) -> Iterator[None]:
        httpx.post(f"{self.panel}/clock", json=change, trust_env=False).raise_for_status()
        yield
        httpx.delete(f"{self.panel}/clock", trust_env=False)


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
    environment = bare(PORT=str(port), SANDBOX_PORT=str(sandbox_port), **{"ORRERY_LAME_DUCK": "0"} | settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--sandbox"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,
    )
    found = Running(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}", process)
    try:
        _await(process, found.url)
        yield found
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _await(process: "subprocess.Popen[str]", url: str) -> None:
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        assert process.poll() is None, "the service did not start"
        try:
            httpx.get(f"{url}/readyz", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            continue
        return
    raise AssertionError("the service does not answer")
