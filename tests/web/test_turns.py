"""Whose turn it is to run a query."""

import pytest

from app.web.turns import NotYet, Turns


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(turns: Turns, customer: str = "a") -> tuple[str, int]:
    with pytest.raises(NotYet) as refused, turns.turn(customer):
        pass
    return refused.value.code, refused.value.retry_after


def take(turns: Turns, customer: str = "a") -> None:
    with turns.turn(customer):
        pass


def test_one_at_a_time_for_each_customer() -> None:
    turns = Turns(Seconds())

    with turns.turn("a"), turns.turn("b"):
        assert refusal(turns, "a") == ("busy", 1)
    take(turns, "a")


def test_six_in_any_minute_however_it_is_cut() -> None:
    clock = Seconds()
    turns = Turns(clock)
    for _ in range(6):
        take(turns)
        clock.now += 5

    assert refusal(turns) == ("too_many", 30)
    clock.now += 29.5
    assert refusal(turns) == ("too_many", 1)
    clock.now += 0.5
    take(turns)
    assert refusal(turns) == ("too_many", 5)
    take(turns, "b")


def test_a_turn_is_over_however_it_ends() -> None:
    turns = Turns(Seconds())
    with pytest.raises(RuntimeError), turns.turn("a"):
        raise RuntimeError

    take(turns)


def test_a_refusal_counts_for_nothing() -> None:
    clock = Seconds()
    turns = Turns(clock, most=1)
    take(turns)
    clock.now += 50
    refusal(turns)
    clock.now += 10

    take(turns)


def test_a_clock_that_was_turned_back_locks_nobody_out() -> None:
    clock = Seconds()
    turns = Turns(clock, most=1)
    take(turns)
    clock.now -= 100

    take(turns)


def test_only_so_many_customers_are_remembered_and_none_that_runs_is_forgotten() -> None:
    clock = Seconds()
    turns = Turns(clock, most=1, customers=3)

    with turns.turn("first"):
        for n in range(50):
            take(turns, str(n))
        assert len(turns._known) == 3
        assert refusal(turns, "first") == ("busy", 1)
        assert refusal(turns, "49") == ("too_many", 60)
        clock.now += 60
        take(turns, "another")
        assert set(turns._known) == {"first", "another"}
