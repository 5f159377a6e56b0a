"""Several processes of the service on one socket, and the one that watches over them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from socket import socket

from app import log

_LOOKS_EVERY = 0.1
# A process that ends sooner than this is started again after a pause, which grows.
_SHORT = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_PASSED_ON = (signal.SIGTERM, signal.SIGINT)


def pause(before: float, lived: float) -> float:
    """How long to wait before a process is started again that lived so long, and waited so long the last time."""
    return 0.0 if lived >= _SHORT else min(_LONGEST_PAUSE, max(_FIRST_PAUSE, before * 2))


class Worker:
    """One of the processes, and those that take its place."""

    def __init__(self, command: Sequence[str], listener: socket) -> None:
        self._command = [*command, "--listener", str(listener.fileno()), "--parent", str(os.getpid())]
        self._listener = listener
        self._pause = 0.0
        self._again: float | None = None
        self._start()

    def _start(self) -> None:
        # A group of its own: a terminal's Ctrl-C comes once, through the one that watches.
        self._process = subprocess.Popen(self._command, pass_fds=[self._listener.fileno()], process_group=0)  # noqa: S603
        self._began, self._again = time.monotonic(), None

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def look_after(self) -> None:
        """Starts it again if it has ended and its pause is over."""
        if not self.has_ended():
            return
        now = time.monotonic()
        if self._again is None:
            self._pause = pause(self._pause, now - self._began)
            self._again = now + self._pause
            log.error("worker ended", pid=self._process.pid, code=self._process.returncode, again_in=self._pause)
        if now >= self._again:
            self._start()

    def tell(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def watch_over(command: Sequence[str], listener: socket, count: int) -> int:
    """Keeps so many processes of the command running, which serve that socket (`--listener`), until a signal ends them.

    Every signal is passed on: the first begins their lame duck, the second ends it. Returns the exit code.

    A second SIGTERM goes on as SIGINT, which ends a lame duck too: a process that has not come to the first yet, for
    it is starting or the machine is busy, would take two of one kind for one.
    """
    with _signals() as told:
        workers = [Worker(command, listener) for _ in range(count)]
        passed = 0
        try:
            while not (passed and all(each.has_ended() for each in workers)):
                for number in told[passed:]:
                    second = told[: passed + 1] == [signal.SIGTERM] * 2
                    passed += 1
                    listener.close()  # else those who come after the last process has gone would wait in line
                    for each in workers:
                        each.tell(signal.SIGINT if second else number)
                if not passed:
                    for each in workers:
                        each.look_after()
                time.sleep(_LOOKS_EVERY)
        finally:
            for each in workers:
                each.kill()
    return 128 + told[0]


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals to pass on, as they come."""
    told: list[int] = []
    before = {each: signal.signal(each, lambda number, _: told.append(number)) for each in _PASSED_ON}
    try:
        yield told
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
