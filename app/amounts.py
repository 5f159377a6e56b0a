"""Amounts and counts as people read them, each in the way of a locale."""

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext

from babel import Locale
from babel.numbers import format_compact_decimal

from app.money import Money, Rate, Unit, UnitPrice, places
from app.spelling import Spelling, rounded, spelling, spelling_of_percents

_WIDE = Context(prec=300, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
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
    unit, amount = money.unit, money.amount
    spelled = _spelling(unit, locale)
    least, most = (0, 2) if unit.digits is None else (unit.digits, unit.digits)
    if isinstance(money, UnitPrice):
        least = unit.digits or 0
        most = max(least, places(amount))
    size = rounded(amount.copy_abs(), most)
    if amount and not size:
        step = Decimal(1).scaleb(-most).copy_sign(amount)
        crumb = _signed(step, _named(step.copy_abs(), unit, spelled, (least, most), noun), spelled)
        return _before("<" if amount > 0 else ">", crumb, spelled)
    return _signed(amount, _named(size, unit, spelled, (least, most), noun), spelled)


def cut(text: str, unit: Unit, locale: Locale) -> tuple[str, str, str]:
    """A written amount of a currency before, in and after its decimals, their separator included."""
    decimals = re.escape(spelling(locale).point) + rf"\d{{{unit.digits}}}(?!\d)"
    found = [*re.finditer(decimals, text)] if unit.digits else []
    return (text[: found[-1].start()], found[-1][0], text[found[-1].end() :]) if found else (text, "", "")


def write_tick(money: Money, locale: Locale) -> str:
    """The amount as the name of a gridline: `$600`, `$0.05`, `1,500`; no more decimals than it has."""
    if not money.unit.is_currency:
        return write_quantity(money.amount, locale)
    decimals, spelled = max(0, places(money.amount)), _spelling(money.unit, locale)
    return _signed(money.amount, spelled.spell(money.amount.copy_abs(), decimals, decimals), spelled)


def write_quantity(quantity: Decimal, locale: Locale) -> str:
    """A count as people read it, exact: `50,300,112`, `0.19291`."""
    spelled = spelling(locale)
    return _signed(quantity, spelled.spell(quantity.copy_abs(), 0, max(0, places(quantity))), spelled)


def write_compact(quantity: Decimal, locale: Locale) -> str:
    """A count in few signs, rounded to three digits: `800`, `50.3M`, `50,3 Mio.`."""
    size = _THREE_DIGITS.create_decimal(quantity.copy_abs())
    if size < _MANY:
        return write_quantity(size.copy_sign(quantity), locale)
    with localcontext(_WIDE):
        text = str(format_compact_decimal(size, locale=locale, fraction_digits=2))
    if text.isdecimal():  # German has no short word for thousands, and Babel no groups where there is none
        text = write_quantity(size, locale)
    return _signed(quantity, text, spelling(locale))


def write_percent(share: Decimal, locale: Locale) -> str:
    """A share of a hundred to one decimal, as people read it: `41.0%`, `41,0 %`."""
    return _percent(share, (1, 1), locale)


def write_rate(rate: Rate, locale: Locale) -> str:
    """A rate with every digit that it has: `7.25%`, `7,25 %`."""
    return _percent(rate.percent, (0, max(0, places(rate.percent))), locale)


def _percent(percent: Decimal, decimals: tuple[int, int], locale: Locale) -> str:
    spelled = spelling_of_percents(locale)
    return _signed(percent, spelled.spell(percent.copy_abs(), *decimals), spelled)


def write_change(percent: Decimal, locale: Locale) -> str:
    """By how many percent something is more or less, to one decimal: `+41.0%`, `−4,2 %`."""
    text = write_percent(percent, locale)
    return _before("+", text, spelling(locale)) if percent > 0 else text


def _signed(amount: Decimal, text: str, spelled: Spelling) -> str:
    """`text`, the size of `amount` in words, with the sign; the true minus where text runs from left to right.

    Where it runs from right to left, marks of direction keep the sign left of the digits, a currency written in
    Latin letters in one piece with them, and one written in letters of the language on their left.
    """
    if not spelled.rtl:
        return _MINUS + text if amount < 0 else text
    bare = text.translate(_NO_MARKS)
    sign = "-" if amount < 0 else ""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in bare):
        return f"{_RLM}{_LRM if sign else ''}{sign}{bare}"
    return f"{_LRM}{sign}{bare}{_LRM}" if sign or not bare[-1].isdecimal() or not bare[0].isdecimal() else bare


def _before(sign: str, text: str, spelled: Spelling) -> str:
    return f"{_LRM}{sign}{text}" if spelled.rtl else sign + text


def _named(size: Decimal, unit: Unit, spelled: Spelling, decimals: tuple[int, int], noun: Noun) -> str:
    text = spelled.spell(size, *decimals)
    return text if unit.is_currency else f"{text} {noun(unit, size)}"


def _spelling(unit: Unit, locale: Locale) -> Spelling:
    return spelling(locale, unit.code if unit.is_currency else None)
