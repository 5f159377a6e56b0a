"""A machine that pauses: `python -m tests.pauses` runs pytest and stops all of its processes, again and again.

A test that fails under it judges the machine, not the code. It is given pytest's arguments; `PAUSES`, two numbers of
seconds, says after how long a pause comes on average, and how long one takes at most. Linux alone.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_EVERY, _LONGEST = 2.0, 0.5  # seconds
_SHORTEST = 0.1


def children(pid: int) -> list[int]:
    """What a process has started."""
    found: list[int] = []
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            found += map(int, each.read_text().split())
    return found


def rests(pid: int) -> bool:
    """Whether somebody has stopped it, or is about to, or it is no more."""
    try:
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        return True
    return status["State"][0] in "TZX" or bool(int(status["ShdPnd"], 16) >> (signal.SIGSTOP - 1) & 1)


@contextmanager
def stopped(root: int) -> Iterator[None]:
    """Nothing of a process, and of what it started, runs until the block ends. What was stopped before, as by a test,
    stays so after it: whoever might stop or start something comes first."""
    held: list[int] = []
    try:
        left = [root]
        while left:
            pid = left.pop(0)
            if not rests(pid):
                held.append(pid)
                _tell(pid, signal.SIGSTOP)
                _await(pid)
            left += children(pid)
        yield
    finally:
        for pid in reversed(held):
            _tell(pid, signal.SIGCONT)


def _await(pid: int) -> None:
    ends = time.monotonic() + 1
    while not rests(pid) and time.monotonic() < ends:
        time.sleep(0.0005)


def _tell(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, what)


def main(arguments: list[str]) -> int:
    every, longest = map(float, os.environ.get("PAUSES", f"{_EVERY} {_LONGEST}").split())
    chance = random.Random(7)
    tests = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], process_group=0)
    try:
        while tests.poll() is None:
            time.sleep(chance.uniform(0.5, 1.5) * every)
            with stopped(tests.pid):
                time.sleep(chance.uniform(_SHORTEST, longest))
    except KeyboardInterrupt:
        tests.send_signal(signal.SIGINT)
    return tests.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
