"""Faults put in on purpose: what the control panel asked to go wrong, and how it does."""

from typing import Any, Literal

import anyio
import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.sandbox.desk import problem_response
from app.sandbox.journal import raw_path
from app.sandbox.problems import of_status

Kind = Literal["status", "hang", "cut", "garbage", "slow"]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """An order to fail: which route, how, and how often (-1: for ever); `match` is part of the raw path."""

    route: str
    kind: Kind
    status: int = 500
    seconds: float | None = None
    times: int = 1
    match: str = ""
    hits: int = 0


class Faults:
    """The faults in force, the oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Take all faults back."""
        self._faults.clear()

    def documents(self) -> list[dict[str, Any]]:
        """List the faults with how often each has struck."""
        return [msgspec.structs.asdict(fault) for fault in self._faults]

    def strike(self, route: str, path: str) -> Fault | None:
        """Take the first fault that applies to a request, and count it."""
        for fault in self._faults:
            left = fault.times < 0 or fault.hits < fault.times
            if left and fault.route == route and fault.match in path:
                fault.hits += 1
                return fault
        return None


class Faulty:
    """ASGI app of one route: answers, unless a fault is in force for it."""

    def __init__(self, route: str, app: ASGIApp, faults: Faults) -> None:
        self._route, self._app, self._faults = route, app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail as ordered."""
        fault = self._faults.strike(self._route, raw_path(scope))
        if fault is None:
            await self._app(scope, receive, send)
            return
        match fault.kind:
            case "status":
                await problem_response(of_status(fault.status))(scope, receive, send)
            case "garbage":
                await Response(b"<html>", media_type="text/html")(scope, receive, send)
            case "hang":
                await _hang(60.0 if fault.seconds is None else fault.seconds, scope, receive, send)
            case "cut":
                await self._app(scope, receive, _Scissors(send))
            case "slow":
                await anyio.sleep(1.5 if fault.seconds is None else fault.seconds)
                await self._app(scope, receive, send)


async def _hang(seconds: float, scope: Scope, receive: Receive, send: Send) -> None:
    """Never answer, until the client leaves. Who is still there at the end of the time gets a 504."""
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    await problem_response(of_status(504))(scope, receive, send)


class _Scissors:
    """A send that lets half of the body through and then leaves the answer unfinished."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            # The server sees an app that stops in mid-answer, and closes the connection.
            message = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        await self._send(message)
