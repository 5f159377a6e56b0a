"""The layers between a question and the wire: leave before each call, one more attempt, a rest for a failing Orb."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from app.budget.budget import Asker, Budget, alone
from app.budget.guarded import Guarded
from app.budget.limited import Limited, pause
from app.budget.retrying import Retries, Retrying
from app.orb.errors import Busy, Unreachable
from app.orb.transport import TooLate
from tests.figures import Meanwhile
from tests.virtual import BACKEND

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> Any:
    return BACKEND


class Orb(httpx.AsyncBaseTransport):
    """Answers with the next of its answers, the last one for ever: a status, an error to raise, or seconds to hang."""

    def __init__(self, *answers: int | Exception | float) -> None:
        self.answers = list(answers)
        self.times: list[float] = []
        self.headers: dict[str, str] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002  its signature
        self.times.append(anyio.current_time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, float):
            await anyio.sleep(answer)
            answer = 200
        return httpx.Response(answer, headers=self.headers)


def request(method: str = "GET", rate: str = "analytics", asker: Asker | None = None) -> httpx.Request:
    extensions = {"call": "subscription_costs", "rate": rate, "asker": asker}
    return httpx.Request(method, "http://orb.test/v1/costs", extensions=extensions)


def retrying(orb: Orb) -> Retrying:
    return Retrying(orb, jitter=lambda: 0.1)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_get_that_orb_could_not_answer_just_then_is_sent_once_more(status: int) -> None:
    orb = Orb(status, 200)
    with Meanwhile() as rise:
        answer = await retrying(orb).handle_async_request(request(rate="ledger"))

    assert (answer.status_code, orb.times) == (200, [0, 0.1])
    assert rise.of("orrery_orb_retries_total", rate="ledger") == 1


@pytest.mark.parametrize("error", [httpx.ConnectError(""), httpx.ReadError(""), httpx.RemoteProtocolError("")])
async def test_a_get_whose_connection_broke_is_sent_once_more(error: Exception) -> None:
    orb = Orb(error, 200)

    assert (await retrying(orb).handle_async_request(request())).status_code == 200
    assert len(orb.times) == 2


async def test_the_second_attempt_is_the_last() -> None:
    orb = Orb(503)

    assert (await retrying(orb).handle_async_request(request())).status_code == 503
    assert len(orb.times) == 2


@pytest.mark.parametrize(("method", "status"), [("POST", 503), ("GET", 429), ("GET", 404), ("GET", 401), ("GET", 501)])
async def test_what_asking_again_would_not_help_or_could_do_twice_is_sent_once(method: str, status: int) -> None:
    orb = Orb(status, 200)

    assert (await retrying(orb).handle_async_request(request(method))).status_code == status


async def test_no_second_attempt_starts_that_could_not_end_in_time() -> None:
    orb = Orb(503)
    layer = retrying(orb)
    await anyio.sleep(10)
    with anyio.fail_after(0.4):
        await layer.handle_async_request(request())

    assert len(orb.times) == 1


async def test_retries_are_a_tenth_of_first_attempts_however_long_orb_fails() -> None:
    orb = Orb(500)
    layer = retrying(orb)
    for _ in range(1000):
        await layer.handle_async_request(request())
        await anyio.sleep(0.01)

    assert 1000 <= len(orb.times) <= 1101


def test_the_second_retry_within_ten_seconds_needs_twenty_first_attempts() -> None:
    retries = Retries()
    for _ in range(19):
        retries.attempt(0)
    assert retries.allowed(0)
    assert not retries.allowed(0)
    retries.attempt(0)
    assert retries.allowed(0)
    assert [retries.allowed(now) for now in (9.9, 10)] == [False, True]


def test_first_attempts_of_a_minute_ago_count_no_more() -> None:
    retries = Retries()
    for _ in range(19):
        retries.attempt(0)
    assert retries.allowed(55)
    retries.attempt(60)
    assert not retries.allowed(60)


async def test_when_little_is_asked_one_retry_in_ten_seconds_is_free() -> None:
    orb = Orb(500)
    layer = retrying(orb)
    for _ in range(20):
        await layer.handle_async_request(request())
        await anyio.sleep(2)

    assert len(orb.times) == 20 + 4


async def test_no_room_for_a_connection_says_nothing_of_orb() -> None:
    layer = Guarded(Orb(httpx.PoolTimeout("")), ["analytics"])
    for _ in range(50):
        with pytest.raises(httpx.PoolTimeout):
            await layer.handle_async_request(request())

    assert layer.left_alone() == {"analytics": 0}


async def test_every_attempt_takes_leave() -> None:
    orb = Orb(503)
    async with anyio.create_task_group() as tasks:
        layer = Retrying(Limited(orb, Budget(alone({"analytics": 1}), tasks)), jitter=lambda: 0)
        await layer.handle_async_request(request())

    assert orb.times == [0, 1.05]


async def test_leave_that_nobody_came_to_use_is_given_back_and_waited_for_anew() -> None:
    orb = Orb(TooLate("x"), TooLate("x"), 200)
    async with anyio.create_task_group() as tasks:
        budget = Budget(alone({"analytics": 1}), tasks)
        asked = request()
        answer = await Limited(orb, budget).handle_async_request(asked)

    assert answer.status_code == 200
    assert orb.times == [0, 1.05, 2.1]
    assert asked.extensions["by"] == pytest.approx(2.1 + 2)


async def test_without_leave_by_the_deadline_it_is_busy_and_nothing_is_sent() -> None:
    orb = Orb(200)
    async with anyio.create_task_group() as tasks:
        layer = Limited(orb, Budget(alone({"analytics": 1}), tasks))
        await layer.handle_async_request(request())
        with pytest.raises(Busy, match=r"^analytics$"):
            await layer.handle_async_request(request(asker=Asker("borealis", deadline=1.0)))

    assert len(orb.times) == 1


async def test_leave_that_comes_too_late_for_a_call_is_not_waited_for() -> None:
    orb = Orb(200)
    async with anyio.create_task_group() as tasks:
        layer = Limited(orb, Budget(alone({"analytics": 1}), tasks))
        await layer.handle_async_request(request())
        with pytest.raises(Busy):  # it comes after 1.05 seconds
            await layer.handle_async_request(request(asker=Asker("borealis", deadline=1.25)))
        began = anyio.current_time()
        await layer.handle_async_request(request(asker=Asker("borealis", deadline=1.35)))

    assert (began, orb.times) == (1.0, [0, 1.05])


async def test_a_429_pauses_its_class_and_no_other() -> None:
    orb = Orb(429, 200)
    orb.headers = {"Retry-After": "7"}
    async with anyio.create_task_group() as tasks:
        layer = Limited(orb, Budget(alone({"analytics": 10, "read": 10}), tasks))
        await layer.handle_async_request(request())
        await layer.handle_async_request(request(rate="read"))
        await layer.handle_async_request(request())

    assert orb.times == [0, 0, 7]


async def test_a_pause_may_be_asked_for_until_a_date() -> None:
    orb = Orb(429, 200)
    orb.headers = {"Retry-After": "Fri, 20 Nov 2099 15:00:00 GMT"}
    async with anyio.create_task_group() as tasks:
        layer = Limited(orb, Budget(alone({"analytics": 10}), tasks))
        for _ in range(2):
            await layer.handle_async_request(request())

    assert orb.times == [0, 60]


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("7", 7), ("0", 1), ("1", 1), ("60", 60), ("61", 60), ("999999999999999999", 60), (None, 5), ("", 5), ("-5", 5),
        ("inf", 5), ("nan", 5), ("1e9", 5), ("7.5", 5), ("soon", 5), ("٣", 5), ("7, 9", 5), (" 7", 5),
        ("Fri, 20 Nov 2026 15:00:30 GMT", 30), ("Fri, 20 Nov 2026 14:00:00 GMT", 1),
        ("Fri, 20 Nov 2099 15:00:00 GMT", 60),
        ("Fri, 99 Nov 2026 15:00:00 GMT", 5), ("Fri, 20 Nov 2026 15:00:30", 30),
    ],
)  # fmt: skip
def test_a_pause_is_one_to_sixty_seconds_and_five_where_the_wish_makes_no_sense(wish: str | None, seconds: int) -> None:
    assert pause(wish, NOW) == seconds


async def many(layer: httpx.AsyncBaseTransport, count: int, ask: Callable[[], httpx.Request] = request) -> list[Any]:
    found: list[Any] = []
    for _ in range(count):
        try:
            found.append((await layer.handle_async_request(ask())).status_code)
        except (Unreachable, Busy, httpx.HTTPError) as error:
            found.append(type(error).__name__)
    return found


async def test_an_orb_that_fails_is_left_alone_and_then_probed() -> None:
    orb = Orb(500)
    layer = Guarded(orb, ["analytics", "read"])

    assert await many(layer, 25) == [500] * 20 + ["Unreachable"] * 5
    with pytest.raises(Unreachable, match=r"^left alone$"):
        await layer.handle_async_request(request())
    assert await many(layer, 1, lambda: request(rate="read")) == [500]
    await anyio.sleep(5)
    orb.answers = [200]
    assert await many(layer, 4) == [200] * 4


async def test_an_orb_that_cannot_be_reached_is_left_alone() -> None:
    assert await many(Guarded(Orb(httpx.ConnectError("")), ["analytics"]), 21) == ["ConnectError"] * 20 + [
        "Unreachable"
    ]


async def test_a_refusal_is_an_answer() -> None:
    assert await many(Guarded(Orb(404), ["analytics"]), 50) == [404] * 50
    assert await many(Guarded(Orb(429), ["analytics"]), 50) == [429] * 50


async def test_an_orb_that_hangs_until_the_deadline_fails() -> None:
    layer = Guarded(Orb(60.0), ["analytics"])
    for _ in range(20):
        with anyio.move_on_after(0.3):
            await layer.handle_async_request(request())

    assert await many(layer, 1) == ["Unreachable"]


async def test_askers_who_leave_say_nothing_of_orb() -> None:
    layer = Guarded(Orb(0.5), ["analytics"])
    for _ in range(30):
        async with anyio.create_task_group() as group:
            group.start_soon(layer.handle_async_request, request())
            await anyio.sleep(0.1)
            group.cancel_scope.cancel()

    assert await many(layer, 1) == [200]


async def test_calls_that_never_went_out_say_nothing_of_orb() -> None:
    async with anyio.create_task_group() as tasks:
        layer = Guarded(Limited(Orb(200), Budget(alone({"analytics": 1}), tasks)), ["analytics"])
        hurried = Asker("borealis", deadline=0.5)
        found = await many(layer, 40, lambda: request(asker=hurried))
        await anyio.sleep(2)
        again = await many(layer, 1)

    assert (found, again) == ([200] + ["Busy"] * 39, [200])
