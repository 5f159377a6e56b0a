"""An answer that leaves in pieces, each as soon as it is there."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.web.leaving import while_there

Emit = Callable[[bytes], Awaitable[None]]


class Streamed(Response):
    """Calls `write(emit)` once the head is out. Not Starlette's StreamingResponse: its generators cannot hold a
    task group safely, and the cards land in one."""

    def __init__(self, write: Callable[[Emit], Awaitable[None]], media_type: str, status_code: int = 200) -> None:
        self.status_code = status_code
        self.media_type = media_type
        self.background = None
        self.body = b""
        self._write = write
        self.init_headers({"X-Accel-Buffering": "no"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":

            async def emit(part: bytes) -> None:
                await send({"type": "http.response.body", "body": part, "more_body": True})

            await while_there(Request(scope, receive), partial(self._write, emit))
        await send({"type": "http.response.body", "body": b"", "more_body": False})
