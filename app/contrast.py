"""How well one colour can be told from another, as WCAG 2.2 computes it. Colours are `#rrggbb`."""

from collections.abc import Sequence
from math import floor

TEXT = 4.5  # SC 1.4.3: what is read
MARK = 3.0  # SC 1.4.11: what is looked at, such as a bar


def ratio(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black and white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def written(found: float) -> str:
    """Two digits, cut off: what is just below a bound does not look as if it were there."""
    return f"{floor(found * 100) / 100:.2f}:1"


def mixed(one: str, other: str, share: float) -> str:
    """`one` with that share of `other` in it."""
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(_parts(one), _parts(other), strict=True))


def nearest(colour: str, needs: Sequence[tuple[str, float]]) -> str | None:
    """The colour made darker or lighter, as little as it takes to have every contrast that it needs with a ground."""
    for step in range(101):
        for end in ("#000000", "#ffffff"):
            found = mixed(colour, end, step / 100)
            if all(ratio(found, ground) >= least for ground, least in needs):
                return found
    return None


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
