"""Several questions at once: in order, all ended, errors as themselves."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import httpx
import pytest
import respx

from app.together import settled
from tests.conftest import Serve
from tests.orb.answers import borealis


def answering(value: str) -> Callable[[], Awaitable[str]]:
    async def call() -> str:
        return value

    return call


def failing(error: Exception) -> Callable[[], Awaitable[str]]:
    async def call() -> str:
        raise error

    return call


async def test_answers_stand_in_the_order_of_the_calls_and_not_of_their_ends() -> None:
    ends: list[str] = []
    second_ended = anyio.Event()

    async def first() -> str:
        await second_ended.wait()
        ends.append("first")
        return "first"

    async def second() -> str:
        ends.append("second")
        second_ended.set()
        return "second"

    assert await settled(OSError, first, second) == ["first", "second"]
    assert ends == ["second", "first"]


async def test_no_calls_have_no_answers() -> None:
    assert await settled(OSError) == []


async def test_expected_errors_are_settled_beside_the_answers() -> None:
    wrong = OSError("gone")
    assert await settled(OSError, answering("a"), failing(wrong), answering("b")) == ["a", wrong, "b"]


async def test_another_error_is_raised_as_itself_and_in_no_group() -> None:
    wrong = OSError("gone")
    with pytest.raises(OSError, match="gone") as caught:
        await settled(ValueError, answering("a"), failing(wrong), answering("b"))
    assert caught.value is wrong


async def test_of_several_errors_the_first_in_order_is_raised_even_when_it_came_last() -> None:
    second_failed = anyio.Event()

    async def first() -> str:
        await second_failed.wait()
        raise KeyError("first")

    async def second() -> str:
        second_failed.set()
        raise OSError("second")

    with pytest.raises(KeyError, match="first"):
        await settled(ValueError, first, second)


async def test_one_error_does_not_cut_the_others_short() -> None:
    failed = anyio.Event()
    ended: list[str] = []

    async def first() -> str:
        failed.set()
        raise OSError("gone")

    async def second() -> str:
        await failed.wait()
        await anyio.lowlevel.checkpoint()
        ended.append("second")
        return "second"

    with pytest.raises(OSError, match="gone"):
        await settled(ValueError, first, second)
    assert ended == ["second"]


async def test_a_cancelled_wait_ends_every_call_and_answers_nothing() -> None:
    ended: list[int] = []
    waiting = [anyio.Event(), anyio.Event()]

    def forever(n: int) -> Callable[[], Awaitable[None]]:
        async def call() -> None:
            waiting[n].set()
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(n)

        return call

    with anyio.CancelScope() as scope:

        async def stop() -> None:
            for each in waiting:
                await each.wait()
            scope.cancel()

        await settled(OSError, forever(0), forever(1), stop)
        pytest.fail("a cancelled wait has no outcome")
    assert scope.cancelled_caught
    assert sorted(ended) == [0, 1]


async def test_the_longest_question_of_a_dashboard_leaves_before_all_that_wait_for_the_same_list(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    asked: list[str] = []
    for name, route in borealis(orb_router).items():
        found = route.return_value
        assert found is not None
        route.mock(side_effect=partial(_noting, asked, name, found))
    async with serve() as client:
        assert (await client.get("/api/dashboard")).json()["complete"]
    after = asked[asked.index("subscriptions") + 1 :]
    assert next(each for each in after if not each.startswith("credit")) == "subscription_costs"


def _noting(asked: list[str], name: str, found: httpx.Response, _request: httpx.Request) -> httpx.Response:
    asked.append(name)
    return found
