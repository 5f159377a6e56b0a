"""Writes for one reader: texts in their language, amounts, counts and days as they are written there."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

from babel import Locale

from app import amounts
from app.days import DayName, Moment, day_of, write_day, write_days, write_moment, zone
from app.labels import NO_LABELS, Label, Labels
from app.money import Money, Quantity, Rate, Unit, unit
from app.web.catalogue import ENGLISH, language_of, translations
from app.words import Plural, Text, Words, Written

_ISOLATE, _POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_RTL = ("R", "AL")

# How old figures are, by the largest span that fits: its seconds, and what is said of so many.
_AGES: dict[str, tuple[int, Callable[[int], Text]]] = {
    "day": (86400, lambda n: Plural("Updated {n} day ago", "Updated {n} days ago", n=n)),
    "hour": (3600, lambda n: Plural("Updated {n} hour ago", "Updated {n} hours ago", n=n)),
    "minute": (60, lambda n: Plural("Updated {n} minute ago", "Updated {n} minutes ago", n=n)),
}
_COUNTS = (2, 1, 0, 3, 11, 100)  # one of each way in which the languages of the world count
_JUST_NOW = Text("Updated just now")
_UNKNOWN = Text("Age unknown")
_NO_NAME = Text("(no name)")


# How a string that is not ours is written: a name that somebody typed, Orb's word for a unit.
Foreign = Callable[[str], str]


def as_it_is(text: str) -> str:
    return text


class Reader:
    """`locale` writes numbers and days; `language` is that of the texts, English where there is no catalogue.

    `foreign` writes every string that is not ours: programs get it as it is, people what can be shown of it.
    """

    def __init__(self, locale: Locale, labels: Labels, foreign: Foreign) -> None:
        self.locale = locale
        self._labels = labels
        self._foreign = foreign
        self.language = language_of(locale)
        self._catalogue = translations(self.language)
        self._is_rtl = self.direction == "rtl"

    @property
    def tag(self) -> str:
        """The language as HTML names it: `pt-BR`."""
        return str(self.language).replace("_", "-")

    @property
    def direction(self) -> str:
        """`ltr`, or `rtl` where the language is written from right to left."""
        return str(self.language.text_direction)

    def taking(self, foreign: Foreign) -> "Reader":
        """The same reader, for whom strings that are not ours are written that way."""
        return reader(self.locale, self._labels, foreign)

    def write(self, value: object) -> str:
        """Anything that a text or a page holds, as this reader sees it."""
        match value:
            case Text():
                return self.say(value)
            case Money():
                return amounts.write(value, self.locale, self._noun)
            case Quantity():
                return amounts.write_quantity(value.value, self.locale)
            case Unit():
                return value.code if value.is_currency else self._noun(value, Decimal(2))
            case Rate():
                return amounts.write_rate(value, self.locale)
            case Label():
                return self._foreign(self._labels.name(value, self.locale.language))
            case DayName():
                return write_day(value.day, self.locale, value.skeleton)
            case Moment():
                return write_moment(value.moment, value.where, self.locale)
            case int() if not isinstance(value, bool):
                return amounts.write_quantity(Decimal(value), self.locale)
        return value if isinstance(value, Written) else self._named(str(value))

    def say(self, text: Words) -> str:
        """The text in the reader's language, its values written and kept apart from their surroundings."""
        if isinstance(text, str):
            return self.write(text)
        found = self._translated(text)
        return found.format(**{name: self._apart(self.write(value)) for name, value in text.values.items()})

    def cut(self, money: Money) -> tuple[Written, Written, Written]:
        """An amount as it is written, cut around its cents, the sign before them included: there may be none."""
        before, cents, after = amounts.cut(self.write(money), money.unit, self.locale)
        return Written(before), Written(cents), Written(after)

    def quantity(self, amount: Decimal) -> str:
        return amounts.write_quantity(amount, self.locale)

    def percent(self, share: Decimal) -> str:
        """A share of a hundred, to its one decimal: `41.0%`, `41,0 %`."""
        return amounts.write_percent(share, self.locale)

    def signed(self, change: Decimal) -> str:
        """By how many percent something is more or less: `+4.2%`, `−4,2 %`."""
        return amounts.write_change(change, self.locale)

    def tick(self, value: float, code: str) -> str:
        """The name of a gridline."""
        return amounts.write_tick(Money(Decimal(repr(value)), unit(code)), self.locale)

    def compact(self, value: float) -> str:
        """The name of a gridline that counts: `800`, `50.3M`."""
        return amounts.write_compact(Decimal(repr(value)), self.locale)

    def day(self, value: DayName | datetime | date, where: str | None = None, skeleton: str = "MMMd") -> str:
        """A calendar day by a CLDR skeleton; an instant is the day that it falls on in the zone `where`."""
        if isinstance(value, datetime):
            value = day_of(value, zone(where or "UTC"))
        return write_day(value.day if isinstance(value, DayName) else value, self.locale, skeleton)

    def span(self, start: datetime | date, end: datetime | date, where: str = "UTC", skeleton: str = "yMMMd") -> str:
        """Days from `start` to `end`, the end exclusive, by a CLDR skeleton: `Nov 1 – 30, 2026`."""
        return write_days(_day_in(start, where), _day_in(end, where, last=True), self.locale, skeleton)

    def apart(self, text: str) -> str:
        """A text that stands by itself among others that may run another way."""
        return f"{_ISOLATE}{text}{_POP}" if self._is_rtl else text

    def moment(self, moment: datetime, where: str) -> str:
        return write_moment(moment, zone(where), self.locale)

    def age(self, seconds: float | None) -> str:
        """How old the figures are: `Updated just now`, `Updated 3 minutes ago`, `Age unknown`."""
        if seconds is None:
            return self.say(_UNKNOWN)
        for size, said in _AGES.values():
            if (count := max(0, int(seconds)) // size) > 0:
                return self.say(said(count))
        return self.say(_JUST_NOW)

    def ages(self) -> dict[str, dict[str, str]]:
        """The same sentences for the script that keeps the stamp ticking: by span, then by CLDR plural category."""
        counts = range(1, 120)
        forms = {
            span: {self.language.plural_form(n): self._translated(said(n)) for n in counts}
            for span, (_, said) in _AGES.items()
        }
        return {"now": {"other": self.say(_JUST_NOW)}, **forms}

    def _named(self, text: str) -> str:
        """A string that is not ours; where people would see nothing of it, that it has no name."""
        found = self._foreign(text)
        return found if found or self._foreign is as_it_is else self.say(_NO_NAME)

    def _translated(self, text: Text) -> str:
        if isinstance(text, Plural):
            return self._catalogue.ngettext(text.text, text.many, int(str(text.values["n"])))
        return self._catalogue.gettext(text.text)

    def _apart(self, value: str) -> str:
        """A value whose letters run another way than the sentence must not turn the sentence around."""
        if self._is_rtl or (not value.isascii() and any(unicodedata.bidirectional(each) in _RTL for each in value)):
            return f"{_ISOLATE}{value}{_POP}"
        return value

    def _noun(self, counted: Unit, size: Decimal) -> str:
        """What a pricing unit is called beside that many of it; Orb's identifier where nobody named it otherwise."""
        size = size.normalize()
        if counted.code in self._labels.units:
            category = self.locale.plural_form(size)
            if named := self._labels.unit(counted.code, category, self.locale.language):
                return named
        if counted.code != "credits":
            foreign = amounts.noun(counted, size) if self.language == ENGLISH else counted.code.replace("_", " ")
            return self._foreign(foreign)
        return _credits(self, self.language.plural_form(size))


def _day_in(moment: datetime | date, where: str, *, last: bool = False) -> date:
    """The day of an instant, or the one before it where it is the exclusive end of days."""
    if isinstance(moment, datetime):
        return day_of(moment - timedelta(microseconds=1) if last else moment, zone(where))
    return moment - timedelta(days=1) if last else moment


@cache
def _credits(reader: Reader, form: str) -> str:
    """The word for credits beside a count of that plural category.

    Catalogues know whole counts alone: one that this language treats alike stands for it.
    """
    alike = (n for n in _COUNTS if reader.language.plural_form(n) == form)
    return reader.say(Plural("credit", "credits", n=next(alike, 2)))


@cache
def reader(locale: Locale, labels: Labels = NO_LABELS, foreign: Foreign = as_it_is) -> Reader:
    return Reader(locale, labels, foreign)
