"""The pauses that tests are tried under: they stop whatever a run has started, and leave it as it was."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pauses import children, rests, stopped
from tests.running import ROOT

# One that starts another, says which, and waits.
PARENT = "import subprocess; each = subprocess.Popen(['sleep', '60']); print(each.pid, flush=True); each.wait()"


@pytest.fixture
def parent() -> Iterator["subprocess.Popen[str]"]:
    found = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, process_group=0)
    yield found
    os.killpg(found.pid, signal.SIGKILL)
    found.communicate()


def child(parent: "subprocess.Popen[str]") -> int:
    assert parent.stdout is not None
    return int(parent.stdout.readline())


def soon(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_a_pause_stops_all_that_was_started_and_lets_it_go_on(parent: "subprocess.Popen[str]") -> None:
    started = child(parent)
    assert children(parent.pid) == [started]
    with stopped(parent.pid):
        soon(lambda: rests(parent.pid) and rests(started))
        assert not rests(os.getpid())
    soon(lambda: not rests(parent.pid) and not rests(started))


def test_what_a_test_has_stopped_itself_stays_so(parent: "subprocess.Popen[str]") -> None:
    started = child(parent)
    os.kill(started, signal.SIGSTOP)
    soon(lambda: rests(started))
    with stopped(parent.pid):
        soon(lambda: rests(parent.pid))
    soon(lambda: not rests(parent.pid))
    assert rests(started)


# One that stops another for ten milliseconds, again and again, and ends badly when that one runs meanwhile.
STOPPING = """
import os, pathlib, signal, subprocess, sys, time
each = subprocess.Popen(['sleep', '60'])
state = pathlib.Path(f'/proc/{each.pid}/stat')
ran = 0
for _ in range(30):
    each.send_signal(signal.SIGSTOP)
    looks = [state.read_text().rpartition(')')[2].split()[0] for _ in range(10) if not time.sleep(0.001)]
    ran += 'T' in looks and looks[-1] != 'T'
    each.send_signal(signal.SIGCONT)
    time.sleep(0.01)
each.kill()
sys.exit(ran > 0)
"""


def test_what_a_test_stops_as_a_pause_begins_stays_so_too() -> None:
    stopping = subprocess.Popen([sys.executable, "-c", STOPPING])
    while stopping.poll() is None:
        with stopped(stopping.pid):
            time.sleep(0.002)
    assert stopping.returncode == 0


@pytest.mark.parametrize(("body", "code"), [("assert True", 0), ("assert False", 1)])
def test_the_outcome_is_that_of_the_tests(tmp_path: Path, body: str, code: int) -> None:
    (tmp_path / "test_one.py").write_text(f"def test_one() -> None:\n    {body}\n")
    told = {**os.environ, "PAUSES": "0.2 0.1"}
    order = [sys.executable, "-m", "tests.pauses", "-p", "no:cacheprovider", "-q", str(tmp_path)]
    assert subprocess.run(order, cwd=ROOT, env=told, capture_output=True, check=False).returncode == code
