"""What an orchestrator and a balancer ask: does it live, and shall it get requests. Neither asks anybody else."""

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


async def livez(request: Request) -> Response:  # noqa: ARG001  Starlette's signature
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Before its start and while it stops it is not; nor is one that could let nobody in, as it has no keys."""
    state = request.app.state
    if not state.ready:
        return PlainTextResponse("not ready", 503)
    if not state.lets_in():
        return PlainTextResponse("no viewer keys", 503)
    return PlainTextResponse("ok")


def unready(app: Starlette) -> None:
    """Before its start, and while it stops. `draining` is set when streams without an end have to end."""
    app.state.ready = False
    app.state.draining = anyio.Event()
