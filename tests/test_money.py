"""Amounts: exact on the way in, exact when added, and written as people read them."""

import random
import re
from collections.abc import Callable
from decimal import Decimal, Inexact
from fractions import Fraction

import pytest

from app.amounts import cut, write, write_change, write_quantity, write_rate, write_tick
from app.locales import locale
from app.money import Money, Quantity, Rate, UnitPrice, difference, total, unit
from app.orb.decode import Answer, MaybeAmount, decode
from app.orb.errors import Malformed
from app.orb.wire import AmountDue, Invoice, Subtotal

LRM, RLM = "\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}"

EN = locale("en")
LONGEST = "9" * 18 + "." + "9" * 20
PLAIN = ["0", "-0.0", "0.00", "1", "-1.50", "10.000", "0." + "0" * 19 + "1", LONGEST]
AWKWARD = [
    "", " ", "-", "+1", "01", "-01", "00", ".5", "-.5", "1.", "1.2.3", "--1", "1-", "1,000", "1_000", "0x10", "1e",
    "NaN", "nan", "sNaN", "Infinity", "-Infinity", "Inf", "1e999999", "1e100", "1E-100", "1e+", "1e1.5", " 1.5 ", "e5",
    "1.5 ", "\t1.5", "1.5\n", "１２３", "٣", "1٫5", "−1", "1\x00", "$1", "9" * 19, "0." + "1" * 21, "true",
]  # fmt: skip
WRITTEN = [
    ("en", "usd", {"3062.16": "$3,062.16", "0": "$0.00", "-1234.565": "−$1,234.57", "-0": "$0.00"}),
    ("en", "USD", {"0.005": "$0.01", "0.015": "$0.02", "2.675": "$2.68", "-0.005": "−$0.01"}),
    ("en", "USD", {"0.00499999999999999999": "<$0.01", "-0.004": ">−$0.01", "1e-99": "<$0.01"}),
    ("en", "USD", {"999999999999999999.995": "$1,000,000,000,000,000,000.00"}),
    ("en", "USD", {"123456789012345678.00499999999999999999": "$123,456,789,012,345,678.00"}),  # is rounded once
    ("en", "USD", {"-12345678901234567890123456789": "−$12,345,678,901,234,567,890,123,456,789.00"}),
    ("en", "credits", {"1e99": "1" + ",000" * 33 + " credits"}),
    ("en", "JPY", {"1200": "¥1,200", "2.5": "¥3", "0.4": "<¥1"}),
    ("en", "credits", {"1": "1 credit", "1.00": "1 credit", "-1": "−1 credit", "0": "0 credits", "0.999": "1 credit"}),
    ("en", "credits", {"1200": "1,200 credits", "1.005": "1.01 credits", "2.50": "2.5 credits"}),
    ("en", "compute_credits", {"0.001": "<0.01 compute credits", "1": "1 compute credit"}),
    ("de", "EUR", {"-1234.565": "−1.234,57~€", "0.001": "<0,01~€"}),
    ("de", "KWD", {"1.2345": "1,235~KWD"}),
    ("de", "credits", {"1200": "1.200 credits"}),
    ("fr", "EUR", {"3062.16": "3_062,16~€", "-0.001": ">−0,01~€"}),
    ("ja", "JPY", {"1200": "￥1,200", "-0.5": "−￥1"}),
]  # `~` stands for a no-break space, `_` for a narrow one
QUANTITIES = {"50300112": "50,300,112", "-3.50": "−3.5", LONGEST: "999,999,999,999,999,999." + "9" * 20}


class One(Answer, frozen=True, gc=False):
    value: MaybeAmount


def exact(token: str) -> Decimal | None:
    """The amount that stands in an answer as that token."""
    return decode(b'{"value": %s}' % token.encode(), One).value


