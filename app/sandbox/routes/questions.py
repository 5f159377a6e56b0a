"""What a request asks: its query, checked parameter by parameter."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request

from app.sandbox.problems import invalid
from app.sandbox.routes.paging import MOST

#: Reads one value, or raises ValueError with what it should have been.
Reader = Callable[[str], Any]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


def read_query(request: Request, single: Mapping[str, Reader], many: Mapping[str, Reader] = {}) -> dict[str, Any]:
    """Read the query: a value for each `single` given, a list for each of `many` (`name=` or `name[]=`).

    Raises a 400 Problem that names every parameter that is unknown, repeated or malformed.
    """
    found: dict[str, Any] = {}
    errors: list[str] = []
    pairs = request.query_params.multi_items()
    for name in dict.fromkeys(name for name, _ in pairs):
        texts = [text for other, text in pairs if other == name]
        bare = name.removesuffix("[]")
        if name not in single and bare not in many:
            errors.append(f"{name}: unknown parameter")
        elif len(texts) > 1 and not name.endswith("[]"):
            errors.append(f"{name}: must not be repeated")
        else:
            _read_values(name, texts, single, many, found, errors)
    if errors:
        raise invalid(*errors)
    return found


def _read_values(
    name: str,
    texts: list[str],
    single: Mapping[str, Reader],
    many: Mapping[str, Reader],
    found: dict[str, Any],
    errors: list[str],
) -> None:
    bare = name.removesuffix("[]")
    try:
        if name in single:
            found[name] = single[name](texts[0])
        else:
            found.setdefault(bare, []).extend(many[bare](text) for text in texts)
    except ValueError as wrong:
        errors.append(f"{name}: {wrong}")


def text(value: str) -> str:
    """Read a text that is not empty."""
    if not value:
        raise ValueError("must not be empty")
    return value


def one_of(*allowed: str) -> Reader:
    """Read one of a few words."""

    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return read


def page_size(value: str) -> int:
    """Read how many things a page should hold."""
    if not re.fullmatch(r"\d{1,4}", value, re.ASCII) or not 1 <= int(value) <= MOST:
        raise ValueError(f"must be a whole number from 1 to {MOST}")
    return int(value)


def truth(value: str) -> bool:
    """Read true or false."""
    if value not in {"true", "false"}:
        raise ValueError("must be true or false")
    return value == "true"


def moment(value: str) -> datetime:
    """Read an ISO 8601 date-time. It must bear an offset: a naive one means something else to everybody."""
    if not _INSTANT.fullmatch(value):
        raise ValueError("must be an ISO 8601 date-time with an offset")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be an ISO 8601 date-time with an offset") from None


def plain_date(value: str) -> date:
    """Read a date; Orb refuses a date-time where it wants one."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("must be a date, as in 2026-11-30")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date, as in 2026-11-30") from None


def decimal(value: str) -> Decimal:
    """Read a decimal."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("must be a decimal") from None
    if not number.is_finite():
        raise ValueError("must be a decimal")
    return number


def span(name: str) -> dict[str, Reader]:
    """Name the four range filters of a date field, as in `created_at[gte]`."""
    return {f"{name}[{word}]": moment for word in ("gt", "gte", "lt", "lte")}


def within(asked: Mapping[str, Any], name: str, value: datetime) -> bool:
    """Tell whether a date passes the range filters that were asked for."""
    compare: dict[str, Callable[[datetime], bool]] = {
        "gt": lambda bound: value > bound,
        "gte": lambda bound: value >= bound,
        "lt": lambda bound: value < bound,
        "lte": lambda bound: value <= bound,
    }
    return all(test(asked[f"{name}[{word}]"]) for word, test in compare.items() if f"{name}[{word}]" in asked)


def window(asked: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """Read `timeframe_start` and `timeframe_end`: both or neither, in this order."""
    start, end = asked.get("timeframe_start"), asked.get("timeframe_end")
    if start is None and end is None:
        return None
    if start is None or end is None:
        given, missing = ("timeframe_end", "timeframe_start") if start is None else ("timeframe_start", "timeframe_end")
        raise invalid(f"{missing}: must be specified if {given} is specified")
    if end <= start:
        raise invalid("timeframe_end: must be after timeframe_start")
    return start, end
