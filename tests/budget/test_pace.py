"""No second holds more departures than the plan allows, wherever it is cut."""

import random
from bisect import bisect_left

import pytest

from app.budget.pace import Pace, Slot
from app.budget.plan import PLANS


def busiest(times: list[float], seconds: float) -> int:
    """The most departures within any `seconds`, however these are cut."""
    return max((bisect_left(times, time + seconds) - n for n, time in enumerate(times)), default=0)


def arrivals(pace: Pace, until: float, asks: random.Random) -> list[float]:
    """When calls reached Orb that came at random, each as soon as it could, and were answered sooner or later."""
    now, found = 0.0, []
    under_way: list[tuple[float, Slot]] = []
    while now < until:
        now += asks.choice((0, 0, 0, 0.01, 0.2, 1.4))
        now += pace.wait(now)
        for back, slot in [each for each in under_way if each[0] <= now]:
            pace.answered(slot, back)
        under_way = [each for each in under_way if each[0] > now]
        takes = asks.choice((0, 0.01, 0.3, 2))
        under_way.append((now + takes, pace.leave(now)))
        found.append(now + asks.random() * min(takes, 1))
    return sorted(found)


@pytest.mark.parametrize("limit", sorted({limit for plan in PLANS.values() for limit in plan.values()}))
def test_no_second_however_it_is_cut_holds_more_than_the_limit(limit: int) -> None:
    for seed in range(20):
        assert busiest(arrivals(Pace(limit), 60, random.Random(seed)), 1.0) <= limit


def departures(pace: Pace, until: float, now: float = 0.0) -> list[float]:
    """When calls left that were all waiting, and were answered at once."""
    left = []
    while now < until:
        now += pace.wait(now)
        pace.answered(pace.leave(now), now)
        left.append(now)
    return left


def test_what_is_allowed_is_used() -> None:
    left = departures(Pace(10), 105)

    assert len(left) >= 1000
    assert left[:10] == [0.0] * 10


def test_after_a_refusal_none_leaves_for_as_long_as_was_asked() -> None:
    pace = Pace(10)
    pace.answered(pace.leave(0), 0)
    pace.refused(0, 7)

    assert pace.wait(0) == 7
    assert pace.wait(6.5) == pytest.approx(0.5)
    assert pace.wait(7) == 0


def test_a_call_bears_the_name_that_several_processes_know_it_by() -> None:
    assert [Pace(10).leave(0, "a").name, Pace(10).leave(0).name] == ["a", ""]


def test_a_call_has_to_be_sent_within_two_seconds_of_when_its_leave_began_to_count() -> None:
    assert [Pace(10).leave(7).by, Pace(10).leave(7, "a", 4).by, Pace(10).leave(7, "a", 0).by] == [9, 6, 2]


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    pace = Pace(10)
    pace.refused(0, 30)
    pace.refused(1, 1)

    assert pace.wait(1) == 29


def test_a_pause_of_which_another_process_was_told_is_kept_and_never_cut_short() -> None:
    pace = Pace(10)
    pace.pause(30)
    pace.pause(20)

    assert (pace.wait(1), pace.paused) == (29, 30)


def test_after_a_refusal_half_as_many_leave_and_a_tenth_more_every_ten_seconds() -> None:
    pace = Pace(100)
    pace.refused(0, 5)

    assert [pace.allowed(now) for now in (5, 14, 15, 25, 55, 1000)] == [50, 50, 60, 70, 100, 100]


def test_a_small_limit_recovers_by_one_whole_call_at_a_time() -> None:
    pace = Pace(15)
    pace.refused(0, 5)

    assert [pace.allowed(now) for now in (5, 15, 25, 1000)] == [7, 8, 9, 15]


def test_a_call_counts_until_a_second_after_its_answer_and_no_longer() -> None:
    pace = Pace(10)
    pace.answered(pace.leave(0), 2)

    assert [pace.taken(now) for now in (3.04, 3.05)] == [1, 0]


@pytest.mark.parametrize(("limit", "parts", "at_once"), [(10, 1, 10), (10, 4, 2), (2, 5, 1)])
def test_who_shares_a_limit_unknowing_has_a_part_of_it_and_one_call_at_least(
    limit: int, parts: int, at_once: int
) -> None:
    pace, left = Pace(limit), 0
    while pace.wait(0, parts) == 0:
        pace.leave(0)
        left += 1

    assert left == at_once
    assert pace.wait(0, parts) == pytest.approx(4.05)


def test_the_calls_of_others_leave_room_for_fewer() -> None:
    pace = Pace(10)
    assert pace.wait(0, others=9) == 0
    pace.leave(0)
    assert pace.wait(0, others=9) == pytest.approx(4.05)
    assert pace.wait(0, others=8) == 0
    assert [pace.wait(0, others=others) for others in (10, 11)] == [0.1, 0.1]
    pace.pause(30)
    assert pace.wait(1, others=10) == 29


def test_refusals_that_go_on_leave_one_call_at_least() -> None:
    pace = Pace(10)
    for n in range(10):
        pace.refused(n, 1)

    assert pace.allowed(11) == 1
    assert Pace(1).allowed(0) == 1


def test_fewer_leave_in_every_second_while_the_limit_recovers() -> None:
    pace = Pace(10)
    pace.refused(0, 1)

    assert busiest(departures(pace, 10, 1.0), 1.0) == 5