def plain(dice: random.Random) -> str:
    """Any amount that may stand in a string."""
    size, places = dice.randint(1, 18), dice.randint(0, 20)
    whole = str(dice.randrange(10 ** (size - 1) if size > 1 else 0, 10**size))
    decimals = "." + "".join(dice.choices("0123456789", k=places)) if places else ""
    return dice.choice(("", "-")) + whole + decimals


@pytest.mark.parametrize("text", PLAIN)
def test_an_amount_keeps_every_digit_whether_orb_wrote_a_string_or_a_number(text: str) -> None:
    for token in (f'"{text}"', text):
        assert f"{exact(token):f}" == text
    assert exact("null") is None
    assert exact("-0") == exact('"-0"') == 0


def test_ten_thousand_amounts_come_through_unchanged() -> None:
    dice = random.Random(20261120)
    for _ in range(10_000):
        text = plain(dice)
        amount = exact(f'"{text}"')
        assert amount is not None
        assert (f"{amount:f}", Fraction(amount)) == (text, Fraction(text))


def test_a_number_with_an_exponent_is_worth_what_it_says() -> None:
    dice = random.Random(7)
    for _ in range(2_000):
        text = plain(dice) + dice.choice("eE") + dice.choice(("", "+", "-")) + str(dice.randint(0, 99))
        amount = exact(text)
        assert amount is not None
        assert Fraction(amount) == Fraction(text)


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_spelling_is_refused_as_a_string_and_as_a_number(text: str) -> None:
    bare = [text] if text == text.strip() else []  # space around a number is JSON's
    for token in (f'"{text}"', *bare):
        with pytest.raises(Malformed):
            exact(token)


@pytest.mark.parametrize("token", ['"1.5', '1.5"', '""1""', '"1"2', "[1]", "{}", "NULL", '"null"'])
def test_what_is_neither_a_number_nor_a_string_of_plain_digits_is_refused(token: str) -> None:
    with pytest.raises(Malformed):
        exact(token)


@pytest.mark.parametrize(("token", "spelled"), [("1.5e3", "1500"), ("-2E2", "-200"), ("0e9", "0"), ("12e-1", "1.2")])
def test_a_number_with_an_exponent_is_spelled_out(token: str, spelled: str) -> None:
    assert str(exact(token)) == spelled


def test_an_amount_with_an_exponent_in_a_string_is_refused() -> None:
    assert exact("1.5e3") == 1500
    with pytest.raises(Malformed):
        exact('"1.5e3"')


def test_sums_and_differences_lose_no_digit() -> None:
    dice = random.Random(3)
    for _ in range(200):
        texts = [plain(dice) for _ in range(dice.randint(0, 60))] + [LONGEST, f"{LONGEST}e99", "1e-99"]
        amounts = [Decimal(text) for text in texts]
        assert Fraction(total(amounts)) == sum(map(Fraction, texts), Fraction(0))
        assert Fraction(difference(amounts[0], amounts[-1])) == Fraction(texts[0]) - Fraction(texts[-1])
    assert total(()) == 0


def test_a_sum_that_would_round_is_an_error() -> None:
    for add in (lambda left, right: total([left, right]), difference):
        with pytest.raises(Inexact):
            add(Decimal("1e200"), Decimal("1e-200"))


def test_money_is_equal_by_value_and_unit() -> None:
    dollars = Money(Decimal("1.50"), unit("usd"))
    assert dollars == Money(Decimal("1.5"), unit("USD"))
    assert hash(dollars) == hash(Money(Decimal("1.5"), unit("USD")))
    assert dollars not in (Money(Decimal("1.5"), unit("credits")), Money(Decimal("1.51"), unit("usd")), Decimal("1.5"))
    assert repr(Subtotal(Decimal("1.50"), unit("usd"))) == "Subtotal(1.50 USD)"


def test_a_quantity_is_equal_by_value() -> None:
    assert Quantity(Decimal("1.50")) == Quantity(Decimal("1.5"))
    assert Quantity(Decimal("1.5")) not in (Quantity(Decimal("1.51")), Decimal("1.5"))
    assert hash(Quantity(Decimal("1.50"))) == hash(Quantity(Decimal("1.5")))
    assert repr(Quantity(Decimal("1E+3"))) == "Quantity(1000)"


