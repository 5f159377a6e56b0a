"""Thresholds as a figure meets them, rising or falling, and shares of a whole."""

from decimal import Decimal

import pytest

from app.levels import Level, ahead, levels, reached, share


@pytest.mark.parametrize(
    ("stands", "crossed"),
    [(Decimal("99.99"), [False, False]), (Decimal("100.00"), [True, False]), (Decimal("1E+3"), [True, True])],
)
def test_a_rising_figure_crosses_at_the_very_value(stands: Decimal, crossed: list[bool]) -> None:
    assert levels([Decimal(200), Decimal(100)], stands, falling=False) == [
        Level(Decimal(100), crossed[0]),
        Level(Decimal(200), crossed[1]),
    ]


@pytest.mark.parametrize(
    ("stands", "crossed"),
    [(Decimal("200.01"), [False, False]), (Decimal(200), [True, False]), (Decimal("-0.5"), [True, True])],
)
def test_a_falling_figure_meets_the_highest_first(stands: Decimal, crossed: list[bool]) -> None:
    found = levels([Decimal(100), Decimal(200)], stands, falling=True)
    assert [(each.value, each.crossed) for each in found] == [(Decimal(200), crossed[0]), (Decimal(100), crossed[1])]


def test_without_a_figure_nobody_knows_what_is_crossed() -> None:
    found = levels([Decimal(3), Decimal(1), Decimal(1)], None, falling=False)
    assert found == [Level(Decimal(1)), Level(Decimal(3))]
    assert (reached(found), ahead(found)) == (None, None)


def test_the_furthest_crossed_and_the_nearest_to_come_are_told() -> None:
    found = levels([Decimal(1), Decimal(2), Decimal(3), Decimal(4)], Decimal("2.5"), falling=False)
    assert (reached(found), ahead(found)) == (Decimal(2), Decimal(3))
    assert ahead(levels([Decimal(1)], Decimal(1), falling=False)) is None


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [("1", "3", "33.3"), ("2", "3", "66.7"), ("5", "4", "125.0"), ("0", "7", "0.0"), ("-1", "4", "-25.0")],
)
def test_a_share_is_in_percent_to_one_decimal(part: str, whole: str, percent: str) -> None:
    assert share(Decimal(part), Decimal(whole)) == Decimal(percent)


def test_a_share_of_the_widest_amounts_is_told_and_of_nothing_is_none() -> None:
    widest = Decimal("999999999999999999.99999999999999999999")
    assert share(widest, widest) == Decimal("100.0")
    assert share(widest, Decimal("0.00000000000000000001")) is not None
    assert share(Decimal(1), Decimal(0)) is None
    assert share(Decimal(1), Decimal(-1)) is None
