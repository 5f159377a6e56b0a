"""How an answer goes wrong: one way for each kind of fault."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.sandbox.desk import problem_response
from app.sandbox.faults import Fault, Faults
from app.sandbox.journal import raw_path
from app.sandbox.problems import Problem, of_status

_DROP = 4
_CHUNK = b"x" * 65_536
_PAGE = b"<!doctype html><html lang=en><meta charset=utf-8><title>Welcome</title><p>Please sign in to this network."


class Faulty:
    """ASGI app of one route: answers, unless a fault is in force for it."""

    def __init__(self, route: str, app: ASGIApp, faults: Faults) -> None:
        self._route, self._app, self._faults = route, app, faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or fail as ordered."""
        fault = self._faults.strike(self._route, raw_path(scope))
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in ("status", "garbage", "wrong_content_type"):
            await _instead(fault)(scope, receive, send)
        elif fault.kind == "hang":
            await _while_there(receive, lambda: _hang(fault, scope, receive, send))
        elif fault.kind == "huge":
            await _while_there(receive, lambda: _huge(fault.bytes, send))
        else:
            answer = await _true_answer(self._app, scope, receive)
            await _while_there(receive, lambda: _spoiled(fault, answer, send))


@dataclass(frozen=True)
class _Answer:
    """What the route had to say; `start` is the message with status and headers."""

    start: Message
    body: bytes


async def _true_answer(app: ASGIApp, scope: Scope, receive: Receive) -> _Answer:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    try:
        await app(scope, receive, keep)
    except Problem as problem:
        await problem_response(problem)(scope, receive, keep)
    return _Answer(messages[0], b"".join(message.get("body", b"") for message in messages[1:]))


async def _while_there(receive: Receive, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work until it is done, or the client leaves. Nothing else may still have to read the request."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        await work()
        tasks.cancel_scope.cancel()


def _instead(fault: Fault) -> Response:
    """Make an answer that the route is not asked for."""
    match fault.kind:
        case "garbage":
            return Response(b"<html>", media_type="text/html")
        case "wrong_content_type":
            return Response(_PAGE, media_type="text/html")
        case _:
            return problem_response(of_status(fault.status, fault.detail, fault.retry_after))


async def _hang(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    """Say nothing. Who still waits at the end of the time gets a 504."""
    await anyio.sleep(fault.pause)
    await problem_response(of_status(504))(scope, receive, send)


async def _huge(size: int, send: Send) -> None:
    """Answer with a JSON document of exactly `size` bytes, and hold little of it at a time."""
    head, tail = b'{"data":[],"padding":"', b'"}'
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send(_part(head))
    left = size - len(head) - len(tail)
    while left:
        part = _CHUNK[:left]
        left -= len(part)
        await send(_part(part))
        await anyio.lowlevel.checkpoint()  # to a client that has left, a send comes back at once
    await send(_part(tail, more=False))


async def _spoiled(fault: Fault, answer: _Answer, send: Send) -> None:
    """Give the route's own answer, and spoil it on the way."""
    if fault.kind == "slow":
        await anyio.sleep(fault.pause)
    if fault.kind == "wrong_type" and answer.start["status"] < 300:
        answer = _mistyped(answer)
    await send(answer.start)
    if fault.kind == "drip":
        await _drip(answer.body, fault.pause, send)
    elif fault.kind == "cut":
        # The server sees an app that stops in mid-answer, and closes the connection.
        await send(_part(answer.body[: len(answer.body) // 2]))
    else:
        await send(_part(answer.body, more=False))


async def _drip(body: bytes, pause: float, send: Send) -> None:
    for place in range(0, len(body), _DROP):
        await send(_part(body[place : place + _DROP]))
        await anyio.sleep(pause)
    await send(_part(b"", more=False))


def _mistyped(answer: _Answer) -> _Answer:
    body = json.dumps(mistyped(json.loads(answer.body, parse_float=Decimal))).encode()
    headers = [(name, value) for name, value in answer.start["headers"] if name != b"content-length"]
    length = (b"content-length", str(len(body)).encode())
    return _Answer({**answer.start, "headers": [*headers, length]}, body)


def mistyped(value: Any) -> Any:
    """Give every value of a JSON document another type, and leave the names and nulls where they are."""
    match value:
        case dict():
            return {name: mistyped(part) for name, part in value.items()}
        case list():
            return {str(place): mistyped(part) for place, part in enumerate(value)}
        case str():
            return len(value)
        case None:
            return None
        case _:
            return str(value)


def _part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