@pytest.mark.parametrize("made", [lambda n: Money(Decimal(n), unit("usd")), lambda n: Quantity(Decimal(n))])
def test_different_amounts_seldom_share_a_place_in_a_table(made: Callable[[int], Money | Quantity]) -> None:
    assert len({hash(made(number)) for number in range(100)}) > 90


@pytest.mark.parametrize(
    ("figure", "name", "complaint"),
    [
        (Money(Decimal(1), unit("usd")), "amount", "^Money does not change$"),
        (Subtotal(Decimal(1), unit("usd")), "unit", "^Subtotal does not change$"),
        (Quantity(Decimal(1)), "value", "^a Quantity does not change$"),
    ],
)
def test_no_figure_can_be_changed(figure: Money | Quantity, name: str, complaint: str) -> None:
    with pytest.raises(AttributeError, match=complaint):
        setattr(figure, name, Decimal(2))


@pytest.mark.parametrize(
    ("language", "code", "amount", "parts"),
    [
        ("en", "USD", "3062.16", ("$3,062", ".16", "")),
        ("en", "USD", "-0.5", ("−$0", ".50", "")),
        ("de", "EUR", "3062.16", ("3.062", ",16", "\xa0€")),
        ("fr", "EUR", "3062.16", ("3\u202f062", ",16", "\xa0€")),
        ("pt-BR", "BRL", "1062", ("R$\xa01.062", ",00", "")),
        ("ja", "JPY", "3062", ("￥3,062", "", "")),
        ("en", "JPY", "3062", ("¥3,062", "", "")),
        ("ar", "USD", "3347.12", (f"{LRM}3,347", ".12", f"\xa0US${LRM}")),
        ("en", "KWD", "1833.84", ("KWD\xa01,833", ".840", "")),
        ("de", "KWD", "1833.84", ("1.833", ",840", "\xa0KWD")),
        ("en", "credits", "5539.6", ("5,539.6 credits", "", "")),
    ],
)
def test_an_amount_is_cut_around_its_cents(language: str, code: str, amount: str, parts: tuple[str, str, str]) -> None:
    found = Money(Decimal(amount), unit(code))
    assert cut(write(found, locale(language)), found.unit, locale(language)) == parts


def test_whatever_is_cut_is_still_all_there() -> None:
    dice = random.Random(2)
    for _ in range(500):
        language, code = (
            dice.choice(["en", "de", "fr", "ja", "ar", "he", "pl", "hi", "sv", "de-CH"]),
            dice.choice(["USD", "EUR", "JPY", "KWD", "CHF"]),
        )
        found = Money(Decimal(dice.randint(-(10**7), 10**7)).scaleb(-dice.randint(0, 4)), unit(code))
        text = write(found, locale(language))
        before, cents, after = cut(text, found.unit, locale(language))
        assert before + cents + after == text
        assert sum(letter.isdigit() for letter in cents) == found.unit.digits


def test_an_amount_due_comes_from_an_invoice_alone() -> None:
    figures = b'"currency": "usd", "subtotal": "9.00", "total": "8.00", "amount_due": "7.00"'
    invoice = decode(b'{"customer": {"id": "abc"}, "line_items": [], ' + figures + b"}", Invoice)
    assert AmountDue(invoice) == Money(Decimal(7), unit("USD"))
    with pytest.raises(TypeError):
        AmountDue(Decimal(7), unit("USD"))  # type: ignore[call-arg, arg-type]


def test_a_unit_is_a_currency_with_the_digits_of_cldr_or_a_pricing_unit_under_its_own_name() -> None:
    for code, digits in {"usd": 2, "USD": 2, "JPY": 0, "KWD": 3}.items():
        assert (unit(code).code, unit(code).digits, unit(code).is_currency) == (code.upper(), digits, True)
    for code in ("credits", "compute_credits", "Credits", ""):
        assert (unit(code).code, unit(code).digits, unit(code).is_currency) == (code, None, False)


