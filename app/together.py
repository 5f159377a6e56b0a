"""Asks several at once: answers in order, errors as themselves."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def settled(*calls: Callable[[], Awaitable[T]]) -> list[T | Exception]:
    """Every call's answer or its error, in the order of the calls, once all have ended."""
    outcomes: dict[int, T | Exception] = {}

    async def run(index: int, call: Callable[[], Awaitable[T]]) -> None:
        try:
            outcomes[index] = await call()
        except Exception as error:
            outcomes[index] = error

    async with anyio.create_task_group() as group:
        for index, call in enumerate(calls):
            group.start_soon(run, index, call)
    return [outcomes[index] for index in range(len(calls))]


async def together(*calls: Callable[[], Awaitable[T]]) -> list[T]:
    """Every call's answer, in the order of the calls.

    Raises the first error in that order as itself: a task group alone would wrap it in an ExceptionGroup,
    which `except OrbError` does not see.
    """
    answers: list[T] = []
    for outcome in await settled(*calls):
        if isinstance(outcome, Exception):
            raise outcome
        answers.append(outcome)
    return answers
