"""The journal of requests: what came in, when it began and ended, and how it was answered."""

import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.sandbox.desk import problem_response
from app.sandbox.problems import too_large, unauthenticated

_LONGEST_BODY = 1 << 20


class Journal:
    """The last requests in order of arrival, as the control panel shows them."""

    def __init__(self, bound: int = 5_000) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=bound)
        self._count = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._entries)

    def clear(self) -> None:
        """Forget all requests; numbers go on."""
        self._entries.clear()

    def open(self, scope: Scope, body: bytes) -> dict[str, Any]:
        """Note a request; its end and status are filled in later. Times are monotonic seconds."""
        self._count += 1
        entry = {
            "n": self._count,
            "method": scope["method"],
            "path": raw_path(scope),
            "headers": _headers(scope),
            "body": body.decode("utf-8", "replace") if body else None,
            "started": time.monotonic(),
            "ended": None,
            "status": None,
        }
        self._entries.append(entry)
        return entry


class Gate:
    """ASGI middleware in front of /v1: reads the body, writes the journal, and asks for a key."""

    def __init__(self, app: ASGIApp, journal: Journal) -> None:
        self._app = app
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to the app."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        entry = self._journal.open(scope, body[:_LONGEST_BODY])

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        try:
            await self._through(scope, _replay(body, receive), note, body)
        finally:
            entry["ended"] = time.monotonic()

    async def _through(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        if not _key(scope):
            await problem_response(unauthenticated())(scope, receive, send)
        elif len(body) > _LONGEST_BODY:
            await problem_response(too_large())(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def raw_path(scope: Scope) -> str:
    """Give the path and query as they were received, escapes and all."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _key(scope: Scope) -> str:
    value = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name == "authorization":
            value = "****" + value[-4:] if len(value) > len("Bearer ") + 4 else "****"
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _read(receive: Receive) -> bytes:
    """Read a body, and stop reading where it is too long."""
    body = bytearray()
    while len(body) <= _LONGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once more, and then what the server has to say: that the client has left."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
