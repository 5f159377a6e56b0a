"""Exact amounts, the units they are counted in, and how each is written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from functools import cache
from typing import Any, NoReturn

from babel import Locale
from babel.numbers import NumberPattern, format_compact_decimal, get_currency_precision, list_currencies, parse_pattern

# Checked on the raw text, before it becomes a Decimal: `Decimal` itself takes NaN, 1e999999, " 1.5 ", 1_000
# and full-width digits, and some of those cost seconds to print.
_PLAIN = rb"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,20})?"
_STRING = re.compile(rb'"(' + _PLAIN + rb')"')
_NUMBER = re.compile(_PLAIN + rb"(?:[eE][+-]?[0-9]{1,2})?")

# Wide enough for every sum of amounts that pass the pattern; a result that would round is an error.
_EXACT = Context(prec=300, traps=[InvalidOperation, Overflow, Inexact])
_ROUNDED = Context(prec=300, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP, traps=[InvalidOperation])
_ZERO = Decimal(0)
_MANY = Decimal(10000)
_MINUS = "−"


def exact(raw: bytes) -> Decimal | None:
    """The decimal in one JSON token, a string or a number, to the last digit; None for `null`.

    Raises ValueError on anything that is not a plain amount of at most 18 whole digits and 20 decimals.
    """
    if raw == b"null":
        return None
    found = _STRING.fullmatch(raw)
    text = found[1] if found else raw if _NUMBER.fullmatch(raw) else None
    if text is None:
        raise ValueError("not an amount")
    amount = Decimal(text.decode("ascii"))
    return amount if b"e" not in text.lower() else Decimal(format(amount, "f"))


def total(amounts: "list[Decimal] | tuple[Decimal, ...]") -> Decimal:
    """The sum, exact whatever the number of digits; 0 for none."""
    result = _ZERO
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def difference(left: Decimal, right: Decimal) -> Decimal:
    """`left - right`, exact."""
    return _EXACT.subtract(left, right)


@dataclass(frozen=True, slots=True)
class Unit:
    """What an amount counts: an ISO 4217 currency, or a pricing unit of the account such as credits.

    `code` is the ISO code, or Orb's identifier of the pricing unit; `digits` is None for the latter.
    """

    code: str
    digits: int | None = None

    @property
    def is_currency(self) -> bool:
        return self.digits is not None


@cache
def unit(code: str) -> Unit:
    """The unit that Orb means by `code`; currencies are known by ISO 4217, whatever their case."""
    iso = code.upper()
    return Unit(iso, get_currency_precision(iso)) if iso in list_currencies() else Unit(code)


class Money:
    """An exact amount of one unit. Immutable; equal by value; never made from a float."""

    __slots__ = ("amount", "unit")

    amount: Decimal
    unit: Unit

    def __init__(self, amount: Decimal, unit: Unit) -> None:
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "unit", unit)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and (self.amount, self.unit) == (other.amount, other.unit)

    def __hash__(self) -> int:
        return hash((self.amount, self.unit))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.amount:f} {self.unit.code})"


class UnitPrice(Money):
    """What one of a thing costs: written to its last digit, where an amount is rounded to the cent."""

    __slots__ = ()


class Quantity:
    """A count or a rate without a unit, exact. Immutable; in JSON a decimal string, never with an exponent."""

    __slots__ = ("value",)

    value: Decimal

    def __init__(self, value: Decimal) -> None:
        object.__setattr__(self, "value", value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Quantity does not change")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Quantity({self.value:f})"


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
        pattern.frac_prec = (least, max(least, -_exponent(money.amount)))
    step = Decimal(1).scaleb(-pattern.frac_prec[1])
    size = money.amount.copy_abs().quantize(step, context=_ROUNDED)
    if money.amount and not size:
        crumb = _spell(step, money.unit, pattern, locale, noun)
        return f"<{crumb}" if money.amount > 0 else f">{_minus(locale)}{crumb}"
    text = _spell(size, money.unit, pattern, locale, noun)
    return _minus(locale) + text if money.amount < 0 and size else text


@dataclass(frozen=True, slots=True)
class Rate:
    """What one of something costs: written with every digit that it has, `$0.000004`."""

    amount: Decimal
    unit: Unit


def write_rate(rate: Rate, locale: Locale, noun: Noun = noun) -> str:
    """A price per unit as people read it: at least the digits of its currency, and never rounded."""
    decimals = max(rate.unit.digits or 0, -_exponent(rate.amount))
    pattern = parse_pattern(_pattern(rate.unit, locale).pattern)
    pattern.frac_prec = (rate.unit.digits or 0, decimals)
    text = _spell(rate.amount.copy_abs(), rate.unit, pattern, locale, noun)
    return _minus(locale) + text if rate.amount < 0 else text


def write_tick(money: Money, locale: Locale) -> str:
    """The amount as the name of a gridline: `$600`, `$0.05`, `1,500`; no more decimals than it has."""
    decimals = max(0, -_exponent(money.amount))
    if not money.unit.is_currency:
        return write_quantity(money.amount, locale)
    pattern = parse_pattern(_pattern(money.unit, locale).pattern)
    pattern.frac_prec = (decimals, decimals)
    text = _spell(money.amount.copy_abs(), money.unit, pattern, locale, noun)
    return _minus(locale) + text if money.amount < 0 else text


def write_quantity(quantity: Decimal, locale: Locale) -> str:
    """A count as people read it, exact: `50,300,112`, `0.19291`."""
    text = _number(quantity.copy_abs(), _plain(max(0, -_exponent(quantity))), locale)
    return _minus(locale) + text if quantity < 0 else text


def write_compact(quantity: Decimal, locale: Locale) -> str:
    """A count in few signs, rounded to three digits: `800`, `50.3M`, `50,3 Mio.`."""
    size = _THREE_DIGITS.create_decimal(quantity.copy_abs())
    if size < _MANY:
        return write_quantity(size.copy_sign(quantity), locale)
    with localcontext(_ROUNDED):
        text = str(format_compact_decimal(size, locale=locale, fraction_digits=2))
    return _minus(locale) + text if quantity < 0 else text


def write_percent(share: Decimal, locale: Locale) -> str:
    """A share of a hundred to one decimal, as people read it: `41.0%`, `41,0 %`."""
    pattern = parse_pattern(locale.percent_formats[None].pattern)
    pattern.frac_prec = (1, 1)
    pattern.scale = 0
    return _number(share, pattern, locale)


def write_change(percent: Decimal, locale: Locale) -> str:
    """By how many percent something is more or less, to one decimal: `+41.0%`, `−4,2 %`."""
    sign = "+" if percent > 0 else _minus(locale) if percent < 0 else ""
    return sign + write_percent(abs(percent), locale)


def _minus(locale: Locale) -> str:
    """The true minus sign; where text runs from right to left, that locale's own, which keeps its side."""
    if locale.text_direction == "rtl":
        return str(locale.number_symbols[locale.default_numbering_system]["minusSign"])
    return _MINUS


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


def _exponent(amount: Decimal) -> int:
    exponent = amount.normalize(_EXACT).as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


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
