"""Credits: the balance of an unfiltered ledger, its movements in words, its blocks in drawdown order."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.cards.credits import UnitCredits, drawdown, view
from app.money import write
from app.orb import wire
from app.orb.decode import decode
from app.web.render import locale_of
from app.words import Text
from tests.english import english
from tests.orb.answers import changed, example

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def ledger(**fields: object) -> wire.Ledger:
    return decode(msgspec.json.encode(changed("credits_ledger", **fields)), wire.Ledger)


def blocks() -> wire.CreditBlocks:
    return decode(example("credits_blocks"), wire.CreditBlocks)


@pytest.fixture
def shown() -> UnitCredits:
    return view("compute_credits", ledger(), blocks(), LOS_ANGELES)


def test_the_first_entrys_ending_balance_is_the_balance(shown: UnitCredits) -> None:
    assert shown.balance is not None
    assert repr(shown.balance) == "Money(9148.25 compute_credits)"
    assert write(shown.balance, locale_of("en")).split() == ["9,148.25", "compute", "credits"]


def test_a_movement_is_what_the_balance_did_whatever_sign_orb_gives_the_amount(shown: UnitCredits) -> None:
    assert [(english(row.label), f"{row.amount.amount:f}", row.pending) for row in shown.activity] == [
        ("Usage", "-51.75", True),
        ("Credits voided", "-100", False),
        ("Voiding started", "0", False),
        ("Credits expired", "-500", False),
        ("Expiry date changed", "0", False),
        ("Correction: correction", "50", False),
    ]


def test_entries_of_one_kind_on_one_day_are_one_row() -> None:
    entry = changed("credits_ledger")["data"][0]
    day = [
        entry | {"starting_balance": 100 - n, "ending_balance": 99 - n, "created_at": f"2026-05-20T1{n}:00:00+00:00"}
        for n in range(3)
    ]

    (row,) = view("credits", ledger(data=day), None, LOS_ANGELES).activity

    assert f"{row.amount.amount:f}" == "-3"


def test_a_day_that_goes_on_in_the_next_page_is_not_summed() -> None:
    cut = ledger(pagination_metadata={"has_more": True, "next_cursor": "more"})

    assert "Credits added" not in str(view("credits", cut, None, LOS_ANGELES).activity)
    assert "Correction" in str(view("credits", cut, None, LOS_ANGELES).activity)


def test_blocks_stand_in_the_order_in_which_they_are_drawn(shown: UnitCredits) -> None:
    assert [block.status for block in shown.blocks or ()] == ["active", "pending_payment"]

    def block(name: str, expires: str | None, cost: str | None) -> Any:
        return changed("credits_blocks")["data"][0] | {"id": name, "expiry_date": expires, "per_unit_cost_basis": cost}

    page = changed("credits_blocks", data=[
        block("never", None, "0"), block("late", "2027-01-01T00:00:00Z", "0"),
        block("dear", "2026-06-01T00:00:00Z", "2"), block("cheap", "2026-06-01T00:00:00Z", "1"),
    ])  # fmt: skip

    drawn = drawdown(decode(msgspec.json.encode(page), wire.CreditBlocks))
    assert [each.id for each in drawn] == ["cheap", "dear", "late", "never"]


def test_the_balance_stands_without_blocks_and_without_a_zone() -> None:
    bare = view("credits", ledger(), None, None)

    assert (bare.blocks, bare.activity, bare.balance and f"{bare.balance.amount}") == (None, (), "9148.25")


def test_an_entry_type_that_is_new_is_shown_as_a_movement() -> None:
    entry = changed("credits_ledger")["data"][0] | {"entry_type": "gift_wrapped"}

    (row,) = view("credits", ledger(data=[entry]), None, LOS_ANGELES).activity

    assert row.label == Text("Other movement")
