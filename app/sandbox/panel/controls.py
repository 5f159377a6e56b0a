"""What can be changed in a running sandbox, and the orders that change it."""

from typing import Annotated, Any

import msgspec

from app.sandbox.desk import Desk
from app.sandbox.faults import EVERYWHERE, Fault, Faults
from app.sandbox.journal import Journal
from app.sandbox.limits import RatePlan
from app.sandbox.problems import invalid
from app.sandbox.routes.questions import moment
from app.sandbox.routes.table import NAMES
from app.sandbox.wire import Document, instant

#: The routes that a fault may name.
ROUTES = (EVERYWHERE, *sorted(NAMES))

_Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class Time(msgspec.Struct, forbid_unknown_fields=True):
    """An order to the clock: stop at `now`, or go on by `advance` seconds."""

    now: str | None = None
    advance: float | None = None


class Rates(msgspec.Struct, forbid_unknown_fields=True):
    """An order to the limits: another plan, and the seconds of `Retry-After` on a refusal, null for no such header."""

    plan: RatePlan | msgspec.UnsetType = msgspec.UNSET
    retry_after: Annotated[int, msgspec.Meta(ge=0, le=86_400)] | msgspec.UnsetType | None = msgspec.UNSET


class Pace(msgspec.Struct, forbid_unknown_fields=True):
    """An order to the latency: a factor on how long answers take, and seconds that are added to every answer."""

    factor: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None
    add: _Seconds | None = None


class Controls:
    """The controls of one sandbox. Each order that makes no sense raises a 400 Problem and changes nothing."""

    def __init__(self, desk: Desk, journal: Journal, faults: Faults) -> None:
        self.desk, self.journal, self.faults = desk, journal, faults

    def set_clock(self, order: Time) -> None:
        """Stop the clock at an instant, or move it."""
        if (order.now is None) == (order.advance is None):
            raise invalid("either now or advance must be given")
        try:
            if order.now is not None:
                self.desk.clock.stop_at(moment(order.now))
            if order.advance is not None:
                self.desk.watch.look()
                self.desk.clock.move(order.advance)
                self.desk.watch.look()
        except ValueError as wrong:
            raise invalid(f"{'advance' if order.now is None else 'now'}: {wrong}") from None

    def set_limits(self, order: Rates) -> None:
        """Change the rate limits."""
        limits = self.desk.limits
        if order.plan is not msgspec.UNSET:
            limits.change(order.plan)
        if order.retry_after is not msgspec.UNSET:
            limits.retry_after = order.retry_after

    def set_latency(self, order: Pace) -> None:
        """Change how long answers take."""
        if order.factor is not None:
            self.desk.latency = order.factor
        if order.add is not None:
            self.desk.added = order.add

    def add_fault(self, order: Fault) -> None:
        """Put a fault in force."""
        if order.route not in ROUTES:
            raise invalid(f"route: must be one of {', '.join(ROUTES)}")
        order.hits = 0
        self.faults.add(order)

    def clock_document(self) -> Document:
        """Tell the sandbox's time, and whether it stands still."""
        return {"now": instant(self.desk.clock()), "stopped": self.desk.clock.stopped}

    def latency_document(self) -> dict[str, Any]:
        """Tell how long answers take."""
        return {"factor": self.desk.latency, "add": self.desk.added}
