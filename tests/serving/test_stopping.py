"""Told to stop, the service says so first, answers who still comes, lets what runs end, and only then ends."""

import os
import resource
import signal
import time
from itertools import cycle
from pathlib import Path

import httpx
import pytest

from tests.running import running
from tests.serving.probe import LAST, REQUEST, Probe, status
from tests.serving.service import dashboard, service


def whole(answer: bytes) -> bool:
    return status(answer) == 200 and b"connection: close" in answer and answer.endswith(b"}")


def test_sigterm_lets_balancers_know_answers_who_comes_and_ends_after_the_last_answer() -> None:
    with service(ORRERY_LAME_DUCK="1", ORRERY_PATIENCE="2") as orrery, orrery.asked() as slow:
        began = time.monotonic()
        orrery.told(signal.SIGTERM)
        page = orrery.exchange()
        assert (status(page), b"connection: close" in page) == (200, True)
        assert whole(slow.answer())
        assert time.monotonic() - began > 1.5
        assert orrery.process.wait(20) == -signal.SIGTERM


def test_until_the_lame_duck_ends_it_takes_connections_and_then_no_more() -> None:
    with service(ORRERY_LAME_DUCK="3") as orrery:
        began = time.monotonic()
        orrery.told(signal.SIGTERM)
        while time.monotonic() - began < 1.5:
            assert status(orrery.exchange()) == 200
        assert orrery.process.wait(20) == -signal.SIGTERM
        assert 2.9 < time.monotonic() - began < 8
        with pytest.raises(ConnectionError):
            orrery.exchange()


def test_connections_that_are_open_are_closed_after_their_next_answer() -> None:
    with service(ORRERY_LAME_DUCK="10") as orrery, Probe(orrery.port) as probe:
        probe.send(REQUEST)
        assert b"connection: close" not in probe.answer(until=b"ok")
        orrery.told(signal.SIGTERM)
        probe.send(REQUEST)
        assert b"connection: close" in probe.answer()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_skips_the_lame_duck_and_lets_answers_end(second: signal.Signals) -> None:
    with service(ORRERY_LAME_DUCK="60") as orrery, orrery.asked() as slow:
        orrery.told(signal.SIGTERM)
        orrery.process.send_signal(second)
        assert whole(slow.answer())
        assert orrery.process.wait(20) == -signal.SIGTERM


def test_ctrl_c_has_no_lame_duck_and_lets_answers_end() -> None:
    with service(ORRERY_LAME_DUCK="60") as orrery, orrery.asked() as slow:
        orrery.process.send_signal(signal.SIGINT)
        assert whole(slow.answer())
        assert orrery.process.wait(20) == 130


def test_ctrl_c_in_a_terminal_leaves_the_sandbox_to_the_answers_under_way() -> None:
    """There it goes to the whole group."""
    with running(ORRERY_LAME_DUCK="60") as orrery:
        slow = {"route": "*", "kind": "slow", "times": -1, "seconds": 0.3}
        httpx.post(f"{orrery.panel}/faults", json=slow, trust_env=False).raise_for_status()
        orrery.forget()
        with Probe(port(orrery.url)) as probe:
            probe.send(dashboard(orrery.token("northwind")))
            while not orrery.requests():
                pass
            os.killpg(orrery.process.pid, signal.SIGINT)
            assert b'"complete":true' in probe.answer()
        assert orrery.process.wait(20) == 130
        for each in (orrery.url, orrery.sandbox):
            with pytest.raises(ConnectionError):
                Probe(port(each))


def test_a_terminal_that_is_closed_leaves_no_sandbox_behind() -> None:
    with running() as orrery:
        os.killpg(orrery.process.pid, signal.SIGHUP)
        assert orrery.process.wait(20) == 130
        with pytest.raises(ConnectionError):
            Probe(port(orrery.sandbox))


def port(url: str) -> int:
    return int(url.rpartition(":")[2])


def test_without_a_free_file_it_waits_for_one_and_answers_again() -> None:
    with service() as orrery:
        resource.prlimit(orrery.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        held = [Probe(orrery.port) for _ in range(90)]
        before = cpu(orrery.process.pid)
        assert not held[0].is_closed(within=1)
        assert cpu(orrery.process.pid) - before < 0.5

        for each in held:
            each.socket.close()
        ends = time.monotonic() + 10
        while status(orrery.exchange()) != 200:
            assert time.monotonic() < ends
        assert orrery.process.poll() is None


SLOW = (
    b"",
    b"GET / HT",
    REQUEST[:-2],
    b"POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
)


def test_three_hundred_slow_clients_hold_nobody_up_and_are_gone_in_ten_seconds() -> None:
    """With the limits that are in force."""
    with service() as orrery:

        def took() -> float:
            began = time.monotonic()
            assert status(orrery.exchange(LAST)) == 200
            return time.monotonic() - began

        alone = sorted(took() for _ in range(99))
        slow = [Probe(orrery.port, source=f"127.0.0.{2 + each % 4}") for each in range(300)]
        for each, data in zip(slow, cycle(SLOW)):
            each.send(data)
        beside = sorted(took() for _ in range(299))
        assert [each for each in slow if each.is_closed(within=0.001)] == []
        assert beside[149] < max(0.1, 3 * alone[49])

        assert not slow[0].is_closed(within=slow[0].began + 9.5 - time.monotonic())
        late = [each for each in slow if not each.is_closed(within=max(0.01, each.began + 13 - time.monotonic()))]
        assert late == []
        for each in slow:
            each.socket.close()


def cpu(process: int) -> float:
    """Seconds that a process has computed for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
