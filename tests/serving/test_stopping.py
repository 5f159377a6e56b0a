"""Told to stop, the service says so first, answers who still comes, lets what runs end, and only then ends."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.running import ROOT, Running, bare, free_port, running
from tests.serving.probe import LAST, REQUEST, Probe, status

SOUND = {"ORB_API_KEY": "key", "ORRERY_VIEWER_SECRET": "3f9c0a51b2e87d64" * 2, "ORB_BASE_URL": "http://127.0.0.1:9/v1"}


def port(orrery: Running) -> int:
    return int(orrery.url.rpartition(":")[2])


def exchange(orrery: Running, data: bytes = REQUEST) -> bytes:
    with Probe(port(orrery)) as probe:
        probe.send(data)
        return probe.answer(until=b"\r\n\r\n")


@contextmanager
def asked(orrery: Running, seconds: float) -> Iterator[Probe]:
    """A dashboard that takes so long, just asked for."""
    slow = {"route": "*", "kind": "slow", "times": -1, "seconds": seconds}
    httpx.post(f"{orrery.panel}/faults", json=slow, trust_env=False).raise_for_status()
    orrery.forget()
    with Probe(port(orrery)) as probe:
        token = orrery.token("northwind")
        head = f"GET /api/dashboard HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        probe.send(head.encode())
        while not orrery.requests():
            pass
        yield probe


def whole(answer: bytes) -> bool:
    return status(answer) == 200 and b"connection: close" in answer and b'"complete":true' in answer


def ends(process: "subprocess.Popen[str]", within: float = 10) -> int:
    return process.wait(within)


def test_sigterm_lets_balancers_know_answers_who_comes_and_ends_after_the_last_answer() -> None:
    with running(ORRERY_LAME_DUCK="1") as orrery, asked(orrery, seconds=1) as slow:
        began = time.monotonic()
        orrery.process.send_signal(signal.SIGTERM)
        while status(exchange(orrery, REQUEST.replace(b"livez", b"readyz"))) == 200:
            assert time.monotonic() - began < 0.3

        page = exchange(orrery)
        assert (status(page), b"connection: close" in page) == (200, True)
        assert whole(slow.answer())
        assert time.monotonic() - began > 1.5
        assert ends(orrery.process) == 143
        with pytest.raises(ConnectionError):
            Probe(port(orrery))


def test_connections_that_are_open_are_closed_after_their_next_answer() -> None:
    with running(ORRERY_LAME_DUCK="10") as orrery, Probe(port(orrery)) as probe:
        probe.send(REQUEST)
        assert b"connection: close" not in probe.answer(until=b"ok")
        orrery.process.send_signal(signal.SIGTERM)
        while status(exchange(orrery, REQUEST.replace(b"livez", b"readyz"))) == 200:
            pass
        probe.send(REQUEST)
        assert b"connection: close" in probe.answer()
        orrery.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_skips_the_lame_duck_and_lets_answers_end(second: signal.Signals) -> None:
    with running(ORRERY_LAME_DUCK="60") as orrery, asked(orrery, seconds=0.5) as slow:
        orrery.process.send_signal(signal.SIGTERM)
        while status(exchange(orrery, REQUEST.replace(b"livez", b"readyz"))) == 200:
            pass
        orrery.process.send_signal(second)
        assert whole(slow.answer())
        assert ends(orrery.process) == 143


def test_ctrl_c_in_a_terminal_has_no_lame_duck_and_lets_answers_end() -> None:
    with running(ORRERY_LAME_DUCK="60") as orrery, asked(orrery, seconds=0.5) as slow:
        os.killpg(orrery.process.pid, signal.SIGINT)
        assert whole(slow.answer())
        assert ends(orrery.process) == 130


@contextmanager
def with_an_account(**settings: str) -> Iterator["tuple[subprocess.Popen[bytes], int]"]:
    """`serve` for an account whose Orb does not answer."""
    number = free_port()
    environment = bare(PORT=str(number), **SOUND | settings)
    process = subprocess.Popen([sys.executable, "-m", "app", "serve"], cwd=ROOT, env=environment)
    try:
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{number}/readyz", trust_env=False).raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None
        yield process, number
    finally:
        process.kill()
        process.wait()


def test_it_is_ready_without_orb_and_ends_by_the_signal() -> None:
    with with_an_account(ORRERY_LAME_DUCK="0") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM


def test_without_a_free_file_it_waits_for_one_and_answers_again() -> None:
    with with_an_account() as (process, number):
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (64, 64))
        held = [Probe(number) for _ in range(90)]
        before = cpu(process.pid)
        assert not held[0].is_closed(within=1)
        assert cpu(process.pid) - before < 0.5

        for each in held:
            each.socket.close()
        with Probe(number) as probe:
            probe.send(LAST)
            assert status(probe.answer()) == 200
        assert process.poll() is None


def test_three_hundred_slow_clients_hold_nobody_up_and_are_gone_in_ten_seconds() -> None:
    """P23, on the limits that are in force."""
    with running(ORRERY_LAME_DUCK="0") as orrery:
        quiet = sorted(took(orrery) for _ in range(100))
        slow = [Probe(port(orrery), source=f"127.0.0.{2 + each % 4}") for each in range(300)]
        for number, each in enumerate(slow):
            each.send([b"", b"GET / HT", REQUEST[:-2], b"POST /session HTTP/1.1\r\nHost: localhost\r\n"
                       b"Content-Length: 9\r\n\r\nabc"][number % 4])  # fmt: skip
        with ThreadPoolExecutor(1) as aside:
            crowded = aside.submit(lambda: sorted(took(orrery) for _ in range(300)))
            assert [each for each in slow if each.is_closed(within=0.001)] == []
            assert crowded.result()[297] < max(0.1, 3 * quiet[98])
        assert [
            each for each in slow if not each.is_closed(within=max(0.01, each.began + 10.5 - time.monotonic()))
        ] == []
        assert min(time.monotonic() - each.began for each in slow) > 9.5
        for each in slow:
            each.socket.close()


def took(orrery: Running) -> float:
    began = time.monotonic()
    assert status(exchange(orrery, LAST)) == 200
    return time.monotonic() - began


def cpu(process: int) -> float:
    """Seconds that a process has computed for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
