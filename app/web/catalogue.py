"""The translations of every text, one catalogue a language: `catalogues/<language>.po`, read once."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.locales import locale

_CATALOGUES = Path(__file__).parent / "catalogues"
ENGLISH = locale("en")


@cache
def languages() -> tuple[Locale, ...]:
    """The languages there are, English first: it is what every text is written in."""
    return (ENGLISH, *(locale(path.stem) for path in sorted(_CATALOGUES.glob("*.po"))))


def language_of(asked: Locale) -> Locale:
    """The language in which a reader of that locale is spoken to: theirs, its nearest kin, or English."""
    kin = [each for each in languages() if each.language == asked.language]
    exact = [each for each in kin if each.territory == asked.territory]
    return next(iter([*exact, *kin]), ENGLISH)


@cache
def translations(language: Locale) -> NullTranslations:
    """The catalogue of one of `languages()`."""
    if language == ENGLISH:
        return NullTranslations()
    with (_CATALOGUES / f"{language}.po").open("rb") as source:
        entries = read_po(source, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    return GNUTranslations(compiled)
