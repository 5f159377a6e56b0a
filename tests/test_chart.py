"""Numbers into geometry: what is drawn is what was counted."""

import random
import re
from decimal import Decimal
from itertools import pairwise
from math import isclose

import pytest

from app.chart import COLUMN, HEIGHT, Plot, bars, line, part, scale, shares, stretches

BAR = re.compile(r"M([0-9.]+) ([0-9.]+)H([0-9.]+)V([0-9.]+)H([0-9.]+)Z")


def drawn(path: str) -> list[tuple[int, float, float]]:
    """The bars of a path: their column, where they begin and where they end, down from the top."""
    found = BAR.findall(path)
    assert "".join(f"M{a} {b}H{c}V{d}H{e}Z" for a, b, c, d, e in found) == path
    for left, _, right, _, back in found:
        assert float(left) < float(right) <= (float(left) // COLUMN + 1) * COLUMN
        assert left == back
    return [(int(float(left) // COLUMN), float(start), float(end)) for left, start, _, end, _ in found]


def level(plot: Plot, value: float) -> float:
    """How far down from the top a value lies, by the gridlines."""
    first, last = plot.ticks[0], plot.ticks[-1]
    slope = (last.percent - first.percent) / (last.value - first.value)
    return HEIGHT * (first.percent + (value - first.value) * slope) / 100


def test_bars_stand_on_each_other_in_the_order_of_the_series() -> None:
    plot = bars([[30, 10], [0, 20]], 5)
    assert [tick.value for tick in plot.ticks] == [0, 10, 20, 30, 40]
    assert (plot.columns, plot.view_box) == (5, "0 0 50 1000")
    assert drawn(plot.paths[0]) == [(0, 1000, 250)]
    assert drawn(plot.paths[1]) == [(0, 250, 0), (1, 1000, 500)]
    assert plot.faint == ("", "")


def test_a_column_that_is_not_over_is_drawn_faint() -> None:
    plot = bars([[4], [2]], 2, frozenset({1}))
    assert [column for column, _, _ in drawn(plot.paths[0])] == [0]
    assert [column for column, _, _ in drawn(plot.faint[0])] == [1]


def test_what_is_below_zero_hangs_from_the_zero_line() -> None:
    plot = bars([[20, -10, -10]], 1)
    zero = level(plot, 0)
    ((_, up_from, up_to),), ((_, first_from, first_to),), ((_, second_from, second_to),) = map(drawn, plot.paths)
    assert up_from == first_from == zero
    assert up_to < zero < first_to == second_from < second_to
    assert (up_to, second_to) == (level(plot, 20), level(plot, -20)) == (0, 1000)


def test_every_bar_is_as_high_as_its_value_and_stays_in_the_box() -> None:
    dice = random.Random(11)
    for _ in range(200):
        series, size = dice.randint(1, 4), 10 ** dice.uniform(-3, 8)
        columns = [[dice.choice((0, 1, 1, -0.3)) * dice.random() * size for _ in range(series)] for _ in range(31)]
        plot = bars(columns, 31)
        span = HEIGHT / (level(plot, 0) - level(plot, 1))
        for n, path in enumerate(plot.paths):
            values = {index: column[n] for index, column in enumerate(columns) if column[n]}
            shown = {index: (start - end) * span / HEIGHT for index, start, end in drawn(path)}
            assert shown.keys() == values.keys()
            assert all(abs(shown[index] - value) <= 0.11 * span / HEIGHT for index, value in values.items())
            assert all(0 <= edge <= HEIGHT for _, start, end in drawn(path) for edge in (start, end))


def test_a_line_rises_from_zero_through_the_end_of_every_column() -> None:
    plot = line([(0, [10, 20, 40])], 30)
    assert plot.paths == ("M0 1000.0L10 750.0L20 500.0L30 0.0",)
    assert (plot.columns, plot.faint) == (30, ("",))


def test_a_new_period_begins_again_at_zero_in_its_own_column() -> None:
    plot = line([(0, [10, 40]), (5, [20])], 30)
    assert plot.paths == ("M0 1000.0L10 750.0L20 0.0", "M50 1000.0L60 500.0")
    assert plot.faint == ("", "")


def test_what_runs_beside_the_lines_has_room_too() -> None:
    plot = line([(0, [10, 20])], 30, [(0, [40, 40])])
    assert plot.paths == ("M0 1000.0L10 750.0L20 500.0",)
    assert plot.beside == "M0 1000.0L10 0.0L20 0.0"


def test_a_level_within_reach_has_room_and_one_far_above_presses_nothing_down() -> None:
    near, far = line([(0, [10, 30])], 30, levels=[20, 37, 400]), line([(0, [10, 30])], 30, levels=[400])
    assert [tick.value for tick in near.ticks] == [0, 10, 20, 30, 40]
    assert [(each.value, each.percent) for each in near.levels] == [(20, 50), (37, pytest.approx(7.5))]
    assert [tick.value for tick in far.ticks] == [tick.value for tick in line([(0, [10, 30])], 30).ticks]
    assert (far.levels, far.paths) == ((), line([(0, [10, 30])], 30).paths)


def test_every_level_lies_where_its_value_would_be_drawn_and_in_the_box() -> None:
    dice = random.Random(3)
    for _ in range(500):
        size = 10 ** dice.uniform(-4, 9)
        run = [dice.uniform(-0.2, 1) * size for _ in range(20)]
        levels = sorted(dice.random() * 3 * size for _ in range(4))
        plot, bare = line([(0, run)], 30, levels=levels), line([(0, run)], 30)
        reach = 1.25 * bare.ticks[-1].value
        assert [each.value for each in plot.levels] == [each for each in levels if each <= reach]
        assert all(0 <= each.percent <= 100 for each in plot.levels)
        for each in plot.levels:
            assert each.percent == pytest.approx(level(plot, each.value) / HEIGHT * 100, abs=1e-6)
        steps = [after.value - tick.value for tick, after in pairwise(plot.ticks)]
        assert len(plot.ticks) <= 9
        assert all(step == pytest.approx(steps[0]) for step in steps)


def test_parts_of_one_bar_lie_behind_each_other_and_fill_it() -> None:
    assert stretches([30, Decimal(10), 0, -5]) == [(0, 75), (75, 25), (100, 0), (100, 0)]
    assert stretches([]) == []
    assert stretches([0]) == [(0, 0)]
    dice = random.Random(8)
    for _ in range(300):
        found = stretches([dice.random() * 10 ** dice.uniform(-3, 9) for _ in range(dice.randint(1, 9))])
        assert sum(width for _, width in found) == pytest.approx(100)
        for (start, width), (after, _) in pairwise(found):
            assert after == pytest.approx(start + width)


def test_former_values_are_a_line_of_steps_that_breaks_where_there_is_none() -> None:
    plot = bars([[20], [10], [10], [0]], 4, former={0: 40, 1: 10, 3: 20})
    assert plot.beside == "M0 0.0H10V750.0H20M30 500.0H40"
    assert drawn(plot.paths[0]) == [(0, 1000, 500), (1, 1000, 750), (2, 1000, 750)]
    assert bars([[20]], 1).beside == ""


def test_bars_of_more_than_two_months_leave_no_gaps() -> None:
    wide, dense = bars([[1]] * 62, 62), bars([[1]] * 63, 63)
    assert wide.paths[0].startswith("M1.6 1000.0H")
    assert dense.paths[0].startswith("M0 1000.0H10V")


def test_a_little_below_zero_takes_no_more_room_than_it_needs() -> None:
    axis = scale(-3.9, 1500)
    assert (axis.values, axis.bottom, axis.top) == ((0, 500, 1000, 1500), -3.9, 1500)
    plot = bars([[1500], [-3.9]], 2)
    (_, (_, start, end)) = drawn(plot.paths[0])
    assert start == pytest.approx(level(plot, 0), abs=0.06)
    assert end == HEIGHT


def test_without_values_there_is_still_an_axis() -> None:
    assert bars([], 30).paths == ()
    assert line([], 30).paths == ("",)
    for plot in (bars([], 0), line([], 0), bars([[]], 0), bars([[0, 0]], 1)):
        assert plot.columns == 1
        assert (plot.ticks[0].percent, plot.ticks[-1].percent) == (100, 0)
        assert not "".join(plot.paths)


def test_gridlines_are_round_evenly_spaced_with_zero_among_them_and_hold_every_value() -> None:
    dice = random.Random(5)
    for _ in range(3_000):
        high, low = dice.random() * 10 ** dice.uniform(-6, 12), -dice.random() * 10 ** dice.uniform(-6, 12)
        low, high = dice.choice(((0, high), (low, 0), (low, high), (high / 2, high), (low, low / 2)))
        axis = scale(low, high)
        values = axis.values
        step = values[1] - values[0]
        assert 0.0 in values
        assert 3 <= len(values) <= 7
        assert axis.bottom <= low + step * 1e-6
        assert values[0] <= low + step / 2
        assert values[-1] == axis.top >= high - step * 1e-6
        assert all(
            isclose(value, n * step, abs_tol=step * 1e-6) for n, value in enumerate(values, values.index(0) * -1)
        )
        assert any(isclose(float(f"{step:e}".partition("e")[0]), size, rel_tol=1e-6) for size in (1, 2, 2.5, 5, 10))


@pytest.mark.parametrize(("low", "high"), [(0, 0.37), (0, 0.7), (0, 0.0003), (-0.3, 0.1), (0, 12), (0, 3062.16)])
def test_a_gridline_has_few_digits_to_write(low: float, high: float) -> None:
    for value in scale(low, high).values:
        assert len(Decimal(repr(value)).normalize().as_tuple().digits) <= 3


def test_the_gridlines_of_a_plot_lie_where_their_values_are_drawn() -> None:
    plot = bars([[30, -10]], 1)
    assert [(tick.value, tick.percent) for tick in plot.ticks] == [
        (-10, 100), (0, 75), (10, 50), (20, 25), (30, 0)
    ]  # fmt: skip


def test_a_share_is_percent_of_the_widest_and_a_crumb_can_still_be_seen() -> None:
    assert shares([200, 50, Decimal("0.001"), 0, -5]) == [100, 25, 0.5, 0, 0]
    assert shares([-1, -2]) == [0, 0]
    assert shares([]) == []


@pytest.mark.parametrize(
    ("amount", "whole", "percent"), [("30", "120", 25), ("0", "1", 0), ("150", "120", 100), ("-1", "9", 0)]
)
def test_the_bar_of_a_part_is_never_wider_than_its_whole(amount: str, whole: str, percent: float) -> None:
    assert part(Decimal(amount), Decimal(whole)) == percent
