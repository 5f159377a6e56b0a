"""Work that is worth nothing once the one who asked for it has left."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


async def while_there(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """The work's answer, or its own error. Broken off, with ClientDisconnect, as soon as the client has gone.

    The body of the request must have been read: what comes after it is the news that nobody is there.
    """
    outcome: list[T | Exception] = []

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        try:
            outcome.append(await work())
        except Exception as error:
            outcome.append(error)
        tasks.cancel_scope.cancel()
    if not outcome:
        raise ClientDisconnect
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
