"""The server: it leaves in three steps, so that a restart is not felt.

Told to stop (SIGTERM), it is not ready any more and closes each connection after its answer, but still answers all
who come: the lame duck, in which balancers learn of it. Then it accepts nobody, and lets what runs end. Then it ends.
"""

import asyncio
import gc
import os
import resource
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from app import log
from app.serving.door import Doors
from app.serving.guarded import Guarded

# Idle connections live longer than a balancer's (nginx and AWS: 60 s), else it would use one as we close it.
KEEP_ALIVE = 75
# How long what runs may take to end.
DRAIN = 20
_FILES = 4096
# For what was sent before the end of the lame duck to be read. Connections that are idle then are closed.
_LAST_CALL = 0.2


class Server(uvicorn.Server):
    """uvicorn's server with a lame duck of so many seconds. One that has a `parent` stops when that process is gone."""

    def __init__(self, config: uvicorn.Config, app: Starlette, lame_duck: float, parent: int | None = None) -> None:
        super().__init__(config)
        self._parent = parent
        self._app = app
        self._lame_duck = lame_duck
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends: float | None = None
        self._doors: Doors | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM begins the lame duck; another signal, or SIGINT, ends it, whichever is seen first."""
        stops = self.should_exit
        super().handle_exit(sig, frame)
        if sig == signal.SIGTERM and not stops and self.started and self._ends is None and self._loop is not None:
            self.should_exit = False
            self._ends = time.monotonic() + self._lame_duck
            self._loop.call_soon_threadsafe(self._turn_away)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            self._doors = Doors((each for server in self.servers for each in server.sockets), self._protocol)
            _settle()

    async def on_tick(self, counter: int) -> bool:
        if self._ends is not None and time.monotonic() >= self._ends:
            self.should_exit = True
        if self._parent is not None and os.getppid() != self._parent:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._turn_away()
        await self._accept_the_last(sockets or [])
        self._app.state.draining.set()
        await super().shutdown(sockets)

    async def _accept_the_last(self, sockets: Sequence[socket.socket]) -> None:
        """Stops listening, but takes in whom the kernel has let in already: a close alone would cut them off."""
        if self._doors is not None:
            self._doors.close()
        last: list[socket.socket] = []
        doors = [each.dup() for server in self.servers for each in server.sockets]
        for server in self.servers:
            server.close()
        for listener in sockets:
            listener.close()
        for door in doors:
            with door, suppress(OSError):  # none is left, or no file is free
                while True:
                    last.append(door.accept()[0])
        for accepted in last:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, accepted)
        await asyncio.sleep(_LAST_CALL)

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def _turn_away(self) -> None:
        if not self._app.state.ready:
            return
        log.info("stopping", lame_duck=self._lame_duck)
        self._app.state.ready = False
        close = (b"connection", b"close")
        self.config.encoded_headers.append(close)
        self.server_state.default_headers = [*self.server_state.default_headers, close]
        for connection in self.server_state.connections:
            if isinstance(connection, Guarded):
                connection.close_after_answers()


def _settle() -> None:
    """Has Python's collector leave alone what the start has made: it stays, and was gone through again and again.

    What comes after is made to answer somebody, and most of it goes without a collector: that one looks less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def allow_files() -> None:
    """Lets the process have as many sockets as its connections need, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
