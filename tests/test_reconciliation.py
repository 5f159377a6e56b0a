"""Where a bill and the days of the same subscription differ, it is said by how much and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from app.cards.base import Failed, Links, Ready
from app.cards.bill import Bill, Bills
from app.cards.spend import Spend
from app.days import Period
from app.listing import Listing
from app.money import Money, unit
from app.orb import wire
from app.reconciliation import Note, notes
from app.series import Member, Series
from tests.conftest import Serve
from tests.english import english
from tests.orb.answers import answer, borealis

NOW = datetime(2026, 5, 20, 15, tzinfo=UTC)
MAY = Period(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
LISTING = Listing(wire.Customer("c", "Borealis", "UTC"), ())
USD = unit("USD")
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**9), max_value=10**9)


def bill(subtotal: str | Decimal, subscription: str = "a", **more: Any) -> Bill:
    money = wire.Subtotal(Decimal(subtotal), USD)
    return Bill(subscription, "Scale", "ready", **{"period": MAY, "subtotal": money, **more})


def series(subtotal: str | Decimal | None, *members: str, code: str = "USD", period: Period = MAY) -> Series:
    money = None if subtotal is None else wire.Subtotal(Decimal(subtotal), unit(code))
    own = tuple(Member(each, each) for each in members or ("a",))
    return Series("periodic", code, period, (), money, adjusted=False, subscriptions=own)


def told(bills: list[Bill], spent: list[Series], later: float | None = 0) -> tuple[Note, ...]:
    """The notes on these bills and series; the days were taken `later` seconds, or at an unknown moment."""
    first, *others = spent
    own = {name: getattr(first, name) for name in first.__slots__}
    days = Spend(**own, other_units=tuple(others), links=Links({}))
    at = None if later is None else NOW + timedelta(seconds=later)
    billed = Ready(data=Bills(tuple(bills), (), Links({})), as_of=NOW)
    return notes({"bill": billed, "spend": Ready(data=days, as_of=at)}, LISTING)


@given(amounts, amounts)
def test_the_difference_is_exact_and_nothing_is_called_equal_that_is_not(billed: Decimal, spent: Decimal) -> None:
    (note,) = told([bill(billed)], [series(spent)])

    assert note.difference == Money(billed - spent, USD)
    assert (note.kind == "agrees") == (billed == spent)


@pytest.mark.parametrize(("billed", "word"), [("100.01", "more"), ("99.99", "less")])
def test_a_difference_says_which_way_and_by_how_much(billed: str, word: str) -> None:
    (note,) = told([bill(billed)], [series("100")])

    assert f"has $0.01 {word} in its subtotal" in english(note.text)
    assert note.cards == ("bill", "spend")


@pytest.mark.parametrize(
    ("later", "why"),
    [(0.5, "belongs to no day"), (-180, "on May 20, 3:00 PM and the days on May 20, 2:57 PM"), (None, "not reported")],
)
def test_a_difference_says_why_it_can_be(later: float | None, why: str) -> None:
    (note,) = told([bill("100.01")], [series("100")], later)

    assert why in english(note.text).replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_plan_in_a_pricing_unit_is_not_held_against_money() -> None:
    (alone,) = told([bill("5")], [series("900", code="sparks")])
    (beside,) = told([bill("5")], [series("5"), series("900", code="sparks")])

    assert alone == beside
    assert (alone.kind, alone.difference) == ("units", None)
    assert "counted in sparks" in english(alone.text)


@pytest.mark.parametrize(
    ("bills", "spent"),
    [
        ([bill("1"), bill("2", "b")], [series("3", "a", "b")]),
        ([bill("1")], [series("1", period=Period(MAY.start, MAY.end - timedelta(days=1)))]),
        ([bill("1")], [series("1", "another")]),
        ([bill("1")], [series(None)]),
        ([bill("1")], [replace(series("1"), status="failed")]),
        ([replace(bill("1"), status="empty", subtotal=None)], [series("1")]),
    ],
)
def test_what_is_not_the_same_question_is_not_compared(bills: list[Bill], spent: list[Series]) -> None:
    assert told(bills, spent) == ()


def test_without_both_cards_or_the_list_there_is_nothing_to_say() -> None:
    ready = Ready(data=Bills((bill("1"),), (), Links({})), as_of=NOW)

    assert notes({"bill": ready}, LISTING) == ()
    assert notes({"bill": ready, "spend": Failed(code="busy")}, LISTING) == ()
    assert notes({"bill": ready, "spend": ready}, None) == ()


async def test_the_document_and_the_page_say_how_their_figures_fit(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, upcoming_invoice=answer("invoices_upcoming"))
    async with serve() as client:
        document = (await client.get("/api/dashboard")).json()
        page = (await client.get("/")).text

    (note,) = document["reconciliation"]
    assert (note["kind"], note["cards"]) == ("differs", ["bill", "spend"])
    assert note["difference"]["unit"] == "USD"
    assert f'<p class="differs">{note["text"]}</p>' in page.replace("&#39;", "'")
