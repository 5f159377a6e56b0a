"""The rate limits of the account: how many calls of each class Orb lets through, by plan."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal, get_args

from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.problems import too_many_requests

RatePlan = Literal["live", "test", "trial", "off"]
RateClass = Literal["analytics", "ledger", "read", "write", "ingest"]
PLANS: tuple[RatePlan, ...] = get_args(RatePlan)

#: Calls per second; `events` are the events ingested per minute.
_RATES: dict[RatePlan, dict[str, int]] = {
    "live": {"analytics": 10, "ledger": 10, "read": 100, "write": 50, "ingest": 100, "events": 10_000},
    "test": {"analytics": 5, "ledger": 5, "read": 50, "write": 5, "ingest": 10, "events": 2_000},
    "trial": {"analytics": 1, "ledger": 1, "read": 10, "write": 1, "ingest": 2, "events": 100},
    "off": {},
}
_CLASSES: dict[str, RateClass] = {
    "usage": "analytics",
    "subscription_costs": "analytics",
    "customer_costs": "analytics",
    "credit_blocks": "ledger",
    "ingest": "ingest",
}


def class_of(route: str, method: str) -> RateClass:
    """Tell the class of a route: Orb names a few, and the rest are reads or writes by their method."""
    return _CLASSES.get(route, "read" if method == "GET" else "write")


class Window:
    """A sliding window: what was taken within the last `seconds`, wherever these are cut."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._takes: deque[tuple[float, int]] = deque()
        self._sum = 0

    def taken(self, now: float) -> int:
        """Tell how much of the limit is used up."""
        while self._takes and now - self._takes[0][0] >= self.seconds:
            self._sum -= self._takes.popleft()[1]
        return self._sum

    def take(self, now: float, count: int) -> bool:
        """Take a number, or nothing at all where it does not fit."""
        if self.taken(now) + count > self.limit:
            return False
        if count:
            self._takes.append((now, count))
            self._sum += count
        return True


class Limits:
    """The limits in force, one window per class for the whole account.

    They run by a monotonic clock in seconds, so that turning the sandbox's own clock moves no limit. Orb sends no
    `Retry-After`; `retry_after`, in seconds, makes every refusal bear one.
    """

    def __init__(self, plan: RatePlan = "live", monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.retry_after: int | None = None
        self.change(plan)

    def change(self, plan: RatePlan) -> None:
        """Keep the limits of another plan, with nothing taken yet."""
        self.plan = plan
        self._windows = {name: Window(rate, 60 if name == "events" else 1) for name, rate in _RATES[plan].items()}

    def take(self, rate_class: RateClass) -> None:
        """Let a call of a class through, or raise a 429 Problem. A refused call does not count."""
        self._take(rate_class, 1)

    def take_events(self, count: int) -> None:
        """Let an ingest of `count` events through, or raise a 429 Problem and take none of them."""
        self._take("events", count)

    def _take(self, name: str, count: int) -> None:
        window = self._windows.get(name)
        if window and not window.take(self._monotonic(), count):
            raise too_many_requests(f"{window.limit} per 1 {_unit(window)}", self.retry_after)

    def document(self) -> dict[str, Any]:
        """Show the plan, and of each class the limit and how much of it is taken."""
        now = self._monotonic()
        classes = {
            name: {"limit": window.limit, "per": _unit(window), "taken": window.taken(now)}
            for name, window in self._windows.items()
        }
        return {"plan": self.plan, "retry_after": self.retry_after, "classes": classes}


def _unit(window: Window) -> str:
    return "second" if window.seconds == 1 else "minute"


class Limited:
    """ASGI app of one route: answers within the limit of its class."""

    def __init__(self, rate_class: RateClass, app: ASGIApp, limits: Limits) -> None:
        self._class, self._app, self._limits = rate_class, app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or raise a 429 Problem."""
        self._limits.take(self._class)
        await self._app(scope, receive, send)
