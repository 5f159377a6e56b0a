"""Who leaves first: what is seen first, and no customer twice before all others once."""

import pytest

from app.budget.line import Line, Priority


def drained(line: Line[str]) -> list[str]:
    return [line.next() for _ in range(len(line))]


def test_first_paint_goes_before_refresh_before_late_cards_before_the_background() -> None:
    line: Line[str] = Line()
    for priority in reversed(Priority):
        line.join(priority.name, priority, "borealis")

    assert drained(line) == ["FIRST_PAINT", "REFRESH", "LATE", "BACKGROUND"]


def test_customers_take_turns_however_many_calls_one_of_them_has() -> None:
    line: Line[str] = Line()
    for n in range(100):
        line.join(f"hog {n}", Priority.FIRST_PAINT, "hog")
    for name in ("a", "b", "c"):
        line.join(name, Priority.FIRST_PAINT, name)

    assert [line.next() for _ in range(5)] == ["hog 0", "a", "b", "c", "hog 1"]


def test_the_calls_of_one_customer_leave_in_their_order() -> None:
    line: Line[str] = Line()
    for n in range(5):
        line.join(str(n), Priority.LATE, "borealis")

    assert drained(line) == ["0", "1", "2", "3", "4"]


def test_who_gives_up_is_passed_over_and_forgotten() -> None:
    line: Line[str] = Line()
    line.join("first", Priority.LATE, "a")
    line.join("second", Priority.LATE, "b")
    line.drop("first", Priority.LATE, "a")

    assert drained(line) == ["second"]
    assert len(line) == 0


def test_nobody_is_next_where_nobody_waits() -> None:
    with pytest.raises(StopIteration):
        Line[str]().next()
