"""How figures are printed: a heading for what was measured, and a row for each figure with what was promised."""

import statistics
from collections.abc import Sequence


def heading(what: str, figure: str = "figure", goal: str = "goal") -> None:
    print(f"\n{what:<60}{figure:>24}{goal:>12}", flush=True)


def row(what: str, figure: str, goal: str = "") -> None:
    print(f"  {what:<58}{figure:>24}{goal:>12}", flush=True)


def note(what: str) -> None:
    print(f"  {what}", flush=True)


def spread(figures: Sequence[float], how: str) -> str:
    """The median, and between what the figures lie."""
    return f"{statistics.median(figures):{how}} [{min(figures):{how}}..{max(figures):{how}}]"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours to theirs, each within one round: what else the machine did then was the same for both."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def ms(seconds: float, how: str = ".0f") -> str:
    """As milliseconds; what never came says so."""
    return f"{seconds * 1000:{how}} ms" if seconds < float("inf") else "never"
