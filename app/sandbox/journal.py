"""The journal of requests: what came in, to which route, when it began and ended, and how it was answered."""

import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.sandbox.desk import problem_response
from app.sandbox.problems import too_large, unauthenticated

_LONGEST_BODY = 1 << 20
_ENTRY = "sandbox.journal"  # where a request bears its entry


class Journal:
    """The last requests in order of arrival, as the control panel shows them."""

    def __init__(self, bound: int = 5_000) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=bound)
        self._count = 0

    def clear(self) -> None:
        """Forget all requests; numbers go on."""
        self._entries.clear()

    def open(self, scope: Scope, body: bytes) -> dict[str, Any]:
        """Note a request; its route, its end and its answer are filled in later. Times are monotonic seconds."""
        self._count += 1
        entry = {
            "n": self._count,
            "method": scope["method"],
            "path": raw_path(scope),
            "route": None,
            "class": None,
            "headers": _headers(scope["headers"]),
            "body": body.decode("utf-8", "replace") if body else None,
            "started": time.monotonic(),
            "ended": None,
            "status": None,
            "response_headers": None,
        }
        self._entries.append(entry)
        return entry

    def since(self, number: int = 0, route: str | None = None) -> list[dict[str, Any]]:
        """List the requests after the one of a number, to one route or to all."""
        return [e for e in self._entries if e["n"] > number and route in (None, e["route"])]


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
        scope[_ENTRY] = entry = self._journal.open(scope, body[:_LONGEST_BODY])

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
                entry["response_headers"] = _headers(message["headers"])
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


class Named:
    """ASGI app of one route: tells the journal which route it is, and of which rate class."""

    def __init__(self, route: str, rate_class: str, app: ASGIApp) -> None:
        self._app = app
        self._names = {"route": route, "class": rate_class}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""
        scope[_ENTRY].update(self._names)
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


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
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
