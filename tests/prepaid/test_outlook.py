"""What lies ahead: a pace over whole finished days of the customer's, and what it comes to."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.days import midnight
from app.money import unit
from app.orb import wire
from app.prepaid.outlook import Outlook, outlook
from tests.english import english

CREDITS = unit("credits")
WHOSE = wire.CustomerId("Cu1")
LAST = wire.Paging(has_more=False)
MORE = wire.Paging(has_more=True, next_cursor="more")
UTC_ZONE = ZoneInfo("UTC")
TODAY = date(2026, 5, 20)
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
TUNING = (wire.CreditFilter("item_id", "includes", ("tuning",)),)


def entry(at: datetime, change: str, kind: str = "decrement", **fields: Any) -> wire.LedgerEntry:
    return wire.LedgerEntry(
        id="Le", entry_type=kind, entry_status="committed", customer=WHOSE, starting_balance=Decimal(1000),
        ending_balance=1000 + Decimal(change), amount=abs(Decimal(change)), created_at=at, **fields,
    )  # fmt: skip


def block(left: str, *, ends: datetime | None = None, begins: datetime | None = None, **fields: Any) -> Any:
    return wire.CreditBlock(
        id=fields.pop("id", "Bk"), balance=Decimal(left), status=fields.pop("status", "active"),
        effective_date=begins, expiry_date=ends, **fields,
    )  # fmt: skip


def used(days: int, a_day: str = "-10", zone: ZoneInfo = UTC_ZONE, **fields: Any) -> list[wire.LedgerEntry]:
    """So much in the evening of each of the last days, newest first, below the grant that began them."""
    evenings = [datetime.combine(TODAY - timedelta(days=n), time(21), zone).astimezone(UTC) for n in range(1, days + 1)]
    first = midnight(TODAY - timedelta(days=days), zone)
    return [*(entry(at, a_day, **fields) for at in evenings), entry(first, "5000", "increment")]


def ahead(
    entries: list[wire.LedgerEntry], *held: Any, zone: ZoneInfo = UTC_ZONE, now: datetime = NOON, paging: Any = LAST
) -> Outlook:
    return outlook(wire.Ledger(tuple(entries), paging), wire.CreditBlocks(held, LAST), CREDITS, zone, now)


def reason(found: Outlook) -> str:
    return english(found.runs_out_reason)


def test_the_pace_is_that_of_seven_days_and_beside_it_of_thirty() -> None:
    entries = used(40)
    entries[0:7] = [entry(each.created_at, "-17") for each in entries[0:7]]

    burn = ahead(entries, block("1000")).burn

    assert burn is not None
    assert burn.longer is not None
    assert (burn.days, burn.start, burn.end) == (7, date(2026, 5, 13), TODAY)
    assert (str(burn.per_day.amount), str(burn.used.amount)) == ("17", "119")
    assert (burn.longer.days, str(burn.longer.used.amount)) == (30, "349")
    assert english(burn.text) == "About 17 credits a day over the last 7 days."
    assert english(burn.longer.text) == "About 11.6 credits a day over the last 30 days."


def test_only_usage_counts_and_today_is_not_over() -> None:
    noise = [
        entry(NOON - timedelta(hours=1), "-500"),
        *(
            entry(NOON - timedelta(days=2), "-300", kind)
            for kind in ("increment", "expiration_change", "credit_block_expiry", "void", "void_initiated", "amendment")
        ),
    ]

    burn = ahead([*noise, *used(10)], block("1000")).burn

    assert burn is not None
    assert str(burn.per_day.amount) == "10"


@pytest.mark.parametrize(("days", "covered"), [(2, None), (3, 3), (6, 6), (7, 7), (20, 7)])
def test_a_pace_needs_three_finished_days_and_says_how_many_it_has(days: int, covered: int | None) -> None:
    found = ahead(used(days), block("1000"))

    assert (found.burn and found.burn.days) == covered
    if covered is None:
        assert reason(found) == "There is not enough history yet to tell how long the balance lasts."


def test_a_page_that_may_go_on_counts_only_the_days_that_it_has_whole() -> None:
    found = ahead(used(12), block("1000"), paging=MORE)

    assert found.burn is not None
    assert found.burn.longer is not None
    assert found.burn.longer.days == 11


def test_a_ledger_that_began_in_the_middle_of_a_day_does_not_count_that_day() -> None:
    entries = used(5)
    entries[-1] = entry(entries[-1].created_at + timedelta(hours=1), "5000", "increment")

    burn = ahead(entries, block("1000")).burn

    assert burn is not None
    assert burn.days == 4


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        (
            "Pacific/Apia",
            datetime(2026, 5, 19, 10, 30, tzinfo=UTC),
            date(2026, 5, 19),
        ),  # just before the 20th
        ("America/Los_Angeles", datetime(2026, 5, 21, 6, 59, tzinfo=UTC), TODAY),  # the last minute of the 20th
        ("Australia/Lord_Howe", datetime(2026, 5, 19, 13, 30, tzinfo=UTC), TODAY),  # its first
    ],
)
def test_days_are_the_customers_own(zone: str, now: datetime, today: date) -> None:
    burn = ahead(used(9, zone=ZoneInfo(zone)), block("1000"), zone=ZoneInfo(zone), now=now).burn

    assert burn is not None
    assert (burn.end, str(burn.per_day.amount)) == (today, "10")


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
        ("Africa/Cairo", date(2026, 4, 24)),  # there is no midnight
        ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour is left out
        ("Antarctica/Troll", date(2026, 3, 29)),  # two hours are
    ],
)
def test_a_day_on_which_the_clock_changes_is_one_day(zone: str, day: date) -> None:
    where = ZoneInfo(zone)
    dawns = [midnight(day + timedelta(days=n), where) for n in range(-4, 3)]
    # One entry in the first and one in the last second of every day.
    entries = [entry(at, "-5") for dawn, dusk in pairwise(dawns)
               for at in (dawn, dusk - timedelta(seconds=1))]  # fmt: skip

    burn = ahead(sorted(entries, key=lambda each: each.created_at, reverse=True), block("1000"), zone=where,
                 now=dawns[-1] + timedelta(hours=3)).burn  # fmt: skip

    assert burn is not None
    assert (burn.days, str(burn.per_day.amount)) == (6, "10")


def test_credits_run_out_between_the_days_of_the_faster_and_the_slower_pace() -> None:
    found = ahead(used(20), block("100"))

    assert found.runs_out is not None
    assert (found.runs_out.earliest, found.runs_out.latest) == (date(2026, 5, 29), date(2026, 5, 31))
    assert english(found.runs_out.text) == (
        "At this pace the balance runs out between May 29 and May 31, unless more is added."
    )


def test_a_day_of_another_year_is_named_with_its_year() -> None:
    found = ahead(used(20), block("2500"))

    assert found.runs_out is not None
    assert "between Jan 2, 2027 and Feb 22, 2027" in english(found.runs_out.text)


@pytest.mark.parametrize(
    ("entries", "held", "said"),
    [
        (used(20), [block("900000")], "At this pace the balance lasts more than a year."),
        (used(20), [block("3600")], "At this pace the balance lasts until Apr 12, 2027 at least."),
        (used(20, "0"), [block("100")], "Nothing was used lately, so there is no telling how long the balance lasts."),
        ([entry(NOON, "-1000"), *used(20)], [], "The balance is used up."),
    ],
)
def test_where_no_day_can_be_told_the_reason_is(entries: Any, held: Any, said: str) -> None:
    found = ahead(entries, *held)

    assert found.runs_out is None
    assert reason(found) == said


def test_without_all_blocks_nothing_is_said_of_the_future_but_the_pace_stands() -> None:
    page = wire.Ledger(tuple(used(20)), LAST)

    for blocks in (None, wire.CreditBlocks((block("100"),), MORE)):
        found = outlook(page, blocks, CREDITS, UTC_ZONE, NOON)
        assert found.burn is not None
        assert reason(found) == "How long the balance lasts could not be worked out just now."


def test_what_expires_is_lost_and_told_of() -> None:
    soon, late = datetime(2026, 5, 25, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)

    found = ahead(used(20), block("1234", ends=soon, id="soon"), block("100", ends=late, id="late"))

    (lost,) = found.expiring
    assert (lost.id, str(lost.amount.amount)) == ("soon", "1200")
    assert english(lost.text) == "About 1,200 credits expire unused on May 25."
    assert found.runs_out is not None
    assert found.runs_out.earliest == date(2026, 6, 3)


def test_an_expiry_that_is_far_off_is_no_warning_but_ends_the_credits() -> None:
    found = ahead(used(20), block("9000", ends=datetime(2026, 9, 20, tzinfo=UTC)))

    assert found.expiring == ()
    assert found.runs_out is not None
    assert english(found.runs_out.text) == "At this pace what is left expires before it is used, on Sep 20."


def test_what_is_not_paid_for_or_below_zero_pays_for_nothing_and_what_is_to_come_does() -> None:
    unpaid, over = block("900", status="pending_payment", id="unpaid"), block("-50", id="over")
    coming = block("100", begins=datetime(2026, 5, 22, tzinfo=UTC), id="coming")

    alone = ahead(used(20), block("100"), unpaid, over)
    joined = ahead(used(20), block("100"), coming)

    assert alone.runs_out is not None
    assert joined.runs_out is not None
    assert alone.runs_out.earliest == date(2026, 5, 29)
    assert joined.runs_out.earliest == date(2026, 6, 7)


def test_a_block_for_some_items_is_drawn_by_those_that_were_seen_to_draw_on_its_like() -> None:
    old = wire.AffectedBlock("old", TUNING)
    tuning = used(20, "-10", price_id="tuning", credit_block=old)[:-1]
    entries = sorted([*tuning, *used(20, "-30", price_id="images")], key=lambda each: each.created_at, reverse=True)
    bound = block("400", ends=datetime(2026, 5, 30, tzinfo=UTC), id="bound", filters=TUNING)

    found = ahead(entries, bound, block("10000", id="all"))

    (lost,) = found.expiring
    assert (lost.id, str(lost.amount.amount)) == ("bound", "310")  # nine days and a half at ten, of four hundred


def test_nothing_but_usage_shows_who_draws_on_a_block() -> None:
    bound = wire.AffectedBlock("bound", TUNING)
    granted = entry(NOON - timedelta(days=9), "400", "increment", credit_block=bound)
    entries = sorted([granted, *used(20)], key=lambda each: each.created_at, reverse=True)
    ends = datetime(2026, 5, 30, tzinfo=UTC)

    found = ahead(entries, block("400", ends=ends, id="bound", filters=TUNING), block("10000", id="all"))

    (lost,) = found.expiring
    assert str(lost.amount.amount) == "400"


def test_the_slower_of_both_paces_tells_the_latest_day() -> None:
    entries = used(40, "-5")
    entries[0:7] = [entry(each.created_at, "-20") for each in entries[0:7]]

    found = ahead(entries, block("200"))

    assert found.runs_out is not None
    assert (found.runs_out.earliest, found.runs_out.latest) == (date(2026, 5, 29), date(2026, 6, 15))
