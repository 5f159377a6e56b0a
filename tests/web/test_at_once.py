"""Many who ask the same at once: one answer is made, and it is as true for each as their own would be."""

from collections import Counter
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from app.orb.errors import Unreachable
from app.reading import Reading
from app.web.kept import Document, Kept, Made
from app.web.noted import Noted
from tests.web.test_noted import HOW, Answers, nobody
from tests.whole import NOON, whole

pytestmark = pytest.mark.anyio

KEY, OTHER = ("a",), ("b",)


@pytest.fixture
def answers() -> Answers:
    return Answers({KEY: Reading("first", None, NOON)})


class Crowd:
    """Viewers of one question; `seen` is what each got, `makers` who made an answer and has not finished."""

    def __init__(self, answers: Answers) -> None:
        self.kept = Kept(lambda: NOON)
        self.answers = answers
        self.seen: dict[str, bytes] = {}
        self.makers: list[tuple[str, anyio.Event]] = []

    async def view(self, name: str, deadline: float = float("inf")) -> None:
        async def make() -> Made:
            noted = Noted(self.answers)
            await noted.get(KEY, HOW, nobody)
            self.makers.append((name, ready := anyio.Event()))
            await ready.wait()
            return Made(Document(name.encode()), noted, (), None)

        self.seen[name] = (await self.kept.get("question", NOON, deadline, make)).body

    async def comes(self, tasks: Any, *names: str, **more: float) -> None:
        """Each of them asks, and gets as far as they can."""
        for name in names:
            tasks.start_soon(lambda name=name: self.view(name, **more))
        await anyio.wait_all_tasks_blocked()

    async def goes_on(self) -> None:
        """The first who makes an answer gets done."""
        _, ready = self.makers.pop(0)
        ready.set()
        await anyio.wait_all_tasks_blocked()

    @property
    def making(self) -> list[str]:
        return [name for name, _ in self.makers]


async def test_two_hundred_who_ask_at_once_cost_one_document_and_each_call_once() -> None:
    asked: Counter[str] = Counter()
    async with whole() as service:
        inner = service.sandbox.handle_async_request

        async def counting(request: httpx.Request) -> httpx.Response:
            asked[f"{request.method} {request.url} {request.content!r}"] += 1
            return await inner(request)

        service.sandbox.handle_async_request = counting  # type: ignore[method-assign]
        seen: Counter[bytes] = Counter()
        async with service.client("northwind") as client, anyio.create_task_group() as tasks:

            async def view() -> None:
                seen[(await client.get("/api/dashboard?cards=bill,credits,spend,breakdown")).content] += 1

            for _ in range(200):
                tasks.start_soon(view)

    assert list(seen.values()) == [200]
    assert set(asked.values()) == {1}


async def test_who_asks_meanwhile_has_what_is_made_and_who_comes_later_does_not(answers: Answers) -> None:
    crowd = Crowd(answers)
    async with anyio.create_task_group() as tasks:
        await crowd.comes(tasks, "first", "second", "third")
        assert crowd.making == ["first"]
        await crowd.goes_on()
        assert crowd.seen == dict.fromkeys(("first", "second", "third"), b"first")
        await crowd.comes(tasks, "later")
        assert crowd.making == ["later"]
        await crowd.goes_on()


async def test_what_changed_meanwhile_is_in_the_answer_of_those_who_waited(answers: Answers) -> None:
    crowd = Crowd(answers)
    async with anyio.create_task_group() as tasks:
        await crowd.comes(tasks, "first", "second", "third")
        answers.readings[KEY] = Reading("changed", None, NOON)
        await crowd.goes_on()
        assert crowd.seen == {"first": b"first"}
        assert crowd.making == ["second"]
        await crowd.goes_on()
        assert crowd.seen == {"first": b"first", "second": b"second", "third": b"second"}


async def test_nobody_waits_for_others_again_and_again(answers: Answers) -> None:
    crowd = Crowd(answers)
    async with anyio.create_task_group() as tasks:
        await crowd.comes(tasks, "first", "second", "third", "fourth", "fifth")
        for _ in range(2):
            answers.readings[KEY] = Reading("changed", None, NOON)
            await crowd.goes_on()
        assert crowd.making == ["third", "fourth", "fifth"]
        for _ in range(3):
            await crowd.goes_on()
    assert len(set(crowd.seen.values())) == len(crowd.seen) == 5


async def test_an_answer_of_one_who_gives_up_is_made_by_the_next(answers: Answers) -> None:
    crowd = Crowd(answers)
    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as leaving:
            await crowd.comes(leaving, "first")
            await crowd.comes(tasks, "second", "third")
            leaving.cancel_scope.cancel()
        await anyio.wait_all_tasks_blocked()
        crowd.makers.pop(0)
        assert crowd.making == ["second"]
        await crowd.goes_on()
    assert crowd.seen == {"second": b"second", "third": b"second"}


async def test_nobody_waits_for_others_past_their_own_time(answers: Answers) -> None:
    crowd = Crowd(answers)
    async with anyio.create_task_group() as tasks:
        await crowd.comes(tasks, "first")
        await crowd.comes(tasks, "second", deadline=anyio.current_time())
        while crowd.making != ["first", "second"]:
            await anyio.lowlevel.checkpoint()
        await crowd.goes_on()
        await crowd.goes_on()
    assert crowd.seen == {"first": b"first", "second": b"second"}


async def test_a_document_with_an_old_figure_is_nobody_elses(answers: Answers) -> None:
    crowd = Crowd(answers)
    async with anyio.create_task_group() as tasks:
        answers.failed, answers.old = Unreachable("x"), True
        await crowd.comes(tasks, "first", "second")
        await crowd.goes_on()
        assert crowd.seen == {"first": b"first"}
        await crowd.goes_on()
