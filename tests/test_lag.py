"""Row 52 of the fault table: what blocks the event loop is seen, and told."""

import time
from collections.abc import Iterator
from io import StringIO

import anyio
import anyio.lowlevel
import pytest

from app.metrics import lag
from tests.figures import Meanwhile, counted
from tests.logged import lines, showing
from tests.whole import whole


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """The log, of a service that looks every hundredth of a second and worries after three tenths."""
    monkeypatch.setattr(lag, "EVERY", 0.01)
    monkeypatch.setattr(lag, "WORRY", 0.3)
    with showing() as stream:
        yield stream


async def looked_at(shown: StringIO, event: str) -> list[dict[str, object]]:
    with anyio.fail_after(5):
        while not (found := lines(shown, event)):
            await anyio.lowlevel.checkpoint()
    return found


async def test_a_blocked_event_loop_is_measured_and_an_operator_hears_of_it(shown: StringIO) -> None:
    with Meanwhile() as rise:
        async with whole():
            await anyio.wait_all_tasks_blocked()
            time.sleep(0.4)  # noqa: ASYNC251  the fault
            (line,) = await looked_at(shown, "event loop blocked")

    assert (line["level"], "request_id" in line) == ("warning", False)
    assert isinstance(line["ms"], int)
    assert 300 < line["ms"] < 5000
    late = rise.of("orrery_loop_lags_seconds_count") - rise.of("orrery_loop_lags_seconds_bucket", le="0.1")
    assert late >= 1


async def test_an_event_loop_that_keeps_up_is_measured_and_says_nothing(
    shown: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "WORRY", 5)
    name = "orrery_loop_lags_seconds_count"
    before = counted().of(name)
    async with whole():
        with anyio.fail_after(5):
            while counted().of(name) < before + 2:
                await anyio.lowlevel.checkpoint()

    assert lines(shown) == []


def test_by_default_it_looks_each_half_second_and_worries_after_one() -> None:
    assert (lag.EVERY, lag.WORRY) == (0.5, 1.0)
