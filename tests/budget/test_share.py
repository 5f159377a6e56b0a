"""The part of Orb's limits that one of several processes may use."""

import pytest

from app.budget.share import TooManyProcesses, share

LIMITS = {"analytics": 10, "read": 4}


def test_each_process_has_a_part_of_each_limit_and_all_of_them_no_more_than_it() -> None:
    assert [dict(share(LIMITS, processes)) for processes in (1, 3, 4)] == [
        LIMITS,
        {"analytics": 3, "read": 1},
        {"analytics": 2, "read": 1},
    ]


def test_more_processes_than_calls_a_second_are_too_many() -> None:
    with pytest.raises(TooManyProcesses) as refused:
        share(LIMITS, 5)
    assert str(refused.value) == "Orb allows 4 read calls a second, fewer than 5 processes"
