"""Everything that people or programs read: the one JSON encoder, the Jinja environment, the words of a locale."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache, partial, reduce
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from babel import Locale, UnknownLocaleError
from markupsafe import Markup, escape
from starlette.requests import Request

from app.days import DayName, Moment
from app.labels import Label
from app.locales import locale
from app.money import Money, Quantity
from app.plain import at_length, plain, short
from app.web import axis, plots, plots_spend, plots_usage
from app.web.catalogue import ENGLISH
from app.web.reader import Reader, reader
from app.web.theme import look
from app.web.viewer import KNOWN, Viewer
from app.web.wishes import wishes
from app.words import Plural, Text, Written

_TEMPLATES = Path(__file__).parents[2] / "templates"
# No `@variant`: anybody could make up locales without end, and each is remembered.
_TAG = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?")


def locale_of(*headers: str | None) -> Locale:
    """The best liked locale that there is; each header is a tag, or an Accept-Language header; else English."""
    for header in headers:
        for tag in wishes(header or ""):
            if not _TAG.fullmatch(tag):
                continue
            try:
                return locale(tag)
            except (ValueError, TypeError, UnknownLocaleError):
                continue
    return ENGLISH


def reader_of(request: Request) -> Reader:
    """Who reads the answer: the locale of the token, else that of the browser."""
    viewer: Viewer | None = request.scope.get(KNOWN)
    locale = locale_of(viewer.locale if viewer else None, request.headers.get("accept-language"))
    return reader(locale, request.app.state.desk.labels)


def shared(request: Request) -> dict[str, object]:
    """What every page needs: the words of its reader, and how it is dressed."""
    return {**words(reader_of(request)), "look": look(request)}


@cache
def encoder(reader: Reader) -> msgspec.json.Encoder:
    """Data as JSON for one reader: amounts as decimal strings with their text, texts and days as they are read."""
    return msgspec.json.Encoder(enc_hook=partial(_plain, reader))


def _plain(reader: Reader, value: object) -> object:
    match value:
        case Money():
            return {"amount": f"{value.amount:f}", "unit": value.unit.code, "text": reader.write(value)}
        case Quantity():
            return f"{value.value:f}"
        case DayName() | Text() | Label():
            return reader.write(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def environment(address: Callable[[str], str]) -> jinja2.Environment:
    """Templates escape everything, fail on a name that is not there, and write our values for their reader.

    `address` tells where a browser finds a file of the page.
    """
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_written,
    )
    found.globals.update(axis=axis, plots=plots, plots_spend=plots_spend, plots_usage=plots_usage)
    found.globals.update(file=lambda name: Written(address(name)))
    found.globals.update(last=lambda end: end - timedelta(microseconds=1))
    for name in found.list_templates():  # here, and not while the first reader waits
        found.get_template(name)
    return found


_OURS = (Text, Money, Quantity, DayName, Moment, Label)


@jinja2.pass_context
def _written(context: jinja2.runtime.Context, value: object) -> object:
    """What stands between `{{` and `}}`: a string that nobody has written yet may be anybody's."""
    if isinstance(value, _OURS):
        return context["reader"].write(value)
    return plain(value) if type(value) is str else value


def words(reader: Reader) -> dict[str, object]:
    """What a template uses to write for one reader: `_` a text, `_n` one that depends on a count, `bdi` a name."""
    shown, whole = reader.taking(short), reader.taking(at_length)

    def say(text: str, /, **values: object) -> Written:
        return Written(shown.say(Text(text, **values)))

    def count(one: str, many: str, /, n: int, **values: object) -> Written:
        return Written(shown.say(Plural(one, many, n=n, **values)))

    def bdi(value: object) -> Markup:
        """What is not ours, in its own direction; where it is too long for its place, all of it in the title.

        A text of ours goes the way of the page: it keeps apart what is in it.
        """
        text, all_of_it = shown.write(value), whole.write(value)
        tag = "span" if isinstance(value, Text) else "bdi"
        if text != all_of_it:
            return Markup('<{0} title="{1}">{2}</{0}>').format(tag, all_of_it, text)
        return escape(text) if tag == "span" else Markup("<bdi>{}</bdi>").format(text)

    def together(names: Iterable[object]) -> Markup:
        """Names as one list: `Backup, Grid`."""
        join = Markup(reader.locale.list_patterns["standard"]["middle"]).format  # noqa: S704  CLDR's
        return reduce(join, [bdi(each) for each in names])

    return {
        "reader": shown,
        "_": say,
        "_n": count,
        "bdi": bdi,
        "short": lambda value: Written(shown.write(value)),
        "exact": Written,  # a field of a form brings back what was typed
        "together": together,
        "cut": shown.cut,
        **{name: _ours(getattr(shown, name)) for name in _WRITES},
    }


_WRITES = ("tick", "compact", "quantity", "percent", "signed", "day", "span", "apart", "moment")


def _ours(write: Callable[..., str]) -> Callable[..., Written]:
    """The same, marked as written by us."""

    def written(*values: Any, **more: Any) -> Written:
        return Written(write(*values, **more))

    return written
