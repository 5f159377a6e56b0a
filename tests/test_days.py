"""Days in the zones where they are odd, periods, stamps and ages."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from babel import localedata

from app.days import (
    DayName,
    Period,
    day_of,
    end_of_day,
    midnight,
    stamp,
    write_day,
    write_moment,
    zone,
)
from app.locales import locale
from app.web.catalogue import ENGLISH
from app.web.reader import reader
from tests.thorough import some

ZONES = [
    "Africa/Cairo", "America/Havana", "America/New_York", "America/Santiago", "Antarctica/Troll", "Asia/Beirut",
    "Asia/Kathmandu", "Atlantic/Azores", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham",
    "Pacific/Kiritimati", "America/St_Johns",
]  # fmt: skip
FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
NO_STAMPS = [
    "", "soon", "1763651045", "2026-11-20", "2026-11-20T15:04:05", "2026-02-30T00:00:00Z", "2026-11-20T25:00:00Z",
    " 2026-11-20T15Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00",
]  # fmt: skip
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def beginnings(where: ZoneInfo) -> dict[date, datetime]:
    """The first quarter of an hour at which each local date was on the calendar, found by walking through time."""
    found: dict[date, datetime] = {}
    moment = datetime(2023, 12, 30, tzinfo=UTC)
    while moment < datetime(2029, 1, 3, tzinfo=UTC):
        if moment.astimezone(where).date() not in found:
            for each in (moment - HOUR + QUARTER * n for n in range(5)):
                found.setdefault(each.astimezone(where).date(), each)
        moment += HOUR
    return found


@pytest.mark.parametrize("name", ZONES)
def test_midnight_is_the_first_moment_of_its_day_and_comes_later_every_day(name: str) -> None:
    where = zone(name)
    first = beginnings(where)
    before = midnight(FIRST - timedelta(days=1), where)
    for day in (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)):
        moment = midnight(day, where)
        assert moment == first[day], day
        assert (moment.tzinfo, day_of(moment, where)) == (UTC, day)
        assert day_of(moment - timedelta(microseconds=1), where) == day - timedelta(days=1)
        assert timedelta(hours=22) <= moment - before <= timedelta(hours=26)
        before = moment


@pytest.mark.parametrize(
    ("name", "day", "instant"),
    [
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00:00Z"),  # 00:00 does not exist
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00:00Z"),  # 00:00 does not exist
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00Z"),  # 00:00 comes twice
        ("Atlantic/Azores", date(2026, 10, 25), "2026-10-25T00:00:00Z"),  # 00:00 comes twice
        ("Asia/Kathmandu", date(2026, 11, 20), "2026-11-19T18:15:00Z"),
    ],
)
def test_a_day_begins_at_the_jump_or_at_the_first_of_two_midnights(name: str, day: date, instant: str) -> None:
    assert midnight(day, zone(name)) == datetime.fromisoformat(instant)


@pytest.mark.parametrize("name", ZONES)
def test_the_end_of_a_day_is_the_beginning_of_the_next(name: str) -> None:
    where, dice = zone(name), random.Random(name)
    for _ in range(1_000):
        moment = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(seconds=dice.randrange(5 * 365 * 86400 - 200_000))
        end = end_of_day(moment, where)
        assert end > moment
        assert day_of(end - timedelta(microseconds=1), where) == day_of(moment, where)
        assert day_of(end, where) == day_of(moment, where) + timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "hours"), [("Antarctica/Troll", {22, 24, 26}), ("Australia/Lord_Howe", {23.5, 24, 24.5})]
)
def test_days_have_the_lengths_that_their_zone_gives_them(name: str, hours: set[float]) -> None:
    starts = [midnight(date(2026, 1, 1) + timedelta(days=n), zone(name)) for n in range(366)]
    assert {(end - start) / HOUR for start, end in pairwise(starts)} == hours


@pytest.mark.parametrize("name", ZONES)
def test_a_month_has_its_own_days_and_no_other(name: str) -> None:
    where = zone(name)
    for month in range(1, 12):
        first, after = date(2026, month, 1), date(2026, month + 1, 1)
        period = Period(midnight(first, where), midnight(after, where))
        assert period.dates(where) == [first + timedelta(days=n) for n in range((after - first).days)]
        assert (
            len(Period(period.start, period.end + timedelta(microseconds=1)).dates(where)) == (after - first).days + 1
        )


def test_a_period_holds_its_start_and_not_its_end() -> None:
    start, end = datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 12, 1, 5, tzinfo=UTC)
    period = Period(start, end)
    tick = timedelta(microseconds=1)
    asked = (start - tick, start, end - tick, end)
    assert [period.holds(moment) for moment in asked] == [False, True, True, False]


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "Europe", "../UTC", "/etc/passwd", "a\0b", "x" * 5000, "\ud800"])
def test_an_unknown_zone_is_utc(name: str) -> None:
    assert zone(name).key == "UTC"


@pytest.mark.parametrize("name", ZONES)
def test_a_known_zone_is_itself(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    ("text", "instant"),
    [("2026-11-20T15:04:05Z", "15:04:05"), ("2026-11-20T20:49:05.250+05:45", "15:04:05.250000")],
)
def test_a_stamp_is_an_instant_in_utc(text: str, instant: str) -> None:
    moment = stamp(text)
    assert moment is not None
    assert moment.isoformat() == f"2026-11-20T{instant}+00:00"


@pytest.mark.parametrize("text", NO_STAMPS)
def test_a_stamp_that_is_malformed_out_of_range_or_without_a_zone_is_none(text: str) -> None:
    assert stamp(text) is None


AGES = {
    None: "Age unknown", -90000: "Updated just now", -1: "Updated just now", 0: "Updated just now",
    59.999: "Updated just now", 60: "Updated 1 minute ago", 119.9: "Updated 1 minute ago", 120: "Updated 2 minutes ago",
    3599: "Updated 59 minutes ago", 3600: "Updated 1 hour ago", 7199: "Updated 1 hour ago", 7200: "Updated 2 hours ago",
    86399: "Updated 23 hours ago", 86400: "Updated 1 day ago", 172800: "Updated 2 days ago",
}  # fmt: skip


@pytest.mark.parametrize(("seconds", "words"), AGES.items())
def test_an_age_is_told_in_the_largest_unit_that_fits(seconds: float | None, words: str) -> None:
    assert reader(ENGLISH).age(seconds) == words


@pytest.mark.parametrize(("language", "text"), [("en", "Nov 1"), ("de", "1. Nov."), ("ja", "11月1日")])
def test_a_day_is_named_in_the_readers_language(language: str, text: str) -> None:
    assert write_day(date(2026, 11, 1), locale(language)) == text


def test_day_names_are_equal_by_day() -> None:
    name = DayName(date(2026, 11, 1))
    assert {name} == {DayName(date(2026, 11, 1))}
    assert name not in (DayName(date(2026, 11, 2)), date(2026, 11, 1))
    assert repr(name) == "DayName(2026-11-01)"


def test_every_way_of_writing_a_day_is_there_in_every_locale() -> None:
    moment = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
    for name in some(localedata.locale_identifiers(), 200):
        found = locale(name)
        for skeleton in ("MMMd", "yMMMd"):
            assert write_day(moment.date(), found, skeleton)
        assert write_moment(moment, zone("America/New_York"), found)


def test_a_moment_is_written_where_the_customer_lives() -> None:
    moment = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
    assert write_moment(moment, zone("America/New_York"), locale("en")).replace("\u202f", " ") == "Nov 20, 3:04 PM"
    assert write_moment(moment, zone("Asia/Kathmandu"), locale("de")) == "21. Nov., 01:49"


def test_the_last_day_that_there_is_has_a_name_too() -> None:
    never = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert day_of(never, zone("Asia/Tokyo")).year == 9999
