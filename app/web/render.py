"""Everything that people or programs read: the one JSON encoder, the Jinja environment, the words of a locale."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

import jinja2
import msgspec
from babel import Locale, UnknownLocaleError

from app.days import DayName, day_of, write_day, write_moment, zone
from app.money import Money, Quantity, unit, write, write_quantity, write_tick
from app.web import plots

_TEMPLATES = Path(__file__).parents[2] / "templates"
_ENGLISH = Locale("en")
# No `@variant`: anybody could make up locales without end, and each is remembered.
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?")


def locale_of(*wishes: str | None) -> Locale:
    """The first wish that is a locale; each is a tag, or an Accept-Language header; else English."""
    for wish in wishes:
        for tag in (wish or "")[:256].split(","):
            if not _TAG.fullmatch(tag := tag.partition(";")[0].strip()):
                continue
            try:
                return Locale.parse(tag, sep="-")
            except (ValueError, TypeError, UnknownLocaleError):
                continue
    return _ENGLISH


@cache
def encoder(locale: Locale) -> msgspec.json.Encoder:
    """Data as JSON for one locale: amounts as decimal strings with their text, days by name."""
    return msgspec.json.Encoder(enc_hook=partial(_plain, locale))


def _plain(locale: Locale, value: object) -> object:
    if isinstance(value, Money):
        return {"amount": f"{value.amount:f}", "unit": value.unit.code, "text": write(value, locale)}
    if isinstance(value, Quantity):
        return f"{value.value:f}"
    if isinstance(value, DayName):
        return write_day(value.day, locale)
    raise TypeError(f"no JSON for {type(value).__name__}")


def environment() -> jinja2.Environment:
    """Templates escape everything, and fail on a name that is not there."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.globals.update(plots=plots, last=lambda end: end - timedelta(microseconds=1))
    return found


def words(locale: Locale) -> dict[str, Callable[..., str]]:
    """What a template uses to write figures and days for one reader."""

    def day(value: DayName | datetime, where: str | None = None, skeleton: str = "MMMd") -> str:
        date = value.day if isinstance(value, DayName) else day_of(value, zone(where or "UTC"))
        return write_day(date, locale, skeleton)

    return {
        "money": lambda amount: write(amount, locale),
        "tick": lambda value, code: write_tick(Money(Decimal(repr(value)), unit(code)), locale),
        "quantity": lambda amount: write_quantity(amount, locale),
        "percent": lambda share: f"{write_quantity(share, locale)}%" if share % 1 else f"{share:.1f}%",
        "day": day,
        "moment": lambda moment, where: write_moment(moment, zone(where), locale),
        "day_name": lambda date: write_day(date, locale),
    }
