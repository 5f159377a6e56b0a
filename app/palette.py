"""The colours of one scheme, light or dark: those that an operator chose, ours, and what follows from both."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from app.contrast import MARK, TEXT, mixed, nearest, ratio, written

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

# The names of the colours that may be chosen, and their custom properties in static/dashboard.css.
CHOSEN = {
    "background": "--bg", "surface": "--surface", "ink": "--ink", "accent": "--accent",
    "s1": "--s1", "s2": "--s2", "s3": "--s3", "s4": "--s4", "s5": "--s5", "s6": "--s6",
}  # fmt: skip
# Those that follow from them, and those that mean something and stay as they are.
FOLLOWING = {"soft": "--soft", "line": "--line", "bone": "--bone", "on_accent": "--on-accent"}
FIXED = {"warm": "--warm", "bad": "--bad", "good": "--good"}
PROPERTIES = CHOSEN | FOLLOWING | FIXED

Palette = Mapping[str, str]

OURS: Mapping[Scheme, Palette] = {
    "light": {
        "background": "#f8fafc", "surface": "#ffffff", "ink": "#14161a", "accent": "#1f5bc4",
        "s1": "#2150ae", "s2": "#3a93d6", "s3": "#257873", "s4": "#9d80cb", "s5": "#7c3f92", "s6": "#80868f",
        "soft": "#5b616c", "line": "#e5e8ee", "bone": "#eef1f5", "on_accent": "#ffffff",
        "warm": "#a34d06", "bad": "#b42a25", "good": "#197541",
    },
    "dark": {
        "background": "#0c0d10", "surface": "#141519", "ink": "#f1f2f4", "accent": "#6ea1f5",
        "s1": "#4781e4", "s2": "#76c0f2", "s3": "#459b95", "s4": "#bda3ec", "s5": "#a567bd", "s6": "#70767f",
        "soft": "#9ba1ac", "line": "#25272d", "bone": "#1f2127", "on_accent": "#0c0d10",
        "warm": "#eda450", "bad": "#f38a82", "good": "#6ccb91",
    },
}  # fmt: skip
# How much ink is in what lies on the surface: lines, the ground of a meter, text that matters less.
_INK: Mapping[Scheme, Mapping[str, float]] = {
    "light": {"line": 0.11, "bone": 0.06, "soft": 0.7},
    "dark": {"line": 0.08, "bone": 0.05, "soft": 0.62},
}
_READ = ("ink", "soft", *FIXED)
_COLOUR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


class Unreadable(ValueError):
    """Two colours that are too alike. The sentence names both, and what would do."""


def colour(text: str) -> str | None:
    """A colour as it is written everywhere here, `#rrggbb`; None for what is none."""
    if not _COLOUR.fullmatch(text):
        return None
    digits = text[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def filled(chosen: Palette, scheme: Scheme) -> Palette:
    """Every colour of a scheme in which these were chosen. Raises Unreadable where two are too alike."""
    found = {**OURS[scheme], **chosen}
    if chosen.keys() & {"background", "surface", "ink"}:
        found |= _on_surface(found, scheme)
    if "accent" in chosen:
        found["on_accent"] = _on_accent(found["accent"], scheme)
    for word, ground, least in _pairs():
        if ratio(found[word], found[ground]) < least:
            needs = [(found[each], much) for name, each, much in _pairs() if name == word]
            better = nearest(found[word], needs) if word in chosen else None
            raise Unreadable(
                f"{_said(found, word, ground)} in the {scheme} scheme {_need(word, ground, least, better)}"
            )
    return found


def _pairs() -> Iterator[tuple[str, str, float]]:
    """What is seen, on which ground, and how well it has to be."""
    for word in _READ:
        yield from ((word, ground, TEXT) for ground in ("surface", "background"))
    yield "soft", "bone", TEXT
    yield "accent", "surface", TEXT
    yield "on_accent", "accent", TEXT
    yield "accent", "background", MARK
    for series in ("s1", "s2", "s3", "s4", "s5", "s6"):
        yield series, "surface", MARK


def _on_surface(found: Palette, scheme: Scheme) -> dict[str, str]:
    """Lines, the ground of meters, and soft text, which is as soft as it can be read there."""
    surface, ink, shares = found["surface"], found["ink"], _INK[scheme]
    bones = (mixed(surface, ink, shares["bone"] * step / 10) for step in range(10, 0, -1))
    bone = next((each for each in bones if ratio(ink, each) >= TEXT), surface)
    softs = (mixed(surface, ink, min(1, shares["soft"] + step / 50)) for step in range(20))
    grounds = (surface, found["background"], bone)
    soft = next((each for each in softs if all(ratio(each, ground) >= TEXT for ground in grounds)), ink)
    return {"line": mixed(surface, ink, shares["line"]), "bone": bone, "soft": soft}


def _on_accent(accent: str, scheme: Scheme) -> str:
    """What is written on a button: as ever where that can be read, else the other way round."""
    ours, other = (OURS[each]["on_accent"] for each in sorted(SCHEMES, key=lambda each: each != scheme))
    return ours if ratio(ours, accent) >= TEXT else other


_NAMES = {
    "soft": "soft text (made of ink and surface)",
    "on_accent": "text on a button",
    "warm": "our text of warnings",
    "bad": "our text of what is wrong",
    "good": "our text of what was saved",
    "bone": "the ground of meters (made of ink and surface)",
}


def _said(found: Palette, word: str, ground: str) -> str:
    one, other = (f"{_NAMES.get(each, each)} {found[each]}" for each in (word, ground))
    return f"{one} on {other} has a contrast of {written(ratio(found[word], found[ground]))}"


def _need(word: str, ground: str, least: float, better: str | None) -> str:
    """What it should be; where the colour is none of the operator's, which of theirs to change."""
    if better:
        return f"and needs {least:.1f}:1, as {better} has"
    mend = "accent" if word == "on_accent" else ground if ground in CHOSEN else "surface"
    return f"and needs {least:.1f}:1: choose another {mend}"
