"""What the lists behind the cards share: their parameters, their pages, and the answer where Orb has none."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from app.cards.base import failed
from app.orb.errors import Invalid, OrbError, RateLimited
from app.query import BadQuery
from app.web import problems, validated
from app.web.problems import Problem
from app.web.viewer import Viewer

T = TypeVar("T")

CURSOR = r"[\x21-\x7e]{1,512}"
ID = r"[A-Za-z0-9_-]{1,64}"
LIMIT = r"[1-9][0-9]?|100"
_AGAIN, _LONGEST = 5, 60  # seconds after which to ask again


def parameters(request: Request, patterns: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a list's address, each of which has a pattern. Raises BadQuery, which names the wrong one."""
    found: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name not in patterns:
            known = f"known are {', '.join(sorted(patterns))}" if patterns else "there is none here"
            raise BadQuery(f"{name!r:.80} is not a parameter; {known}")
        if name in found:
            raise BadQuery(f"{name} is given more than once")
        if not re.fullmatch(patterns[name], text, re.ASCII):
            raise BadQuery(f"{name} {_wrong(patterns[name])}")
        found[name] = text
    return found


def _wrong(pattern: str) -> str:
    if pattern == LIMIT:
        return "must be from 1 to 100"
    if re.fullmatch(r"[\w,|]+", pattern):
        return f"must be one of {pattern.replace('|', ' | ')}"
    return "is malformed"


async def of_this_list(cursor: str | None, question: Callable[[], Awaitable[T]]) -> T:
    """The answer to `question`. Raises BadQuery where it is the cursor that Orb refuses."""
    try:
        return await question()
    except Invalid:
        if cursor is None:
            raise
        raise BadQuery("cursor is not one of this list's") from None


def page(request: Request, viewer: Viewer, rows: Sequence[object], next_cursor: str | None) -> Response:
    """One page of a list as JSON."""
    return validated.document(request, viewer, {"data": rows, "next_cursor": next_cursor})


def unavailable(error: OrbError) -> Problem:
    """The 503 of a list that Orb did not answer: a card would say so in its place, a list has nothing else to say."""
    wish = error.retry_after if isinstance(error, RateLimited) else None
    seconds = int(wish) if wish and re.fullmatch(r"[0-9]{1,6}", wish, re.ASCII) else _AGAIN
    return problems.unavailable(failed(error), min(max(seconds, 1), _LONGEST))
