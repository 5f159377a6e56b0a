"""What the parameters of a URL ask for, and which of them are refused."""

from datetime import date

import pytest

from app.query import BadQuery, Query, parse

KEYS = {"workspace_id": "Workspace", "region": "Region"}
WORDS = ("bill", "credits", "spend", "breakdown")


def asked(*pairs: tuple[str, str]) -> Query:
    return parse(pairs, grouping_keys=KEYS, words=WORDS)


def test_nothing_asked_means_the_current_period_grouped_by_the_first_key() -> None:
    assert asked() == Query(group_by="workspace_id", group_label="Workspace")
    assert (asked().view_mode, asked().limit, asked().cards, asked().currency) == ("periodic", 10, (), None)


def test_every_parameter_is_read() -> None:
    query = asked(
        ("timeframe_start", "2026-11-01"),
        ("timeframe_end", "2026-11-08"),
        ("view_mode", "cumulative"),
        ("group_by", "region"),
        ("subscription_id", "sub_4-A"),
        ("currency", "USD"),
        ("cards", "spend,bill"),
        ("limit", "25"),
    )
    assert query == Query(
        timeframe_start=date(2026, 11, 1),
        timeframe_end=date(2026, 11, 8),
        view_mode="cumulative",
        group_by="region",
        group_label="Region",
        grouped=True,
        subscription_id="sub_4-A",
        currency="USD",
        cards=("bill", "spend"),
        limit=25,
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("view_mode", "periodic", "periodic"),
        ("group_by", "workspace_id", "workspace_id"),
        ("subscription_id", "a" * 64, "a" * 64),
        ("currency", "Überstunden", "Überstunden"),
        ("currency", "¤" * 64, "¤" * 64),
        ("cards", "breakdown,credits,breakdown", ("credits", "breakdown")),
        ("cards", ",".join(WORDS), WORDS),
        ("limit", "1", 1),
        ("limit", "100", 100),
    ],
)
def test_a_value_at_the_edge_of_what_is_allowed_is_taken(name: str, text: str, value: object) -> None:
    assert getattr(asked((name, text)), name) == value


@pytest.mark.parametrize("day", ["2000-01-01", "2024-02-29", "2200-12-30"])
def test_a_day_of_the_calendar_is_taken(day: str) -> None:
    query = asked(("timeframe_end", "2200-12-31"), ("timeframe_start", day))
    assert query.timeframe_start == date.fromisoformat(day)


WRONG = {
    "timeframe_start": ["", "soon", "20261101", "2026-W47-5", "2026-11-1", "2026-11-01T00:00:00Z", "２０２６-11-01"],
    "timeframe_end": ["", "2026-02-30", "2026-13-01", "0000-01-01", "1999-12-31", "2201-01-01", "2026-11-01\n"],
    "view_mode": ["", "Periodic", "periodic ", "daily", "periodic,cumulative"],
    "group_by": ["", "Workspace", "region ", "customer_id", "workspace_id,region"],
    "subscription_id": ["", "a/b", "..", "a b", "é", "abc\n", "a" * 65, "a%2Fb", "a?b", "a#b"],
    "currency": ["", "U\nSD", "USD\x00", "\x7f", "x" * 65],
    "cards": ["", "bill,", ",bill", "bill, spend", "Bill", "invoices", "bill;spend"],
    "limit": ["", "0", "101", "-1", "+5", "1.0", "1e1", " 5", "５", "1000", "ten"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_malformed_value_is_refused_and_its_parameter_named(name: str, text: str) -> None:
    with pytest.raises(BadQuery, match=f"^{name} "):
        asked((name, text))


@pytest.mark.parametrize(
    "name", ["", "Limit", "limit ", "limit[]", "customer_id", "cursor", "group_label", "__class__"]
)
def test_an_unknown_parameter_is_refused_and_named(name: str) -> None:
    with pytest.raises(BadQuery) as refused:
        asked((name, "1"))
    assert str(refused.value).startswith(f"{name!r} is not a parameter")
    assert "view_mode" in str(refused.value)


def test_an_unknown_name_is_quoted_on_one_line_and_cut() -> None:
    with pytest.raises(BadQuery) as refused:
        asked(("x\r\nSet-Cookie: a" + "y" * 5000, "1"))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("name", "text"), [("limit", "5"), ("view_mode", "periodic"), ("cards", "bill"), ("timeframe_start", "2026-11-01")]
)
def test_a_repeated_parameter_is_refused_even_when_both_agree(name: str, text: str) -> None:
    with pytest.raises(BadQuery, match=f"^{name} is given more than once"):
        asked((name, text), (name, text))


@pytest.mark.parametrize("name", ["timeframe_start", "timeframe_end"])
def test_half_a_window_is_refused(name: str) -> None:
    with pytest.raises(BadQuery, match="timeframe_start and timeframe_end"):
        asked((name, "2026-11-01"))


@pytest.mark.parametrize("end", ["2026-11-01", "2026-10-31"])
def test_a_window_that_ends_before_it_has_begun_is_refused(end: str) -> None:
    with pytest.raises(BadQuery, match="timeframe_end must be after timeframe_start"):
        asked(("timeframe_start", "2026-11-01"), ("timeframe_end", end))


def test_the_first_grouping_key_is_the_default_and_another_brings_its_own_label() -> None:
    other = {"team.id": "Team", "region": "Region"}
    assert parse([], grouping_keys=other, words=WORDS).group_label == "Team"
    chosen = parse([("group_by", "region")], grouping_keys=other, words=WORDS)
    assert (chosen.group_by, chosen.group_label) == ("region", "Region")
