"""`GET /api/changes`: tells open pages which cards are others now, so that they may ask for them."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import anyio
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.web.desk import desk
from app.web.lists import parameters
from app.web.session import who
from app.web.stream import Emit, Streamed
from app.web.viewer import Viewer

_BEAT = 15.0  # seconds: proxies close what is silent for longer
_GATHER = 0.25  # seconds: what changes together is told together
_APART = 5.0  # seconds between two messages
_AGAIN = 5_000  # milliseconds until a browser comes back
# What changed while a page was on its way, or by a clock a little behind, counts as after it.
_BEFORE = timedelta(seconds=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[0-9]{1,10}")


class _Stream(Streamed):
    """Until the viewer's time is up, the service drains, or nobody listens any more."""

    def __init__(self, request: Request, viewer: Viewer) -> None:
        super().__init__(self._tell, "text/event-stream")
        self._request = request
        self._viewer = viewer
        self._now = desk(request).now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with desk(self._request).changes.listener(self._viewer, _since(self._request, self._now())) as self._listener:
            await super().__call__(scope, receive, send)

    async def _tell(self, emit: Emit) -> None:
        left = self._viewer.expires - self._now().timestamp()
        with anyio.move_on_after(left):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_after, self._request.app.state.draining.wait, tasks.cancel_scope)
                await self._messages(emit)
                tasks.cancel_scope.cancel()

    def _is_taken_back(self) -> bool:
        revocations = desk(self._request).tokens.revocations
        return revocations is not None and revocations.refuse(self._viewer.customer, self._viewer.issued)

    async def _messages(self, emit: Emit) -> None:
        """Tells what changed, until the viewer's token is taken back."""
        await emit(f"retry: {_AGAIN}\nid: {_id(self._now())}\n\n".encode())
        while True:
            with anyio.move_on_after(_BEAT) as silent:
                await self._listener.heard()
            if silent.cancelled_caught:
                await emit(b":\n\n")
                continue
            await anyio.sleep(_GATHER)
            if self._is_taken_back():
                return
            data = msgspec.json.encode({"cards": self._listener.told()}).decode()
            await emit(f"event: changed\nid: {_id(self._now())}\ndata: {data}\n\n".encode())
            await anyio.sleep(_APART)


async def changes(request: Request) -> Response:
    """Tells of cards by name alone, never whose subscription it was or what it is now."""
    viewer = who(request)
    parameters(request, {})
    return _Stream(request, viewer)


async def _cancel_after(end: Callable[[], Awaitable[object]], scope: anyio.CancelScope) -> None:
    await end()
    scope.cancel()


def _id(now: datetime) -> str:
    """The name of a message: its time, which a browser that comes back repeats."""
    return str(int((now - _EPOCH).total_seconds()))


def _since(request: Request, now: datetime) -> datetime:
    """From when on a page has not heard of changes."""
    last = request.headers.get("last-event-id", "")
    known = _EPOCH + timedelta(seconds=int(last)) if _ID.fullmatch(last) else now
    return min(known, now) - _BEFORE
