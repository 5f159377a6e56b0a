"""Numbers are spelled as Babel spells them, which looks up anew for each what is found out once here."""

import random
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cache

from babel import Locale, localedata
from babel.numbers import format_currency, parse_pattern

from app.locales import locale
from app.money import unit
from app.spelling import spelling, spelling_of_percents


def signs(tag: str) -> tuple[object, ...]:
    """All that one locale may spell otherwise than another, but for what it calls a currency."""
    found = Locale.parse(tag)
    symbols = tuple(found.number_symbols["latn"].get(each) for each in ("decimal", "group"))
    return (
        symbols,
        found.currency_formats["standard"].pattern,
        found.percent_formats[None].pattern,
        found.text_direction,
    )


@cache
def tags() -> list[str]:
    """One locale of each way to spell."""
    return sorted({signs(tag): tag for tag in sorted(localedata.locale_identifiers())}.values())


CODES = ("USD", "EUR", "JPY", "KWD", "INR", "CHF", "CLF", "XAF", "NPR")
WIDE = Context(prec=300, rounding=ROUND_HALF_UP)
DICE = random.Random(8)
SIZES = [Decimal(text) for text in ("0", "0.004", "0.005", "0.5", "1", "999.995", "1000", "1234.5", "1E+3", "120000")]
SIZES += [Decimal(DICE.randrange(10 ** DICE.randint(1, 30))).scaleb(-DICE.randint(0, 12)) for _ in range(40)]


def test_there_are_many_ways_to_spell() -> None:
    assert len(tags()) > 40


def test_amounts_of_currencies_are_those_of_babel_but_for_a_code_that_touches_the_digits() -> None:
    for tag in tags():
        for code in CODES:
            ours, digits = spelling(locale(tag), code), unit(code).digits
            assert digits is not None
            for size in SIZES[:: 1 if code == "USD" else 7]:
                with localcontext(WIDE):
                    theirs = format_currency(size, code, locale=locale(tag), currency_digits=True)
                    apart = theirs.replace(code, f"{code}\N{NO-BREAK SPACE}") if theirs.startswith(code) else theirs
                assert ours.spell(size, digits, digits) in (theirs, apart)


def test_plain_numbers_and_percents_are_those_of_babel() -> None:
    for tag in tags():
        plain, percent = parse_pattern("#,##0"), parse_pattern(locale(tag).percent_formats[None].pattern)
        percent.scale = 0
        for size in SIZES:
            for least, most in ((0, 0), (0, 2), (1, 1), (2, 5), (0, 12)):
                plain.frac_prec = percent.frac_prec = least, most
                with localcontext(WIDE):
                    theirs = plain.apply(size, locale(tag)), percent.apply(size, locale(tag))
                ours = spelling(locale(tag)), spelling_of_percents(locale(tag))
                assert tuple(each.spell(size, least, most) for each in ours) == theirs


def test_a_code_of_letters_keeps_off_the_digits() -> None:
    assert spelling(locale("en"), "KWD").spell(Decimal("1.5"), 3, 3) == "KWD\N{NO-BREAK SPACE}1.500"
