"""The sandbox: how soon it starts, how fast it answers, what memory it takes, as it is and with a million events."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.bench.table import heading, row
from tests.running import ROOT

PORT = 8091
CACHED = {"Orb-Cache-Control": "cache"}


def main() -> None:
    """Print a row for each figure with its goal."""
    for events in (0, 1_000_000):
        with sandbox(events) as (process, http, started):
            heading("the sandbox as it is" if not events else f"the sandbox with {events:,} events")
            row("start until the first answer", f"{started:.2f} s", "10 s" if events else "2 s")
            questions = list(live_questions(http))
            first = [timed(http, question) for question in questions]
            live = [timed(http, question) for question in questions]
            cached = [timed(http, question, CACHED) for question in questions]
            row("a live answer, asked for the first time", worst(first), "150 ms")
            row("a live answer, slowest of all", worst(live), "150 ms")
            row("a live answer, median", f"{statistics.median(live) * 1000:.1f} ms")
            row("a cached answer, slowest of all", worst(cached), "20 ms")
            row("resident memory", f"{resident(process):.0f} MB", "400 MB")


def worst(seconds: list[float]) -> str:
    return f"{max(seconds) * 1000:.1f} ms"


@contextmanager
def sandbox(events: int) -> Iterator[tuple["subprocess.Popen[bytes]", httpx.Client, float]]:
    """Run a sandbox without added latency and limits: the process, a client, and the seconds it took to answer."""
    more = ["--events", str(events)] if events else []
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "sandbox", "--latency", "0", *more],
        cwd=ROOT,
        env=os.environ | {"SANDBOX_PORT": str(PORT), "SANDBOX_RATE_PLAN": "off"},
        stdout=subprocess.DEVNULL,
    )
    headers = {"Authorization": "Bearer bench"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", headers=headers, trust_env=False, timeout=60) as http:
            while not answers(http):
                time.sleep(0.01)
            yield process, http, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def answers(http: httpx.Client) -> bool:
    try:
        return http.get("/v1/ping").is_success
    except httpx.HTTPError:
        return False


def live_questions(http: httpx.Client) -> Iterator[tuple[str, dict[str, str]]]:
    """What a first paint asks of every active subscription, but for the grouped costs, which know no cache."""
    listed: list[dict[str, Any]] = http.get("/v1/subscriptions", params={"limit": 100, "status": "active"}).json()[
        "data"
    ]
    for subscription in listed:
        yield "/v1/invoices/upcoming", {"subscription_id": subscription["id"]}
        yield f"/v1/subscriptions/{subscription['id']}/costs", {"view_mode": "periodic"}
        yield f"/v1/customers/{subscription['customer']['id']}/credits/ledger", {"currency": "credits"}


def timed(http: httpx.Client, question: tuple[str, dict[str, str]], headers: dict[str, str] | None = None) -> float:
    path, query = question
    began = time.perf_counter()
    answer = http.get(path, params=query, headers=headers)
    assert answer.status_code in {200, 404}, answer.text  # 404: nothing is pending
    return time.perf_counter() - began


def resident(process: "subprocess.Popen[bytes]") -> float:
    """Read the resident memory of a process in megabytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


if __name__ == "__main__":
    main()
