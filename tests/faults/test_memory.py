"""What is too large never gets large in here: the service as a process of its own, its peak as the kernel counts it."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import pytest

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from tests.faults.front import Front, Strike
from tests.faults.stage import FRESH, codes
from tests.faults.strikes import MEGABYTE, body, many_headers, nested, news, pours, zipped
from tests.faults.table import GZIP, GZIP_TWICE
from tests.running import ROOT, bare, free_port

SECRET = "one-that-only-this-file-knows-1234"
MOST = 64 * 1024  # kB


def hostile() -> dict[str, Strike]:
    bomb = zipped(b" " * 300 * MEGABYTE)
    return {
        "50 MB": pours(50 * MEGABYTE),
        "50 MB without a length": pours(50 * MEGABYTE, length=False),
        "gzip bomb": body(bomb, GZIP),
        "gzip bomb in a gzip": body(zipped(bomb), GZIP_TWICE),
        "one header": many_headers(1, 20 * MEGABYTE),
        "many headers": many_headers(100_000, 100),
        "deep": body(nested(400_000)),
        "empty objects": body(b"[" + b"{}," * 4_000_000 + b"1]"),
        "empty lists": body(b"[" + b"[]," * 349_000 + b"1]"),
        "digits": body(b"9" * 8 * MEGABYTE),
        "digits in vain": news(b"9" * (MEGABYTE - 100_000)),
    }


def peak(process: "subprocess.Popen[bytes]") -> int:
    """The most memory that it ever had, in kB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@asynccontextmanager
async def served(front: Front) -> AsyncIterator[tuple[httpx.AsyncClient, "subprocess.Popen[bytes]"]]:
    """`python -m app serve` before the front, with nothing kept for longer than it has to be."""
    port = free_port()
    environment = bare(
        PORT=str(port),
        ORB_API_KEY="a-key-of-1234",
        ORB_BASE_URL=front.url,
        ORRERY_VIEWER_SECRET=SECRET,
        ORRERY_MAX_AGE="0",
        ORRERY_REFRESH_AGE="0",
        ORRERY_PATIENCE="4",
    )
    process = subprocess.Popen(  # noqa: ASYNC220  it does not wait
        [sys.executable, "-m", "app", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    token = Tokens([Secret(SECRET)]).sign(CustomerRef("external_customer_id", "lumen"))
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=10) as client:
            with anyio.fail_after(20):
                while not await _answers(client):
                    assert process.poll() is None
            yield client, process
    finally:
        process.terminate()
        process.wait(20)


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.TransportError:
        return False


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel does not tell")
async def test_nothing_hostile_takes_more_than_64_mb() -> None:
    front = Front(lambda: datetime.now(UTC), sandbox_at=datetime.now(UTC))
    await front.open()
    async with served(front) as (client, process):
        address = "/api/dashboard?cards=bill,credits,spend,breakdown"
        assert codes((await client.get(address)).json()) == FRESH
        before, found = peak(process), {}
        for name, strike in hostile().items():
            front.strikes("/invoices/upcoming", strike)
            answer = (await client.post("/api/dashboard/refresh?cards=bill")).json()
            found[name] = (front.hits, answer["cards"]["bill"]["stale"], peak(process) - before < MOST)
            front.mend()
        whole = (await client.post("/api/dashboard/refresh?cards=bill")).json()
    await front.close()

    assert len(found) == 11
    assert set(found.values()) == {(1, True, True)}, found
    assert not whole["cards"]["bill"]["stale"]
