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


def below(root: int) -> set[int]:
    """The process and all that it started, and those that these started."""
    parents = {pid: parent for pid, (_, parent) in _processes().items()}
    found, more = set[int](), {root} & parents.keys()
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in found} - found
    return found


def rests(pid: int) -> bool:
    """Whether somebody has stopped it, or it is no more."""
    return _processes().get(pid, ("T", 0))[0] in "TZX"


@contextmanager
def stopped(root: int) -> Iterator[None]:
    """None of these processes runs until the block ends. What was stopped before, as by a test, stays so after it."""
    running = {pid for pid in below(root) if not rests(pid)}
    try:
        _tell(running, signal.SIGSTOP)
        yield
    finally:
        _tell(running, signal.SIGCONT)


def _processes() -> dict[int, tuple[str, int]]:
    """The state of each process and who started it."""
    found = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            state, parent = each.read_text().rpartition(")")[2].split()[:2]
            found[int(each.parent.name)] = state, int(parent)
    return found


def _tell(pids: set[int], what: signal.Signals) -> None:
    for pid in pids:
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
