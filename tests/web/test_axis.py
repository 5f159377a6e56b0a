"""The names along a chart: which days are written out, where, and from which width of their card on."""

from datetime import date, timedelta

from app.web.axis import Mark, ends, marks

NOVEMBER = [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]


def written(day: date) -> str:
    return f"{day:%b} {day.day}"


def names(found: list[Mark]) -> dict[str, str]:
    """Each name with what shows it."""
    return {each.name: each.kind for each in found}


def test_the_first_day_and_the_last_have_room_before_the_weeks_between() -> None:
    found = names(marks(NOVEMBER, None, written, "Today"))

    assert found == {"Nov 1": "", "Nov 30": "", "Nov 8": "w320", "Nov 15": "", "Nov 22": "w320"}


def test_today_is_always_there_and_what_is_close_to_it_has_room_in_wide_cards_alone() -> None:
    found = names(marks(NOVEMBER, 17, written, "Today"))

    assert found["Today"] == "today"
    assert found["Nov 15"] == "w520"
    assert names(marks(NOVEMBER, 16, written, "Today"))["Nov 15"] == "w860"
    assert "Nov 15" not in names(marks(NOVEMBER, 15, written, "Today"))


def test_the_first_day_is_anchored_left_and_what_is_late_right_so_that_nothing_leaves_the_chart() -> None:
    anchors = {n: marks(NOVEMBER, n, written, "Today") for n in (0, 12, 26, 29)}
    today = {n: next(each for each in found if each.kind == "today") for n, found in anchors.items()}

    assert {n: each.anchor for n, each in today.items()} == {0: "start", 12: "middle", 26: "end", 29: "end"}
    assert (today[0].percent, today[12].percent, today[26].percent, today[29].percent) == (0, 1250 / 30, 90, 100)


def test_a_name_in_wide_signs_takes_more_room_and_a_point_less() -> None:
    def last(name: str) -> str:
        return marks(NOVEMBER, 20, lambda _: name, "Today")[-1].kind

    assert (last("1....."), last("123456"), last("今今今今今今")) == ("", "w320", "w520")


def test_a_year_is_read_in_months() -> None:
    year = [date(2026, 7, 1) + timedelta(days=n) for n in range(365)]
    found = marks(year, None, written, "Today")

    assert [each.name for each in found] == ["Jul 1", "Sep 1", "Nov 1", "Jan 1", "Mar 1", "May 1", "Jun 30"]


def test_a_period_of_one_day_names_it_once() -> None:
    assert names(marks(NOVEMBER[:1], None, written, "Today")) == {"Nov 1": ""}
    assert names(marks(NOVEMBER[:1], 0, written, "Today")) == {"Today": "today"}


def test_a_small_chart_names_its_ends_and_the_last_day_stands_at_its_own_column() -> None:
    few = ends(NOVEMBER[:5], 7, None, written, "Today")

    assert [(each.name, round(each.percent), each.anchor) for each in few] == [
        ("Nov 1", 0, "start"),
        ("Nov 5", 71, "end"),
    ]
    assert names(ends(NOVEMBER[:3], 7, None, written, "Today")) == {"Nov 1": "", "Nov 3": "w260"}
    assert names(ends(NOVEMBER, 30, 19, written, "Today")) == {"Nov 1": "", "Today": "today", "Nov 30": "w260"}
