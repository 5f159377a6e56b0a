"""The filters by due date, which are plain dates where other filters are instants."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.sandbox.routes.questions import Reader, plain_date
from app.sandbox.world.periods import in_month


def window(value: str) -> tuple[int, str]:
    """Read a stretch of the past in days or months, as in `7d` or `2m`."""
    if not re.fullmatch(r"[1-9]\d{0,2}[dm]", value, re.ASCII):
        raise ValueError("must be a number of days or months, as in 7d or 2m")
    return int(value[:-1]), value[-1]


DUE: dict[str, Reader] = {
    "due_date": plain_date,
    "due_date[gt]": plain_date,
    "due_date[lt]": plain_date,
    "due_date_window": window,
}


def passes_due(asked: Mapping[str, Any], due: datetime | None, now: datetime) -> bool:
    """Tell whether a due date passes the filters that were asked for; days are those of UTC.

    Orb's `due_date[lt]` includes the day itself.
    """
    if due is None:
        return not any(name in asked for name in DUE)
    day = due.astimezone(UTC).date()
    within_window = "due_date_window" not in asked or _since(now, *asked["due_date_window"]) <= due <= now
    return (
        day == asked.get("due_date", day)
        and day > asked.get("due_date[gt]", date.min)
        and day <= asked.get("due_date[lt]", date.max)
        and within_window
    )


def _since(now: datetime, many: int, unit: str) -> datetime:
    if unit == "d":
        return now - timedelta(days=many)
    return datetime.combine(in_month(now.date(), -many), now.timetz())
