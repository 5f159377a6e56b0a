"""Where a stop could cut somebody off: whom the kernel let in, who reads a stream, who waits for the end of one."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.serving.guarded import Guarded
from app.serving.health import livez, readyz, unready
from app.serving.server import Server
from tests.serving.probe import LAST, REQUEST, Hosted, Probe, hosting, status


async def _stream(request: Request) -> Response:
    """Two parts: the second when the service stops."""

    async def parts() -> AsyncIterator[str]:
        yield "first"
        await request.app.state.stopped.wait()
        yield "last"

    return StreamingResponse(parts())


async def _endless(request: Request) -> Response:
    """Until the service drains, for whoever watches for it."""

    async def parts() -> AsyncIterator[str]:
        yield "data: open\n\n"
        if request.url.query == "watching":
            await request.app.state.draining.wait()
        else:
            await asyncio.Event().wait()

    return StreamingResponse(parts(), media_type="text/event-stream")


async def _blocking(request: Request) -> Response:  # noqa: ARG001
    time.sleep(0.4)  # noqa: ASYNC251  nothing else runs meanwhile
    return PlainTextResponse("ok")


def application() -> Starlette:
    app = Starlette(
        routes=[
            Route("/livez", livez),
            Route("/readyz", readyz),
            Route("/stream", _stream),
            Route("/endless", _endless),
            Route("/blocking", _blocking),
        ]
    )
    unready(app)
    app.state.ready = True
    app.state.lets_in = lambda: True
    app.state.stopped = asyncio.Event()
    return app


def leaving(app: Starlette, lame_duck: float, **config: Any) -> Any:
    return hosting(app, Guarded, lambda config: Server(config, app, lame_duck), **config)


def stop(host: Hosted) -> None:
    """As SIGTERM does, which Python brings to the main thread alone."""
    host.server.handle_exit(signal.SIGTERM, None)
    host.server._captured_signals.clear()  # else it would be raised again in this process


def get(path: bytes) -> bytes:
    return REQUEST.replace(b"/livez", path)


def test_before_its_start_it_is_not_ready_but_lives() -> None:
    app = application()
    app.state.ready = False
    with hosting(app, Guarded) as host:
        for path, expected in ((b"/livez", 200), (b"/readyz", 503)):
            with Probe(host.port) as probe:
                probe.send(get(path))
                assert status(probe.answer(until=b"\r\n\r\n")) == expected


def test_a_connection_whose_answer_has_begun_is_good_for_one_more_request() -> None:
    app = application()
    with leaving(app, lame_duck=30) as host, Probe(host.port) as probe:
        probe.send(get(b"/stream"))
        assert b"connection: close" not in probe.answer(until=b"first")
        stop(host)
        while app.state.ready:
            time.sleep(0.01)
        host.server._loop.call_soon_threadsafe(app.state.stopped.set)
        probe.answer(until=b"0\r\n\r\n")
        probe.send(REQUEST)
        found = probe.answer()
        assert (status(found), b"connection: close" in found) == (200, True)


@pytest.mark.parametrize(("query", "whole"), [(b"?watching", True), (b"", False)])
def test_a_stream_without_an_end_ends_with_the_drain_if_it_watches_for_it(query: bytes, whole: bool) -> None:
    with leaving(application(), lame_duck=0) as host, Probe(host.port) as probe:
        probe.send(get(b"/endless" + query))
        probe.answer(until=b"open")
        began = time.monotonic()
        stop(host)
        assert probe.answer().endswith(b"0\r\n\r\n") is whole
        assert whole or time.monotonic() - began > 0.9  # cut off with the last of its time


@pytest.mark.parametrize("ours", [True, False])
def test_who_spoke_before_the_end_is_answered(ours: bool) -> None:
    """Those who wait while the process is busy, on open connections or on such as the kernel alone has let in;
    uvicorn alone cuts them off."""
    app = application()
    with leaving(app, lame_duck=0) if ours else hosting(app, Guarded, uvicorn.Server) as host, Probe(host.port) as busy:
        opened = [Probe(host.port) for _ in range(3)]
        for each in opened:
            each.send(REQUEST)
            assert status(each.answer(until=b"ok")) == 200
        busy.send(get(b"/blocking"))
        time.sleep(0.1)
        waiting = opened + [Probe(host.port) for _ in range(5)]
        for each in waiting:
            each.send(LAST)
        stop(host)
        found = [status(each.answer()) for each in waiting]
        assert found == [200] * 8 if ours else found[3:] == [0] * 5
        for each in waiting:
            each.socket.close()
