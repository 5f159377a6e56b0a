"""How an operator wants the page to look: their name, logo, colours and type.

Read from a TOML file, `ORRERY_THEME`, beside which lie the files that it names:

    name = "Aurora"
    logo = "logo.svg"
    accent = {light = "#0a6b4f", dark = "#3fc79a"}
    radius = 4

    [themes.night]
    scheme = "dark"

A table of `themes` overrides what stands at the top; the viewer's token picks one by its name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

from app.artwork import BadFile, Font, Picture, font, picture
from app.palette import CHOSEN, OURS, SCHEMES, Palette, Scheme, Unreadable, colour, filled

Schemed = Literal["auto", "light", "dark"]
Made = TypeVar("Made")
Table = Mapping[str, object]

_MOST_PICTURE, _MOST_FONT = 64 * 1024, 200 * 1024
_NAME = re.compile(r"[a-z-]{1,32}")  # as a token's claim may be
_FAMILY = re.compile(r"-?\w[\w -]{0,63}")
_KEYS = ("name", "logo", "logo_dark", "logo_height", "radius", "font", "font_file", "scheme", *CHOSEN)
# What belongs together: a table that has the first of its own does not inherit the others.
_TOGETHER = (("name", "logo"), ("name", "logo_dark"), ("logo", "logo_dark"), ("font", "font_file"))


class BadTheme(ValueError):
    """A theme that is not as it should be. The sentence names the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One look. What is None or empty is ours; `colours` are those that differ from ours, by scheme."""

    name: str | None = None
    logo: Picture | None = None
    logo_dark: Picture | None = None
    logo_height: int = 28
    colours: Mapping[Scheme, Palette] = field(default_factory=dict)
    radius: int | None = None
    font: tuple[str, ...] = ()
    font_file: Font | None = None
    scheme: Schemed = "auto"


@dataclass(frozen=True, slots=True)
class Themes:
    """The theme of everybody, None for our own look, and those that a token can pick."""

    usual: Theme | None = None
    named: Mapping[str, Theme] = field(default_factory=dict)


NO_THEMES = Themes()


def read(table: Table, folder: Path) -> Themes:
    """The themes of the file, and of the files in its folder. Raises BadTheme."""
    top = {key: value for key, value in table.items() if key != "themes"}
    usual = _theme(top, folder, "")
    named = {}
    for name, own in _table("themes", table.get("themes", {})).items():
        if not _NAME.fullmatch(name) or name in SCHEMES:
            raise BadTheme(f"themes.{name!r:.40} is no name of a theme: small letters and hyphens, not light or dark")
        where = f"themes.{name}"
        named[name] = _theme(_over(top, _table(where, own)), folder, f"{where}.")
    return Themes(usual, named)


def _over(top: Table, own: Table) -> Table:
    left = {key for first, key in _TOGETHER if first in own}
    return {key: value for key, value in top.items() if key not in left} | dict(own)


def _theme(table: Table, folder: Path, where: str) -> Theme:
    try:
        return _read(table, folder)
    except BadTheme as wrong:
        raise BadTheme(f"{where}{wrong}") from None


def _read(table: Table, folder: Path) -> Theme:
    if unknown := table.keys() - set(_KEYS):
        raise BadTheme(f"{min(unknown)!r:.40} is not known; known are {', '.join(_KEYS)} and themes")
    logos = {key: _file(key, table[key], folder, _MOST_PICTURE, picture) for key in _LOGOS if key in table}
    if logos and "name" not in table:
        raise BadTheme("logo needs a name, which is read out to those who do not see it")
    if "logo_dark" in logos and "logo" not in logos:
        raise BadTheme("logo_dark needs a logo")
    fonts = _fonts(table.get("font"))
    file = _file("font_file", table["font_file"], folder, _MOST_FONT, font) if "font_file" in table else None
    if file and not fonts:
        raise BadTheme("font_file needs font, whose first name is that of the file")
    return Theme(
        name=_name(table["name"]) if "name" in table else None,
        logo=logos.get("logo"),
        logo_dark=logos.get("logo_dark"),
        logo_height=_whole("logo_height", table.get("logo_height", 28), 12, 64),
        colours=_colours(table),
        radius=_whole("radius", table["radius"], 0, 24) if "radius" in table else None,
        font=fonts,
        font_file=file,
        scheme=_scheme(table.get("scheme", "auto")),
    )


_LOGOS = ("logo", "logo_dark")


def _colours(table: Table) -> dict[Scheme, Palette]:
    """What differs from our colours, by scheme, all of which can be read."""
    chosen: dict[Scheme, dict[str, str]] = {scheme: {} for scheme in SCHEMES}
    for key in CHOSEN:
        for scheme, value in _by_scheme(key, table[key]).items() if key in table else ():
            chosen[scheme][key] = value
    found: dict[Scheme, Palette] = {}
    for scheme in SCHEMES:
        try:
            whole = filled(chosen[scheme], scheme)
        except Unreadable as wrong:
            raise BadTheme(str(wrong)) from None
        found[scheme] = {word: value for word, value in whole.items() if value != OURS[scheme][word]}
    return found


def _by_scheme(key: str, value: object) -> dict[Scheme, str]:
    """One colour for both, or one for either."""
    given = dict.fromkeys(SCHEMES, value) if isinstance(value, str) else _table(key, value)
    if not given or given.keys() - set(SCHEMES):
        raise BadTheme(f'{key} is neither a colour nor {{light = "#…", dark = "#…"}}')
    return {scheme: _colour(key, given[scheme]) for scheme in SCHEMES if scheme in given}


def _colour(key: str, value: object) -> str:
    found = colour(value) if isinstance(value, str) else None
    if found is None:
        raise BadTheme(f"{key} is no colour: {value!r:.40}; write it as #1f5bc4")
    return found


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 60:
        raise BadTheme("name is not 1 to 60 printable characters")
    return value.strip()


def _whole(key: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise BadTheme(f"{key} is not a whole number of pixels from {low} to {high}")
    return value


def _fonts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    names = tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else ("",)
    if len(names) > 8 or not all(_FAMILY.fullmatch(name) for name in names):
        raise BadTheme('font is not a list of names, such as "Aurora Sans, system-ui"')
    return names


def _scheme(value: object) -> Schemed:
    choices: tuple[Schemed, ...] = get_args(Schemed)
    for each in choices:
        if each == value:
            return each
    raise BadTheme("scheme is not auto, light or dark")


def _file(key: str, value: object, folder: Path, most: int, made: Callable[[bytes], Made]) -> Made:
    """What lies in a file beside the theme's. Raises BadTheme."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w-][\w. -]{0,99}", value):
        raise BadTheme(f"{key} is not the name of a file beside the theme's")
    path = folder / value
    try:
        if not path.is_file():
            raise BadTheme(f"{key}: there is no file {value!r}")
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise BadTheme(f"{key}: {value!r} is larger than {most // 1024} KiB")
        return made(data)
    except OSError as error:
        raise BadTheme(f"{key}: {value!r} cannot be read: {type(error).__name__}") from None
    except BadFile as wrong:
        raise BadTheme(f"{key}: {value!r} {wrong}") from None


def _table(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadTheme(f"{where} is not a table")
    return value
