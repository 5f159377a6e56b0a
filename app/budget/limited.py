"""The transport that waits for leave: no call goes out without it, and Orb's wish for a pause is heard."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anyio
import httpx

from app.budget.budget import Asker, Budget
from app.orb.errors import Busy
from app.orb.transport import Layer, TooLate

_USUAL, _SHORTEST, _LONGEST = 5.0, 1.0, 60.0  # seconds of a pause
_CALL = 0.25  # seconds
_ANYBODY = Asker()


class Limited(Layer):
    """Waits for the turn of the request's `rate` class, on behalf of its `asker`. Raises Busy where none comes.

    Leave that the process did not come to use in time is given back, and waited for anew.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, budget: Budget) -> None:
        super().__init__(inner)
        self._budget = budget

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        rate = request.extensions["rate"]
        asker = request.extensions.get("asker") or _ANYBODY
        # Leave that comes last-minute leaves no time for the call.
        ends = min(asker.deadline, anyio.current_effective_deadline()) - _CALL
        while True:
            async with self._budget.leave(rate, replace(asker, deadline=ends)) as slot:
                if slot is None:
                    raise Busy(rate)
                request.extensions["by"] = slot.by
                try:
                    response = await self._inner.handle_async_request(request)
                except TooLate:
                    continue
            if response.status_code == 429:
                self._budget.refused(rate, pause(response.headers.get("retry-after"), datetime.now(UTC)))
            return response


def pause(wish: str | None, now: datetime) -> float:
    """How many seconds a `Retry-After` asks for, from 1 to 60; 5 where it is missing or makes no sense."""
    seconds = _seconds(wish or "", now)
    return _USUAL if seconds is None else min(max(seconds, _SHORTEST), _LONGEST)


def _seconds(wish: str, now: datetime) -> float | None:
    if wish.isascii() and wish.isdigit():
        return float(wish[:9])
    try:
        until = parsedate_to_datetime(wish)
    except (ValueError, IndexError, OverflowError):
        return None
    return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
