"""The sandbox as a server: Orb's routes and the control panel in one app."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.clock import Clock, Now, real_now
from app.sandbox.desk import Desk, problem_response
from app.sandbox.faults import Faults
from app.sandbox.journal import Gate, Journal
from app.sandbox.limits import Limits, RatePlan
from app.sandbox.loopback import is_loopback
from app.sandbox.panel.controls import Controls
from app.sandbox.panel.guard import Guard
from app.sandbox.panel.page import Page
from app.sandbox.panel.programs import Programs
from app.sandbox.problems import Problem, of_status, wrong_url
from app.sandbox.rating.events import Events
from app.sandbox.rating.filling import filled
from app.sandbox.routes.table import orb_routes
from app.sandbox.webhooks.delivery import Timing
from app.sandbox.webhooks.panel import WebhookPanel
from app.sandbox.world.stage import staged_at


def create_sandbox(
    now: Now = real_now,
    latency: float = 1.0,
    rate_plan: RatePlan = "live",
    monotonic: Callable[[], float] = time.monotonic,
    events: Events | None = None,
    timing: Timing | None = None,
    fill: int | None = None,
) -> Starlette:
    """Make a make-believe Orb: an ASGI app with the API under /v1 and its control panel under /_sandbox.

    `now` gives the time as an aware datetime; `latency` scales how long answers take, 0 for no wait at all;
    `rate_plan` names the rate limits, which run by the seconds of `monotonic`; `events` are the usage events to begin
    with. Usage is made when it is asked about, or with `fill` at once: so that first questions are answered quickly,
    and at least that many events in all. `timing` says when webhooks are retried, which are delivered while the app's
    lifespan lasts.
    """
    clock, journal, faults = Clock(now), Journal(), Faults()
    if fill is not None:
        events = filled(staged_at(clock.origin), fill)
    limits = Limits(rate_plan, monotonic)
    desk = Desk(clock, latency, limits=limits, events=events or Events(), timing=timing or Timing())
    controls = Controls(desk, journal, faults)
    app = Starlette(
        routes=[
            *orb_routes(desk, faults),
            *Programs(controls).routes(),
            *Page(controls).routes(),
            *WebhookPanel(desk.webhooks).routes(),
        ],
        lifespan=lambda _: _watched(desk),
        middleware=[Middleware(Guard), Middleware(Gate, journal=journal)],
        exception_handlers={Problem: _show_problem, HTTPException: _show_wrong_url, Exception: _show_bug},
    )
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def _watched(desk: Desk) -> AsyncIterator[None]:
    """Deliver webhooks, and watch for what there is to tell, while the app lives."""
    async with desk.webhooks.post.open(), anyio.create_task_group() as tasks:
        tasks.start_soon(desk.watch.run)
        yield
        tasks.cancel_scope.cancel()


#: Seconds that a connection may rest. Shorter than a client keeps it, a POST would now and then meet its end.
_KEPT = 75


def run(
    host: str = "127.0.0.1", port: int = 8001, latency: float = 1.0, rate_plan: RatePlan = "live", fill: int = 0
) -> None:
    """Serve the sandbox, with at least `fill` usage events, until stopped.

    Raises ValueError for a host that others could reach.
    """
    if not is_loopback(host):
        raise ValueError(f"The sandbox listens on loopback only, and {host} is not a loopback address.")
    app = create_sandbox(latency=latency, rate_plan=rate_plan, fill=fill)
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="on",
        timeout_keep_alive=_KEPT,
    )


async def _show_problem(request: Request, problem: Exception) -> Response:  # noqa: ARG001
    assert isinstance(problem, Problem)  # noqa: S101  # Starlette's handlers are typed for any exception
    return problem_response(problem)


async def _show_wrong_url(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Orb answers a wrong path and a wrong method alike."""
    return problem_response(wrong_url())


async def _show_bug(request: Request, error: Exception) -> Response:  # noqa: ARG001
    return problem_response(of_status(500))
