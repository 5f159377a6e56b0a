"""A real Redis that can be stopped, hung, filled and emptied."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis

from tests.running import free_port

_OPTIONS = ("--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--loglevel", "warning")


class RealRedis:
    """One server on a port of its own, without anything on disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        path = shutil.which("redis-server")
        if path is None:
            say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            say("what several processes share needs Redis: apt-get install redis-server")
        self._process = subprocess.Popen([path, "--port", str(self.port), *_OPTIONS], stdout=subprocess.DEVNULL)
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
        raise AssertionError("Redis does not start")

    def stop(self) -> None:
        if self._process is not None:
            self.go_on()
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """It takes connections, and never answers."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def empty(self) -> None:
        self.ask("FLUSHALL")

    def ask(self, *command: Any) -> Any:
        with redis.Redis(port=self.port) as client:
            return client.execute_command(*command)

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(which)


@contextmanager
def real_redis() -> Iterator[RealRedis]:
    found = RealRedis()
    found.start()
    try:
        yield found
    finally:
        found.stop()
