"""The control panel in JSON: who there is, what was asked, what shall go wrong, how fast, and what time it is."""

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.desk import json_response
from app.sandbox.faults import Fault
from app.sandbox.panel.controls import ROUTES, Controls, Pace, Rates, Time
from app.sandbox.routes.bodies import read_body
from app.sandbox.routes.portal import PORTAL, show_portal
from app.sandbox.routes.questions import one_of, read_query
from app.sandbox.wire import Document, encode


class Programs:
    """The panel's routes for programs. They ask for no key: the sandbox listens on loopback alone."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route("/_sandbox/customers", self.customers, methods=["GET"]),
            Route("/_sandbox/requests", self.requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/clock", self.clock, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/limits", self.limits, methods=["GET", "POST"]),
            Route("/_sandbox/latency", self.latency, methods=["GET", "POST"]),
            Route(PORTAL, partial(show_portal, self._controls.desk), methods=["GET"]),
        ]

    async def customers(self, request: Request) -> Response:  # noqa: ARG002
        """List the invented customers with what there is to see of each, and what their usage events are made of."""
        return _json(
            {
                "data": [
                    {
                        "id": c.id,
                        "external_customer_id": c.external_id,
                        "name": c.name,
                        "about": c.about,
                        "events": [
                            {"event_name": habit.event_name, "properties": habit.properties} for habit in c.habits
                        ],
                    }
                    for c in self._controls.desk.world().customers
                ]
            }
        )

    async def requests(self, request: Request) -> Response:
        """Show the journal, all of it or `since` a number and of one `route`; or empty it."""
        asked = read_query(request, {"since": _number, "route": one_of(*ROUTES[1:])})
        if request.method == "DELETE":
            self._controls.journal.clear()
        return _json({"data": self._controls.journal.since(asked.get("since", 0), asked.get("route"))})

    async def faults(self, request: Request) -> Response:
        """List the faults with their hits, put one in force, or take all back."""
        if request.method == "POST":
            fault = await read_body(request, Fault)
            self._controls.add_fault(fault)
            return _json(msgspec.structs.asdict(fault))
        if request.method == "DELETE":
            self._controls.faults.clear()
        return _json({"data": self._controls.faults.documents()})

    async def clock(self, request: Request) -> Response:
        """Tell the sandbox's time, stop or move it, or go back to the clock of the start."""
        if request.method == "POST":
            self._controls.set_clock(await read_body(request, Time))
        if request.method == "DELETE":
            self._controls.desk.clock.release()
        return _json(self._controls.clock_document())

    async def limits(self, request: Request) -> Response:
        """Show the rate limits and how much of each is taken, or change them."""
        if request.method == "POST":
            self._controls.set_limits(await read_body(request, Rates))
        return _json(self._controls.desk.limits.document())

    async def latency(self, request: Request) -> Response:
        """Show how long answers take, or change it."""
        if request.method == "POST":
            self._controls.set_latency(await read_body(request, Pace))
        return _json(self._controls.latency_document())


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise ValueError("must be the number of a request")
    return int(text)


def _json(document: Document) -> Response:
    return json_response(encode(document))
