"""When Orb is left alone, and when it is asked again."""

import pytest

from app.budget.breaker import Breaker


def told(calls: str, start: float = 0.0, apart: float = 0.1) -> Breaker:
    """A breaker after those calls: `+` was answered, `-` was not."""
    breaker = Breaker()
    for n, call in enumerate(calls):
        breaker.tell(start + n * apart, good=call == "+")
    return breaker


def test_fewer_than_twenty_calls_tell_nothing() -> None:
    assert told("-" * 19).allows(2)
    assert not told("-" * 20).allows(2)


def test_half_of_the_calls_is_too_many() -> None:
    assert not told("+-" * 10).allows(2)
    assert told("+" + "+-" * 10).allows(2.5)


@pytest.mark.parametrize("now", [10, 11.9])
def test_calls_of_ten_seconds_ago_and_longer_do_not_count(now: float) -> None:
    breaker = told("-" * 19)
    breaker.tell(now, good=False)

    assert breaker.allows(now)


def test_failures_of_long_ago_do_not_add_up_with_those_of_now() -> None:
    breaker = told("-" * 15)
    for n in range(20):
        breaker.tell(20 + n / 10, good=n % 2 == 0 or n == 1)
    assert breaker.closed
    breaker.tell(22, good=False)
    breaker.tell(22.1, good=False)
    assert not breaker.closed


def test_failures_from_before_it_opened_are_forgotten_once_it_is_closed() -> None:
    breaker = told("-" * 20)
    for _ in range(3):
        breaker.allows(10)
        breaker.tell(10, good=True)
    for n in range(20):
        breaker.tell(11 + n / 10, good=n % 2 == 0 or n == 1)
    assert breaker.closed


def test_after_five_seconds_three_probes_go_and_no_more() -> None:
    breaker = told("-" * 20)
    opened = 1.9

    assert not breaker.allows(opened + 4.9)
    assert [breaker.allows(opened + 5.1) for _ in range(4)] == [True, True, True, False]


def test_three_good_probes_close_it() -> None:
    breaker = told("-" * 20)
    for _ in range(3):
        assert not breaker.closed
        assert breaker.allows(10)
        breaker.tell(10, good=True)

    assert breaker.closed
    assert all(breaker.allows(10) for _ in range(100))


def test_one_bad_probe_opens_it_for_another_five_seconds() -> None:
    breaker = told("-" * 20)
    assert breaker.allows(10)
    assert breaker.allows(10)
    breaker.tell(10.5, good=False)
    breaker.tell(10.6, good=True)  # the other probe comes back too late to count

    assert not breaker.allows(15.4)
    assert breaker.allows(15.6)


def test_a_probe_that_never_went_out_leaves_its_place_to_another() -> None:
    breaker = told("-" * 20)
    for _ in range(10):
        assert breaker.allows(10)
        breaker.tell(10, good=None)

    assert not breaker.closed
    assert breaker.allows(10)


def test_a_probe_that_never_went_out_leaves_the_places_of_the_others_taken() -> None:
    breaker = told("-" * 20)
    assert all(breaker.allows(10) for _ in range(3))
    breaker.tell(10, good=None)

    assert [breaker.allows(10) for _ in range(2)] == [True, False]


def test_what_nobody_can_tell_counts_for_nothing() -> None:
    breaker = told("-" * 19)
    for _ in range(100):
        breaker.tell(2, good=None)

    assert breaker.allows(2)


def test_a_call_that_left_before_it_opened_is_no_probe() -> None:
    breaker = told("-" * 20)
    breaker.tell(2, good=True)

    assert not breaker.closed
    assert [breaker.allows(7) for _ in range(4)] == [True, True, True, False]
