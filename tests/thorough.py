"""How much of what could be tried is: of what takes long a part, always the same; `make thorough` tries all of it."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

THOROUGH = os.environ.get("THOROUGH") == "1"


def some(everything: Sequence[T], many: int) -> Sequence[T]:
    """So many, from the first to the last at equal distances."""
    if THOROUGH:
        return everything
    last = len(everything) - 1
    return [everything[round(n * last / (many - 1))] for n in range(many)]


def times(thorough: int, usual: int) -> int:
    """How often something is tried."""
    return thorough if THOROUGH else usual
