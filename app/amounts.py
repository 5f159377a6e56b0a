"""Amounts and counts as people read them, each in the way of a locale."""

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import NumberPattern, format_compact_decimal, get_decimal_symbol, parse_pattern

from app.money import Money, Rate, Unit, UnitPrice, places

_ROUNDED = Context(prec=300, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_MANY = Decimal(10000)
_MINUS = "−"
_LRM, _RLM = "\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}"
_NO_MARKS = dict.fromkeys(map(ord, (_LRM, _RLM, "\N{ARABIC LETTER MARK}")))

# What a pricing unit is called beside an amount of it.
Noun = Callable[[Unit, Decimal], str]


def noun(unit: Unit, size: Decimal) -> str:
    """The unit by Orb's identifier, in English: `credit` beside one, `credits` beside any other amount."""
    name = unit.code.replace("_", " ")
    return name[:-1] if size == 1 and name.endswith("s") else name


def write(money: Money, locale: Locale, noun: Noun = noun) -> str:
    """The amount as people read it: `$3,062.16`, `¥1,200`, `1,200 credits`, `<$0.01` for a crumb."""
    pattern = _pattern(money.unit, locale)
    if isinstance(money, UnitPrice):
        pattern = parse_pattern(pattern.pattern)
        least = money.unit.digits or 0
        pattern.frac_prec = (least, max(least, places(money.amount)))
    step = Decimal(1).scaleb(-pattern.frac_prec[1])
    size = money.amount.copy_abs().quantize(step, context=_ROUNDED)
    if money.amount and not size:
        crumb = _spell(step, money.unit, pattern, locale, noun)
        return _before("<" if money.amount > 0 else ">", _signed(step.copy_sign(money.amount), crumb, locale), locale)
    text = _spell(size, money.unit, pattern, locale, noun)
    return _signed(money.amount, text, locale)


def cut(text: str, unit: Unit, locale: Locale) -> tuple[str, str, str]:
    """A written amount of a currency before, in and after its decimals, their separator included."""
    decimals = re.escape(get_decimal_symbol(locale)) + rf"\d{{{unit.digits}}}(?!\d)"
    found = [*re.finditer(decimals, text)] if unit.digits else []
    return (text[: found[-1].start()], found[-1][0], text[found[-1].end() :]) if found else (text, "", "")


def write_tick(money: Money, locale: Locale) -> str:
    """The amount as the name of a gridline: `$600`, `$0.05`, `1,500`; no more decimals than it has."""
    decimals = max(0, places(money.amount))
    if not money.unit.is_currency:
        return write_quantity(money.amount, locale)
    pattern = parse_pattern(_pattern(money.unit, locale).pattern)
    pattern.frac_prec = (decimals, decimals)
    text = _spell(money.amount.copy_abs(), money.unit, pattern, locale, noun)
    return _signed(money.amount, text, locale)


def write_quantity(quantity: Decimal, locale: Locale) -> str:
    """A count as people read it, exact: `50,300,112`, `0.19291`."""
    text = _number(quantity.copy_abs(), _plain(max(0, places(quantity))), locale)
    return _signed(quantity, text, locale)


def write_compact(quantity: Decimal, locale: Locale) -> str:
    """A count in few signs, rounded to three digits: `800`, `50.3M`, `50,3 Mio.`."""
    size = _THREE_DIGITS.create_decimal(quantity.copy_abs())
    if size < _MANY:
        return write_quantity(size.copy_sign(quantity), locale)
    with localcontext(_ROUNDED):
        text = str(format_compact_decimal(size, locale=locale, fraction_digits=2))
    if text.isdecimal():  # German has no short word for thousands, and Babel no groups where there is none
        text = write_quantity(size, locale)
    return _signed(quantity, text, locale)


def write_percent(share: Decimal, locale: Locale) -> str:
    """A share of a hundred to one decimal, as people read it: `41.0%`, `41,0 %`."""
    return _percent(share, (1, 1), locale)


def write_rate(rate: Rate, locale: Locale) -> str:
    """A rate with every digit that it has: `7.25%`, `7,25 %`."""
    return _percent(rate.percent, (0, max(0, places(rate.percent))), locale)


def _percent(percent: Decimal, decimals: tuple[int, int], locale: Locale) -> str:
    pattern = parse_pattern(locale.percent_formats[None].pattern)
    pattern.frac_prec = decimals
    pattern.scale = 0
    return _signed(percent, _number(percent.copy_abs(), pattern, locale), locale)


def write_change(percent: Decimal, locale: Locale) -> str:
    """By how many percent something is more or less, to one decimal: `+41.0%`, `−4,2 %`."""
    text = write_percent(percent, locale)
    return _before("+", text, locale) if percent > 0 else text


def _signed(amount: Decimal, text: str, locale: Locale) -> str:
    """`text`, the size of `amount` in words, with the sign; the true minus where text runs from left to right.

    Where it runs from right to left, marks of direction keep the sign left of the digits, a currency written in
    Latin letters in one piece with them, and one written in letters of the language on their left.
    """
    if locale.text_direction != "rtl":
        return _MINUS + text if amount < 0 else text
    bare = text.translate(_NO_MARKS)
    sign = "-" if amount < 0 else ""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in bare):
        return f"{_RLM}{_LRM if sign else ''}{sign}{bare}"
    return f"{_LRM}{sign}{bare}{_LRM}" if sign or not bare[-1].isdecimal() or not bare[0].isdecimal() else bare


def _before(sign: str, text: str, locale: Locale) -> str:
    return f"{_LRM}{sign}{text}" if locale.text_direction == "rtl" else sign + text


def _spell(size: Decimal, unit: Unit, pattern: NumberPattern, locale: Locale, noun: Noun) -> str:
    if not unit.is_currency:
        return f"{_number(size, pattern, locale)} {noun(unit, size)}"
    text = _number(size, pattern, locale, currency=unit.code, currency_digits=False)
    # CLDR keeps a code of letters off the digits; Babel does not.
    return re.sub(r"^([A-Z]{3})(?=[0-9])", "\\1\N{NO-BREAK SPACE}", text)


def _number(size: Decimal, pattern: NumberPattern, locale: Locale, **currency: Any) -> str:
    # Babel rounds in the context that it finds: the usual one has 28 digits.
    with localcontext(_ROUNDED):
        return str(pattern.apply(size, locale, **currency))


@cache
def _pattern(unit: Unit, locale: Locale) -> NumberPattern:
    if unit.digits is None:
        return _plain(2)
    standard = locale.currency_formats["standard"]
    pattern = parse_pattern(standard.pattern)
    pattern.frac_prec = (unit.digits, unit.digits)
    return pattern


@cache
def _plain(decimals: int) -> NumberPattern:
    pattern = parse_pattern("#,##0")
    pattern.frac_prec = (0, decimals)
    return pattern
