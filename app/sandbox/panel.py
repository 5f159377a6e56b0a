"""The control panel under /_sandbox: who there is, what was asked, what shall go wrong, and what time it is."""

from functools import partial
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.desk import Desk, json_response
from app.sandbox.faults import Fault, Faults
from app.sandbox.journal import Journal
from app.sandbox.problems import invalid
from app.sandbox.routes.portal import PORTAL, show_portal
from app.sandbox.routes.questions import moment
from app.sandbox.routes.table import NAMES
from app.sandbox.wire import Document, encode, instant

T = TypeVar("T")


class Time(msgspec.Struct, forbid_unknown_fields=True):
    """An order to the clock: stop at `now`, or go on by `advance` seconds."""

    now: str | None = None
    advance: float | None = None


class Panel:
    """The control panel. It asks for no key: the sandbox listens on loopback alone."""

    def __init__(self, desk: Desk, journal: Journal, faults: Faults) -> None:
        self._desk, self._journal, self._faults = desk, journal, faults

    def routes(self) -> list[Route]:
        """List the panel's routes."""
        return [
            Route("/_sandbox/customers", self.customers, methods=["GET"]),
            Route("/_sandbox/requests", self.requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/clock", self.clock, methods=["GET", "POST", "DELETE"]),
            Route(PORTAL, partial(show_portal, self._desk), methods=["GET"]),
        ]

    async def customers(self, request: Request) -> Response:  # noqa: ARG002
        """List the invented customers with what there is to see of each, in the order of the cast."""
        return _json(
            {
                "data": [
                    {"id": c.id, "external_customer_id": c.external_id, "name": c.name, "about": c.about}
                    for c in self._desk.world().customers
                ]
            }
        )

    async def requests(self, request: Request) -> Response:
        """Show the journal, or empty it."""
        if request.method == "DELETE":
            self._journal.clear()
        return _json({"data": list(self._journal)})

    async def faults(self, request: Request) -> Response:
        """List the faults with their hits, put one in force, or take all back."""
        if request.method == "DELETE":
            self._faults.clear()
        if request.method != "POST":
            return _json({"data": self._faults.documents()})
        fault = await _read(request, Fault)
        if fault.route not in NAMES:
            raise invalid(f"route: must be one of {', '.join(sorted(NAMES))}")
        if not 100 < fault.status < 600:
            raise invalid("status: must be an HTTP status")
        fault.hits = 0
        self._faults.add(fault)
        return _json(msgspec.structs.asdict(fault))

    async def clock(self, request: Request) -> Response:
        """Tell the sandbox's time, stop or move it, or go back to the clock of the start."""
        clock = self._desk.clock
        if request.method == "DELETE":
            clock.release()
        if request.method == "POST":
            order = await _read(request, Time)
            if (order.now is None) == (order.advance is None):
                raise invalid("either now or advance must be given")
            try:
                if order.now is not None:
                    clock.stop_at(moment(order.now))
                clock.move(order.advance or 0)
            except (ValueError, OverflowError) as wrong:
                raise invalid(f"now: {wrong}") from None
        return _json({"now": instant(clock())})


async def _read(request: Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as wrong:
        raise invalid(str(wrong)) from None


def _json(document: Document) -> Response:
    return json_response(encode(document))
