"""Several processes on one port: one that dies is replaced, a stop reaches all, and none outlives the others' guard."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.budget.plan import PLANS
from app.budget.share import TooManyProcesses, share
from app.serving.workers import pause
from tests.running import ROOT, bare
from tests.serving.probe import Probe, status
from tests.serving.service import SECRET, Service, service


def workers(orrery: Service) -> set[int]:
    listed = Path(f"/proc/{orrery.process.pid}/task/{orrery.process.pid}/children").read_text().split()
    return {int(each) for each in listed}


def serving(process: int) -> bool:
    """Whether it lives, and is one of ours: numbers are given again."""
    return Path(f"/proc/{process}").exists() and b"--listener" in Path(f"/proc/{process}/cmdline").read_bytes()


def until(true: object, within: float) -> float:
    """After how long it is true."""
    assert callable(true)
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < within
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_process_that_is_killed_is_replaced_and_the_other_answers_meanwhile() -> None:
    with service(ORRERY_WORKERS="2", ORRERY_LAME_DUCK="0") as orrery:
        before = workers(orrery)
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        lost = 0

        def is_replaced() -> bool:
            nonlocal lost
            lost += status(orrery.exchange()) != 200
            return len(workers(orrery) - {min(before)}) == 2

        until(is_replaced, within=60)
        assert lost <= 1
        after = workers(orrery)
        assert len(after - before) == 1
        os.kill(max(before), signal.SIGKILL)
        assert status(orrery.exchange()) == 200  # by the one that came

        orrery.process.send_signal(signal.SIGTERM)
        assert orrery.process.wait(20) == 143
        assert not any(serving(each) for each in after)


def test_a_stop_of_all_answers_what_runs_while_nobody_waits_in_line_for_nothing() -> None:
    with service(ORRERY_WORKERS="3", ORRERY_LAME_DUCK="60", ORRERY_PATIENCE="60") as orrery, orrery.asked() as slow:
        orrery.process.send_signal(signal.SIGTERM)
        until(lambda: not orrery.is_ready(), within=25)
        orrery.process.send_signal(signal.SIGTERM)
        until(lambda: refused(orrery), within=25)  # one of them may still be starting
        assert orrery.process.poll() is None
        orrery.orb.close()
        assert b"connection: close" in slow.answer()
        assert orrery.process.wait(20) == 143


def test_a_process_that_comes_to_both_signals_at_once_leaves_like_the_others() -> None:
    with service(ORRERY_WORKERS="2", ORRERY_LAME_DUCK="60") as orrery:
        late, other = workers(orrery)
        with still(other):
            assert status(orrery.exchange()) == 200  # so it has started
        with still(late):
            assert status(orrery.exchange()) == 200
            orrery.told(signal.SIGTERM)
            orrery.process.send_signal(signal.SIGTERM)
            until(lambda: not serving(other), within=60)
        assert orrery.process.wait(20) == 143


@contextmanager
def still(process: int) -> Iterator[None]:
    """Nothing moves in that process within the block."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def refused(orrery: Service) -> bool:
    try:
        Probe(orrery.port).socket.close()
    except ConnectionError:
        return True
    return False


def test_nobody_serves_on_when_the_one_that_watches_is_gone() -> None:
    with service(ORRERY_WORKERS="2") as orrery:
        found = workers(orrery)
        assert status(orrery.exchange()) == 200
        orrery.process.kill()
        until(lambda: not any(serving(each) for each in found), within=30)


def test_one_that_dies_at_once_is_started_again_after_longer_and_longer_pauses() -> None:
    waited, pauses = 0.0, []
    for _ in range(8):
        waited = pause(waited, lived=0.1)
        pauses.append(waited)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert pause(30, lived=60) == 0


@pytest.mark.parametrize(("plan", "most"), [("live", 10), ("test", 5), ("trial", 1)])
def test_together_processes_never_use_more_than_orb_allows(plan: str, most: int) -> None:
    limits = PLANS[plan]
    for processes in range(1, most + 1):
        part = share(limits, processes)
        assert all(1 <= part[rate] * processes <= limit for rate, limit in limits.items())
    with pytest.raises(TooManyProcesses):
        share(limits, most + 1)


def test_more_processes_than_orb_allows_calls_stop_the_start() -> None:
    settings = {"ORB_API_KEY": "key", "ORRERY_VIEWER_SECRET": SECRET, "ORB_RATE_PLAN": "test", "ORRERY_WORKERS": "6"}
    command = [sys.executable, "-m", "app", "serve"]
    done = subprocess.run(command, cwd=ROOT, env=bare(**settings), capture_output=True, text=True, check=False)
    expected = "orrery: ORRERY_WORKERS: Orb allows 5 analytics calls a second, fewer than 6 processes\n"
    assert (done.returncode, done.stderr) == (78, expected)
