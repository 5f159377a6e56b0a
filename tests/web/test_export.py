"""A card as a file: exact, with what its figures mean on every row, and nothing that a spreadsheet computes."""

import csv
import re
import unicodedata
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from app.cards.base import Table
from app.money import Money, Quantity, unit
from app.web.catalogue import ENGLISH
from app.web.reader import reader
from app.web.sheet import safe, write
from tests.conftest import Serve
from tests.orb.answers import answer, borealis

HOSTILE = [
    "=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "   @x", "＝1", "＠x", "=cmd|' /C calc'!A0",
    "\0=1", "\0", "\u200b=1", "\ufeff=1", "\u3000=1", "\N{NO-BREAK SPACE}@x", "\t\t=1",
    "﹦1", "﹢1", "−1", " \n=1", "\x1f=1",
]  # fmt: skip
HARMLESS = ["Checkout", "a=1", "1-2", "'=1", "", "x@y.example", "北京", "~", "()", "(=1)", '"=1"']


def rows(response: httpx.Response) -> list[dict[str, str]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(response.text)))


@pytest.mark.parametrize("word", ["bill", "credits", "spend", "breakdown"])
async def test_every_row_says_what_its_figures_are(serve: Serve, orb_router: respx.MockRouter, word: str) -> None:
    borealis(orb_router)
    async with serve() as client:
        found = rows(await client.get(f"/api/export/{word}.csv"))
        card = (await client.get(f"/api/cards/{word}")).json()

    assert found
    for row in found:
        assert row["basis"] == card["basis"]
        assert row["timezone"] == "America/Los_Angeles"
        assert row["as_of"] == (card["as_of"] or "")
        # The fee of Borealis is for the month to come.
        assert row["period_start"][5:7] == ("06" if row.get("name") == "Platform fee" else "05")
        assert row["period_end"] > row["period_start"]
        assert row["unit"] == ("credits" if word == "credits" else "USD")


async def test_the_file_is_kept_under_the_cards_name(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    orb_router.get("/alerts").mock(return_value=answer("alerts_list"))
    async with serve() as client:
        response = await client.get("/api/export/spend.csv?view_mode=cumulative")

    assert response.headers["content-disposition"] == 'attachment; filename="spend.csv"'
    assert {row["view_mode"] for row in rows(response)} == {"cumulative"}


async def test_a_card_without_figures_is_a_file_that_says_so(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_404_resource", 404))
    async with serve() as client:
        (row,) = rows(await client.get("/api/export/bill.csv"))

    assert (row["code"], row["basis"]) == ("no_upcoming_invoice", "amount_due")
    assert "No upcoming invoice" in row["message"]


async def test_a_card_that_failed_is_no_file(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, upcoming_invoice=answer("error_500", 500))
    async with serve() as client:
        response = await client.get("/api/export/bill.csv")

    assert (response.status_code, response.json()["code"]) == (503, "orb_error")
    assert response.headers["retry-after"] == "5"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "scope", "status", "code"),
    [
        ("bill", "bill", 403, "out_of_scope"),
        ("bill", "credits export", 404, "not_found"),
        ("nothing", "bill export", 404, "not_found"),
        ("bill", "bill export", 200, None),
    ],
)
async def test_a_file_needs_the_scope_of_its_card_and_that_of_exports(
    serve: Serve, orb_router: respx.MockRouter, path: str, scope: str, status: int, code: str | None
) -> None:
    borealis(orb_router)
    async with serve(scope=scope) as client:
        response = await client.get(f"/api/export/{path}.csv")

    assert response.status_code == status
    assert code is None or response.json()["code"] == code


@pytest.mark.parametrize("query", ["surprise=1", "limit=0", "view_mode=daily", "cards=credits&limit=x"])
async def test_a_bad_parameter_is_named(serve: Serve, orb_router: respx.MockRouter, query: str) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get(f"/api/export/bill.csv?{query}")

    assert response.status_code == 400
    assert any(name in response.json()["detail"] for name in ("surprise", "limit", "view_mode"))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert cells((text, None)) == [f"'{text}", ""]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_no_spreadsheet_computes_stays_as_it_is(text: str) -> None:
    assert cells((text, None)) == [text, ""]


@given(
    st.text(
        st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("=+-@＝＠\t\r\n\0 \u200b;,\"'")),
        max_size=20,
    )
)
def test_a_cell_of_text_is_read_back_as_it_was_but_for_its_guard(text: str) -> None:
    (cell,) = cells((text,), ("a",))

    assert cell in (text, f"'{text}")
    bare = re.sub(r"^[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff]+", "", cell)
    assert unicodedata.normalize("NFKC", bare[:1])[:1] not in ("=", "+", "-", "@")
    assert cell[:1] not in ("\t", "\r", "\n", "\0")


@given(st.text('a;=+\t,"1', max_size=12))
def test_a_name_stays_one_cell_where_semicolons_or_tabs_part_columns(text: str) -> None:
    for delimiter in ";\t":
        _, row = csv.reader(StringIO(csv_of((text, text)), newline=""), delimiter=delimiter)
        assert row[0].startswith(safe(text))


def test_amounts_days_and_counts_are_no_text() -> None:
    row: tuple[Any, ...] = (Money(Decimal("-1.50"), unit("USD")), date(2026, 5, 1), 3, Decimal("-0.5"), None)

    assert csv_of(row, tuple("abcde")).splitlines()[1] == "-1.50,2026-05-01,3,-0.5,"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20, min_value=-(10**17), max_value=10**17))
def test_an_amount_is_exported_to_its_last_digit(amount: Decimal) -> None:
    row: tuple[Any, ...] = (Money(amount, unit("USD")), Quantity(amount))
    first, second = csv_of(row).splitlines()[1].split(",")

    assert Decimal(first) == Decimal(second) == amount
    assert "e" not in first.lower()


def test_a_file_with_other_letters_says_that_it_is_utf_8_and_a_plain_one_does_not() -> None:
    plain, named = (write(Table(("a",), ((name,),)), {}, reader(ENGLISH)) for name in ("Zoe", "Zoë"))

    assert (plain[:1], named[:3]) == (b"a", b"\xef\xbb\xbf")


def cells(row: tuple[Any, ...], columns: tuple[str, ...] = ("a", "b")) -> list[str]:
    """The row as a reader of CSV finds it."""
    _, found = csv.reader(StringIO(csv_of(row, columns).removeprefix("\ufeff"), newline=""))
    return found


def csv_of(row: tuple[Any, ...], columns: tuple[str, ...] = ("a", "b")) -> str:
    return write(Table(columns, (row,)), {}, reader(ENGLISH)).decode()
