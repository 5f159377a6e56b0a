"""Where cost comes from: groups in subtotals, a residual only where it is known, shares that add to 100."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from app.days import Period, midnight
from app.groups import Whole, clamp, residual, shares, view
from app.orb import wire
from app.orb.decode import decode
from app.query import Query
from app.words import Text
from tests.english import english
from tests.orb.answers import example

SUBSCRIPTION = decode(example("subscriptions_list"), wire.Subscriptions).data[0]
WINDOW = Period(datetime(2026, 5, 1, 7, tzinfo=UTC), datetime(2026, 5, 21, 7, tzinfo=UTC))
QUERY = Query(group_by="workspace_id", group_label="Workspace")
FOUND = wire.GroupedCosts(
    (wire.Group("ws_prod", Decimal("612.40")), wire.Group("ws_staging", Decimal("88.15"))), has_more=True
)


def test_groups_keep_orbs_key_and_the_rest_is_what_the_subtotal_holds_beyond_them() -> None:
    part = view(SUBSCRIPTION, FOUND, Whole(Decimal("800.00")), WINDOW, QUERY)

    assert [(group.key, f"{group.subtotal.amount}", f"{group.share}") for group in part.groups] == [
        ("ws_prod", "612.40", "76.6"),
        ("ws_staging", "88.15", "11.0"),
    ]
    assert (repr(part.residual), f"{part.residual_share}") == ("Subtotal(99.45 USD)", "12.4")
    assert part.has_more


def test_without_a_subtotal_there_is_no_share_and_no_rest_but_a_reason() -> None:
    part = view(SUBSCRIPTION, FOUND, Whole(None, Text("It is not known.")), WINDOW, QUERY)

    assert (part.residual, part.subtotal, part.residual_reason) == (None, None, Text("It is not known."))
    assert [group.share for group in part.groups] == [None, None]


def test_groups_that_hold_more_than_the_subtotal_were_taken_at_another_moment() -> None:
    part = view(SUBSCRIPTION, FOUND, Whole(Decimal("700.54")), WINDOW, QUERY)

    assert residual(FOUND, Whole(Decimal("700.55"))) == 0
    assert (part.residual, part.subtotal) == (None, None)
    assert "different moments" in english(part.residual_reason)


def test_no_group_and_no_rest_is_no_usage() -> None:
    part = view(SUBSCRIPTION, wire.GroupedCosts((), has_more=False), Whole(Decimal(0)), WINDOW, QUERY)

    assert (part.status, part.code) == ("empty", "no_usage")


def test_usage_that_carries_no_group_is_all_rest() -> None:
    part = view(SUBSCRIPTION, wire.GroupedCosts((), has_more=False), Whole(Decimal("5.00")), WINDOW, QUERY)

    assert (part.status, f"{part.residual_share}") == ("ready", "100.0")


def test_shares_add_to_a_hundred_and_none_is_a_tenth_off() -> None:
    chance = random.Random(7)
    for _ in range(2_000):
        parts = [Decimal(chance.randrange(10**9)).scaleb(-chance.randrange(9)) for _ in range(chance.randrange(1, 60))]
        whole = sum(parts, Decimal(0))
        found = shares(parts, whole)
        if whole == 0:
            assert found is None
            continue
        assert found is not None
        assert sum(found) == Decimal("100.0")
        for share, part in zip(found, parts, strict=True):
            assert abs(Fraction(share) - Fraction(part) * 100 / Fraction(whole)) <= Fraction(1, 10)


@pytest.mark.parametrize("parts", [["-1", "101"], ["0", "0"]])
def test_there_is_no_share_of_nothing_nor_of_a_negative_part(parts: list[str]) -> None:
    amounts = [Decimal(part) for part in parts]

    assert shares(amounts, sum(amounts, Decimal(0))) is None


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo"])
def test_a_window_past_orbs_limits_is_cut_at_a_local_midnight_within_them(zone: str) -> None:
    where = ZoneInfo(zone)
    for n in range(0, 800, 7):
        day = datetime(2025, 1, 1, tzinfo=UTC).date() + timedelta(days=n)
        now = midnight(day, where) + timedelta(hours=15)
        asked = Period(midnight(day - timedelta(days=120), where), midnight(day + timedelta(days=1), where))

        window = clamp(asked, now, where)

        assert window is not None
        assert window.start in {midnight(day - timedelta(days=back), where) for back in (29, 30, 31)}
        assert window.end - window.start <= timedelta(days=32)
        assert now - window.start <= timedelta(days=100)


def test_a_window_within_the_limits_stays_as_it_is() -> None:
    assert clamp(WINDOW, WINDOW.end - timedelta(hours=1), ZoneInfo("UTC")) is WINDOW


def test_days_that_are_all_too_long_ago_leave_no_window() -> None:
    now = WINDOW.end + timedelta(days=130)

    assert clamp(WINDOW, now, ZoneInfo("UTC")) is None
