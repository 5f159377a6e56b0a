"""Orb's pages: newest first, with a cursor that stays right while new things arrive."""

import base64
import binascii
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from app.sandbox.problems import invalid
from app.sandbox.wire import Document

T = TypeVar("T")

MOST = 100
USUAL = 20


def page(
    numbered: Iterable[tuple[int, T]], limit: int, cursor: str | None, wanted: Callable[[T], bool] = lambda _: True
) -> tuple[list[T], Document]:
    """Take the next page of things numbered in order of creation, and its `pagination_metadata`.

    A cursor names the number of the last thing seen; what has a lower one comes next. `wanted` is asked of no more
    things than it takes to fill the page. Raises a 400 Problem for a cursor that was never handed out.
    """
    below = None if cursor is None else _read(cursor)
    rest = sorted(
        (pair for pair in numbered if below is None or pair[0] < below), key=lambda pair: pair[0], reverse=True
    )
    found = list(islice((pair for pair in rest if wanted(pair[1])), limit + 1))
    taken, more = found[:limit], len(found) > limit
    metadata = {"has_more": more, "next_cursor": _write(taken[-1][0]) if more else None}
    return [thing for _, thing in taken], metadata


def _write(number: int) -> str:
    return base64.urlsafe_b64encode(f"before:{number}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        if word != "before" or not number.isdecimal():
            raise ValueError(cursor)
        return int(number)
    except (ValueError, binascii.Error):
        raise invalid("cursor: is not a cursor of this list") from None
