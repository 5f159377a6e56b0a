"""Credits played forward: nothing is lost or made, and who uses more is out of them sooner."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.burn import Lot, about, decimal, play

USES = ("images", "video", "")
START = Fraction(1, 3)

lots = st.lists(
    st.builds(
        Lot,
        st.uuids().map(str),
        st.decimals(0, 1000, places=3, allow_nan=False),
        st.integers(-5, 20),
        st.none() | st.integers(0, 40),
        st.none() | st.frozensets(st.sampled_from(USES)),
    ),
    max_size=6,
)
rates = st.dictionaries(st.sampled_from(USES), st.fractions(0, 100, max_denominator=30))


def lot(name: str, left: int, ends: int | None = None, begins: int = 0, pays: set[str] | None = None) -> Lot:
    return Lot(name, Decimal(left), begins, ends, None if pays is None else frozenset(pays))


@pytest.mark.parametrize(
    ("held", "a_day", "day"),
    [
        ([lot("a", 100)], 10, 10),
        ([lot("a", 105)], 10, 10),
        ([lot("a", 100), lot("b", 50)], 10, 15),
        ([lot("a", 100, ends=3), lot("b", 50)], 10, 8),  # seventy of the first are lost
        ([lot("a", 100), lot("b", 50, begins=10)], 10, 15),
        ([lot("a", 100), lot("b", 50, begins=11)], 10, 10),  # nothing pays on the tenth day
        ([lot("a", 10_000)], 10, None),
        ([lot("a", 100)], 0, None),
        ([], 10, None),
    ],
)
def test_credits_run_out_on_the_first_day_that_nothing_pays_for(held: list[Lot], a_day: int, day: int | None) -> None:
    assert play(held, {"": Fraction(a_day)}, Fraction(0), 365).runs_out == day


def test_what_is_bound_to_a_use_pays_for_that_use_alone() -> None:
    held = [lot("images", 100, pays={"images"}), lot("all", 100)]

    course = play(held, {"images": Fraction(10), "video": Fraction(20)}, Fraction(0), 30)

    assert course.runs_out == 5
    assert [course.fates[name].used for name in ("images", "all")] == [100, 100]
    assert play(held, {"video": Fraction(20)}, Fraction(0), 30).fates["images"].left == 100


def test_what_nothing_pays_for_at_the_start_cannot_run_out() -> None:
    held = [lot("images", 100, pays={"images"})]

    assert play(held, {"images": Fraction(10), "video": Fraction(20)}, Fraction(0), 30).runs_out == 10


def test_a_day_that_is_half_over_uses_half_of_it() -> None:
    assert play([lot("a", 10, ends=1)], {"": Fraction(10)}, Fraction(1, 2), 30).fates["a"].expired == 5


@given(lots, rates)
def test_what_is_used_expires_and_is_left_is_what_there_was(held: list[Lot], a_day: dict[str, Fraction]) -> None:
    course = play(held, a_day, START, 30)

    for each in held:
        fate = course.fates[each.id]
        assert fate.used + fate.expired + fate.left == Fraction(each.left)
        assert min(fate.used, fate.expired, fate.left) >= 0
    most = sum(a_day.values(), Fraction(0)) * (30 - START)
    assert sum(fate.used for fate in course.fates.values()) <= most


@given(lots, rates, st.fractions(1, 5, max_denominator=10))
def test_who_uses_more_is_out_of_credits_no_later(
    held: list[Lot], a_day: dict[str, Fraction], factor: Fraction
) -> None:
    slow = play(held, a_day, START, 60).runs_out
    fast = play(held, {use: rate * factor for use, rate in a_day.items()}, START, 60).runs_out

    assert slow is None or (fast is not None and fast <= slow)


def test_decimals_are_exact_where_they_end_and_estimates_no_sharper_than_they_are() -> None:
    assert str(decimal(Fraction(1, 8))) == "0.125"
    assert str(decimal(Fraction(896, 10))) == "89.6"
    assert str(decimal(Fraction(1, 7))) == "0.14285714285714285714"
    assert str(about(Decimal("1123.4"), 2)) == "1100"
    assert str(about(Decimal("0.04567"), 2)) == "0.046"
    assert str(about(Decimal(10) ** 17 + 1, 3)) == "100000000000000000"
