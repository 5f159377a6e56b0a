"""The clock that tests wait by stands still while the machine does, and goes on with it."""

import signal
import subprocess
import sys
import time

import anyio

_WAITS = """
import asyncio
from tests.unhurried import UnhurriedLoop

async def main():
    loop = asyncio.get_running_loop()
    began = loop.time()
    print("waits", flush=True)
    await asyncio.sleep(0.5)
    print(loop.time() - began, flush=True)

with asyncio.Runner(loop_factory=UnhurriedLoop) as runner:
    runner.run(main())
"""


async def test_waiting_takes_its_time() -> None:
    began, truly = anyio.current_time(), time.monotonic()
    await anyio.sleep(0.3)
    assert 0.3 <= anyio.current_time() - began < 0.4
    assert time.monotonic() - truly >= 0.3


async def test_work_takes_its_time() -> None:
    began, worked = anyio.current_time(), time.thread_time()
    sum(range(3_000_000))
    assert anyio.current_time() - began >= time.thread_time() - worked - 0.001 > 0


async def test_what_is_neither_takes_none() -> None:
    began = anyio.current_time()
    time.sleep(0.5)  # noqa: ASYNC251  the machine has others to serve
    assert anyio.current_time() - began < 0.1


def test_a_pause_of_the_machine_makes_no_wait_longer() -> None:
    with subprocess.Popen([sys.executable, "-c", _WAITS], stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "waits\n"
        waiting.send_signal(signal.SIGSTOP)
        time.sleep(1)
        waiting.send_signal(signal.SIGCONT)
        assert 0.5 <= float(waiting.stdout.readline()) < 0.7
