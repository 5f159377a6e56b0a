"""Asks several at once: answers in order, expected errors beside them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


async def settled(expected: type[E], *calls: Callable[[], Awaitable[T]]) -> list[T | E]:
    """Every call's answer or its `expected` error, in the order of the calls, once all have ended.

    Raises the first other error in that order as itself: a task group alone would wrap it in an ExceptionGroup.
    """
    outcomes: dict[int, T | Exception] = {}

    async def run(index: int, call: Callable[[], Awaitable[T]]) -> None:
        try:
            outcomes[index] = await call()
        except Exception as error:
            outcomes[index] = error

    if len(calls) > 1:
        async with anyio.create_task_group() as group:
            for index, call in enumerate(calls[1:], 1):
                group.start_soon(run, index, call)
            await run(0, calls[0])  # at once: it needs no task
    elif calls:
        await run(0, calls[0])
    found: list[T | E] = []
    for index in range(len(calls)):
        outcome = outcomes[index]
        if isinstance(outcome, Exception) and not isinstance(outcome, expected):
            raise outcome
        found.append(outcome)
    return found
