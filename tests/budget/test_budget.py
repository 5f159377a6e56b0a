"""Leave to call: within the limit, in order, by a deadline, and none left over when callers leave. In virtual time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from math import inf
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from app.budget.budget import Asker, Budget, alone
from app.budget.line import Priority
from app.budget.pace import Slot
from tests.budget.test_pace import busiest
from tests.virtual import BACKEND

LIMITS = {"analytics": 10, "read": 100}


@pytest.fixture
def anyio_backend() -> Any:
    return BACKEND


class Left:
    """Who left, and when."""

    def __init__(self, budget: Budget, takes: float = 0) -> None:
        self.budget = budget
        self.takes = takes
        self.calls: list[tuple[float, Any]] = []
        self.refused: list[Any] = []

    async def ask(
        self, customer: str, priority: Priority = Priority.FIRST_PAINT, deadline: float = inf, rate: str = "analytics"
    ) -> None:
        async with self.budget.leave(rate, Asker(customer, priority, deadline)) as granted:
            (self.calls if granted else self.refused).append((anyio.current_time(), customer))
            await anyio.sleep(self.takes if granted else 0)


async def test_a_thousand_customers_at_once_never_exceed_the_limit_and_all_leave() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for n in range(1000):
            group.start_soon(left.ask, f"customer {n}")

    times = [time for time, _ in left.calls]
    assert len(times) == 1000
    assert busiest(times, 1.0) == 10
    assert times[-1] < 1000 / 10 * 1.06


async def test_rate_classes_do_not_wait_for_each_other() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for _ in range(40):
            group.start_soon(left.ask, "slow")
        for _ in range(100):
            group.start_soon(left.ask, "quick", Priority.LATE, inf, "read")

    assert Counter(customer for time, customer in left.calls if time == 0) == {"slow": 10, "quick": 100}


async def test_who_comes_when_the_line_is_gone_again_is_served_too() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for began in (0.0, 60.0):
            await anyio.sleep_until(began)
            for _ in range(15):
                group.start_soon(left.ask, "borealis")

    assert [time for time, _ in left.calls] == [0.0] * 10 + [1.05] * 5 + [60.0] * 10 + [61.05] * 5


async def test_first_paint_overtakes_what_waited_before_it() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for _ in range(30):
            group.start_soon(left.ask, "background", Priority.BACKGROUND)
        await anyio.sleep(0.5)
        group.start_soon(left.ask, "person")

    assert left.calls[10] == (1.05, "person")


async def test_a_hog_does_not_keep_others_waiting() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for _ in range(1000):
            group.start_soon(left.ask, "hog")
        await anyio.sleep(0.1)
        for n in range(5):
            group.start_soon(left.ask, f"quiet {n}")

    assert max(time for time, customer in left.calls if customer.startswith("quiet")) == 1.05


async def test_who_is_not_served_by_their_deadline_is_told_so_then() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for _ in range(25):
            group.start_soon(left.ask, "patient")
        for _ in range(10):
            group.start_soon(left.ask, "hurried", Priority.LATE, 2)

    assert Counter(customer for _, customer in left.calls) == {"patient": 25}
    assert left.refused == [(2, "hurried")] * 10


async def test_however_long_answers_take_no_second_can_hold_more_arrivals_than_the_limit() -> None:
    for takes in (0.3, 0.9, 5):
        began = anyio.current_time()
        async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
            left = Left(Budget(alone(LIMITS), tasks), takes)
            for n in range(100):
                group.start_soon(left.ask, f"customer {n}")

        times = [time - began for time, _ in left.calls]
        # A call arrives at the soonest when it leaves, at the latest with its answer, or three seconds after it left.
        late = min(takes, 3)
        assert busiest(times, 1.0 + late) == 10
        assert times[-1] < 10 * (1.06 + late)


async def test_who_waits_for_the_end_of_a_pause_that_comes_too_late_is_told_at_once() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        now = anyio.current_time()
        left.budget.refused("analytics", 60)
        group.start_soon(left.ask, "hurried", Priority.FIRST_PAINT, now + 8)
        group.start_soon(left.ask, "patient")

    assert left.refused == [(now, "hurried")]
    assert left.calls == [(now + 60, "patient")]


async def test_whoever_leaves_the_line_takes_no_turn_from_others() -> None:
    async with anyio.create_task_group() as tasks:
        left = Left(Budget(alone(LIMITS), tasks))
        async with anyio.create_task_group() as group, anyio.create_task_group() as leaving:
            for _ in range(10):
                group.start_soon(left.ask, "first")
            await anyio.lowlevel.checkpoint()
            for _ in range(50):
                leaving.start_soon(left.ask, "leaving")
            await anyio.sleep(0.5)
            leaving.cancel_scope.cancel()
            group.start_soon(left.ask, "last")
        assert left.budget.waiting("analytics") == 0

    assert left.calls[-1] == (1.05, "last")
    assert len(left.calls) == 11


async def test_no_call_leaves_while_orb_asked_for_a_pause() -> None:
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget(alone(LIMITS), tasks))
        for _ in range(30):
            group.start_soon(left.ask, "borealis")
        await anyio.sleep(0.2)
        left.budget.refused("analytics", 7)

    times = [time for time, _ in left.calls]
    assert not [time for time in times if 0.2 < time < 7.2]
    assert busiest([time for time in times if time >= 7.2], 1.0) == 5


class Elsewhere:
    """Leave that is asked for elsewhere: there is none before `opens`, and each answer takes `takes` seconds."""

    paused = 0.0
    allowed = 10

    def __init__(self, opens: float, takes: float, on_leave: Callable[[], object] = lambda: None) -> None:
        self.opens = opens
        self.takes = takes
        self.on_leave = on_leave
        self.given: list[Slot] = []
        self.back: list[Slot] = []
        self.asking = self.most = 0

    async def take(self) -> Slot | float:
        self.asking += 1
        self.most = max(self.most, self.asking)
        await anyio.sleep(self.takes)
        self.asking -= 1
        now = anyio.current_time()
        if now < self.opens:
            return 0.5
        self.on_leave()
        self.given.append(Slot(now))
        return self.given[-1]

    def answered(self, slot: Slot) -> None:
        self.back.append(slot)

    def refused(self, seconds: float) -> None:
        raise NotImplementedError(seconds)


async def test_one_asks_for_leave_on_behalf_of_all_who_wait() -> None:
    turn = Elsewhere(opens=3, takes=0.1)
    async with anyio.create_task_group() as tasks, anyio.create_task_group() as group:
        left = Left(Budget({"analytics": turn}, tasks))
        for n in range(4):
            group.start_soon(left.ask, str(n))
            await anyio.sleep(0.2)

    assert turn.most == 1
    assert [customer for _, customer in left.calls] == ["0", "1", "2", "3"]
    assert turn.back == turn.given


async def test_a_turn_that_comes_when_nobody_waits_any_more_is_given_back() -> None:
    turn = Elsewhere(opens=1, takes=0.6)
    async with anyio.create_task_group() as tasks:
        left = Left(Budget({"analytics": turn}, tasks))
        await left.ask("borealis", deadline=1.0)  # the first answer, no, comes at 0.6, and the second at 1.2

    assert (left.calls, left.refused) == ([], [(1.0, "borealis")])
    assert len(turn.given) == 1
    assert turn.back == turn.given


async def test_a_turn_that_comes_in_the_moment_in_which_its_caller_leaves_is_given_back() -> None:
    loop = asyncio.get_running_loop()
    turn = Elsewhere(opens=1, takes=0.1, on_leave=lambda: loop.call_soon(leaving.cancel))
    async with anyio.create_task_group() as tasks:
        left = Left(Budget({"analytics": turn}, tasks))
        leaving = asyncio.create_task(left.ask("borealis"))
        await asyncio.wait([leaving])

    assert leaving.cancelled()
    assert (left.calls, left.refused, left.budget.waiting("analytics")) == ([], [], 0)
    assert len(turn.given) == 1
    assert turn.back == turn.given
