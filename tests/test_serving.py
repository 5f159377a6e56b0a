"""The process: it stops what it started, shares no port with strangers, and writes nothing at start."""

import socket
import subprocess
import sys

import httpx
import pytest

from tests.running import ROOT, bare, free_port, running

# Starts the service under an audit hook that collects every file opened for writing.
WATCHED = """
import sys, asyncio
written = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        written.append(arguments[0])
sys.addaudithook(watch)
from app.main import create_app
from app.settings import read
app = create_app(read())
async def start():
    async with app.router.lifespan_context(app):
        pass
asyncio.run(start())
print(written)
"""


def listens(url: str) -> bool:
    port = int(url.rpartition(":")[2])
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


def test_when_it_is_stopped_its_sandbox_stops_too() -> None:
    with running() as orrery:
        assert listens(orrery.url)
        assert listens(orrery.sandbox)

    assert not listens(orrery.url)
    assert not listens(orrery.sandbox)


@pytest.mark.parametrize(("told", "plan"), [({}, "live"), ({"SANDBOX_RATE_PLAN": "trial"}, "trial")])
def test_its_sandbox_keeps_the_rate_limits_that_it_was_told(told: dict[str, str], plan: str) -> None:
    with running(**told) as orrery:
        assert httpx.get(f"{orrery.panel}/limits", trust_env=False).json()["plan"] == plan


@pytest.mark.parametrize("taken", ["PORT", "SANDBOX_PORT"])
def test_a_port_that_is_taken_stops_the_start(taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = str(stranger.getsockname()[1])
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())} | {taken: port}
        command = [sys.executable, "-m", "app", "serve", "--sandbox"]
        done = subprocess.run(command, cwd=ROOT, env=bare(**ports), capture_output=True, text=True, check=False)

    assert done.returncode == 78
    assert done.stderr.startswith(f"orrery: {taken}: cannot listen on 127.0.0.1 port {port}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("marker", ["", "open('/dev/null', 'w').close()"])
def test_nothing_is_written_at_start(marker: str) -> None:
    environment = bare(ORB_API_KEY="key", ORRERY_VIEWER_SECRET="3f9c0a51b2e87d64" * 2)
    script = WATCHED.replace("asyncio.run(start())", f"asyncio.run(start())\n{marker}")
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert (done.stdout.strip() == "[]") is (marker == "")
