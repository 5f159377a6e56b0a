"""Locales, each with data of its own."""

from copy import deepcopy
from functools import cache

from babel import Locale, localedata


@cache
def locale(tag: str) -> Locale:
    """The locale of a tag such as `pt-BR`. Raises ValueError or UnknownLocaleError.

    Babel lets locales share what they inherit, and resolves references within it where they stand: what one
    language lacks then becomes what every language says that is read later (`M06` for June). So each gets a copy
    before anything of it is read.
    """
    found = Locale.parse(tag.replace("-", "_"))
    data = localedata.load(str(found))
    own = deepcopy(data)
    data.clear()
    data.update(own)
    return found
