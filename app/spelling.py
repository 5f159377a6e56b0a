"""How a locale spells numbers, found out from Babel once: Babel looks all of it up again for each number."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import cache

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol, parse_pattern

# Wide enough for every amount that there can be.
_ROUNDED = Context(prec=300, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


@dataclass(frozen=True, slots=True)
class Spelling:
    """`before` and `after` stand around the digits, a currency's symbol among them; `point` is before the decimals.

    The last `first` whole digits stand together, then always as many as `other`, with `group` between.
    """

    before: str
    after: str
    point: str
    group: str
    first: int
    other: int
    rtl: bool

    def spell(self, size: Decimal, least: int, most: int) -> str:
        """A number from zero upwards: rounded to `most` decimals, half a digit up, with `least` at the least."""
        if size.as_tuple().exponent != -most:
            size = rounded(size, most)
        whole, _, decimals = f"{size:f}".partition(".")
        if len(decimals) > least:
            decimals = decimals.rstrip("0").ljust(least, "0")
        digits = self._grouped(whole) if len(whole) > self.first else whole
        return f"{self.before}{digits}{self.point}{decimals}{self.after}" if decimals else self._around(digits)

    def _around(self, digits: str) -> str:
        return f"{self.before}{digits}{self.after}"

    def _grouped(self, whole: str) -> str:
        parts = [whole[-self.first :]]
        whole = whole[: -self.first]
        while whole:
            parts.append(whole[-self.other :])
            whole = whole[: -self.other]
        return self.group.join(reversed(parts))


def rounded(size: Decimal, decimals: int) -> Decimal:
    """To that many decimals, half a digit away from zero."""
    return size.quantize(_step(decimals), context=_ROUNDED)


@cache
def _step(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


@cache
def spelling(locale: Locale, code: str | None = None) -> Spelling:
    """How numbers are spelled, or amounts of the currency of that ISO code."""
    return _of(locale, "#,##0" if code is None else locale.currency_formats["standard"].pattern, code)


@cache
def spelling_of_percents(locale: Locale) -> Spelling:
    return _of(locale, locale.percent_formats[None].pattern, None)


def _of(locale: Locale, pattern: str, code: str | None) -> Spelling:
    found = parse_pattern(pattern)
    found.frac_prec = (0, 0)
    before, _, after = found.apply(Decimal(0), locale, currency=code, currency_digits=False).partition("0")
    if (
        code is not None and before == code and code.isalpha()
    ):  # CLDR keeps a code of letters off the digits; Babel does not
        before += "\N{NO-BREAK SPACE}"
    first, other = found.grouping
    return Spelling(
        before,
        after,
        get_decimal_symbol(locale),
        get_group_symbol(locale),
        first,
        other,
        locale.text_direction == "rtl",
    )
