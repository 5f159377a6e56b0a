"""Exact amounts and the units they are counted in."""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import cache, lru_cache
from typing import NoReturn

from babel.numbers import get_currency_precision, list_currencies

# Checked on the raw text, before it becomes a Decimal: `Decimal` itself takes NaN, 1e999999, " 1.5 ", 1_000
# and full-width digits, and some of those cost seconds to print.
_AMOUNT = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,20})?"
_PLAIN = re.compile(_AMOUNT)
_NUMBER = re.compile(_AMOUNT + r"(?:[eE][+-]?[0-9]{1,2})?")

# Wide enough for every sum of amounts that pass the pattern; a result that would round is an error.
_EXACT = Context(prec=300, traps=[InvalidOperation, Overflow, Inexact])
_ZERO = Decimal(0)


@lru_cache(8192)  # most days of a series are the same when it is asked for again
def amount(text: str) -> Decimal:
    """The decimal that is written there, to the last digit.

    Raises ValueError on anything that is not a plain amount of at most 18 whole digits and 20 decimals.
    """
    if _PLAIN.fullmatch(text) is None:
        raise ValueError("not an amount")
    return Decimal(text)


@lru_cache(8192)  # a ledger's balance after one entry is that before the next
def number(token: str) -> Decimal:
    """The decimal in a JSON number, to the last digit: an amount, whose decimals an exponent may move.

    Raises ValueError as `amount` does.
    """
    if _PLAIN.fullmatch(token):
        return Decimal(token)
    if _NUMBER.fullmatch(token) is None:
        raise ValueError("not an amount")
    return Decimal(format(Decimal(token), "f"))


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


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a hundred, of a tax or a discount: every digit of it is written."""

    percent: Decimal


def places(amount: Decimal) -> int:
    """How many decimals it takes to write an amount exactly; below zero for whole tens and hundreds."""
    return -int(amount.normalize(_EXACT).as_tuple().exponent)