@pytest.mark.parametrize(("language", "code", "texts"), WRITTEN)
def test_money_is_written_as_readers_of_a_language_write_it(language: str, code: str, texts: dict[str, str]) -> None:
    for amount, text in texts.items():
        spelled = text.replace("~", "\N{NO-BREAK SPACE}").replace("_", "\N{NARROW NO-BREAK SPACE}")
        assert write(Money(Decimal(amount), unit(code)), locale(language)) == spelled


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(Decimal("3347.12"), unit("USD")), f"{LRM}3,347.12\xa0US${LRM}"),
        (Money(Decimal("-3347.12"), unit("USD")), f"{LRM}-3,347.12\xa0US${LRM}"),
        (Money(Decimal("0.0001"), unit("USD")), f"{LRM}<{LRM}0.01\xa0US${LRM}"),
        (Money(Decimal("33.120"), unit("KWD")), f"{RLM}33.120\xa0د.ك."),
        (Money(Decimal("-33.120"), unit("KWD")), f"{RLM}{LRM}-33.120\xa0د.ك."),
    ],
)
def test_signs_and_currencies_keep_their_side_where_text_runs_from_right_to_left(money: Money, text: str) -> None:
    assert write(money, locale("ar")) == text
    assert write_quantity(Decimal("-2.5"), locale("ar")) == f"{LRM}-2.5{LRM}"
    assert write_change(Decimal("2.5"), locale("ar")) == f"{LRM}+{LRM}2.5%{LRM}"


@pytest.mark.parametrize(
    ("tag", "rate", "change"), [("en", "7.25%", "−4.0%"), ("de", "7,25\xa0%", "−4,0\xa0%"), ("ja", "7.25%", "−4.0%")]
)
def test_a_rate_keeps_every_digit_and_a_change_has_one_and_its_sign(tag: str, rate: str, change: str) -> None:
    assert write_rate(Rate(Decimal("7.2500")), locale(tag)) == rate
    assert write_change(Decimal("-4"), locale(tag)) == change


@pytest.mark.parametrize(("code", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3)])
def test_half_a_digit_is_rounded_away_from_zero(code: str, digits: int) -> None:
    dice = random.Random(digits)
    for _ in range(1_000):
        amount = Decimal(dice.randrange(1, 10**9)) / 10 ** dice.randint(0, digits + 1)
        shown = int(re.sub(r"[^0-9]", "", write(Money(-amount, unit(code)), EN)))
        assert shown == max(1, (Fraction(amount) * 10**digits + Fraction(1, 2)).__floor__())


def test_a_gridline_has_no_more_decimals_than_its_value() -> None:
    for amount, text in {"600": "600", "0.05": "0.05", "1E+3": "1,000", "0": "0", "2.50": "2.5"}.items():
        assert write_tick(Money(Decimal(amount), unit("USD")), EN) == f"${text}"
        assert write_tick(Money(Decimal(amount), unit("credits")), EN) == text
    assert write_tick(Money(Decimal("-0.25"), unit("EUR")), locale("de")) == "−0,25\N{NO-BREAK SPACE}€"


@pytest.mark.parametrize(("quantity", "text"), QUANTITIES.items())
def test_a_quantity_is_written_exactly(quantity: str, text: str) -> None:
    assert write_quantity(Decimal(quantity), EN) == text


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        ("0.045", "USD", "$0.045"),
        ("0.000004", "USD", "$0.000004"),
        ("1", "USD", "$1.00"),
        ("0.5", "JPY", "¥0.5"),
        ("12", "JPY", "¥12"),
        ("0.25", "credits", "0.25 credits"),
    ],
)
def test_what_one_costs_is_written_to_its_last_digit(amount: str, code: str, text: str) -> None:
    assert write(UnitPrice(Decimal(amount), unit(code)), EN) == text
