"""Redis stopped, hung, filled, emptied and started again while people ask: no request fails, and none goes above Orb's
limits. Orb gone under a warm cache and a cold one."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from app.budget.plan import PLANS
from tests.budget.test_pace import busiest
from tests.fleet.crowd import Crowd, codes, crowd
from tests.fleet.real_redis import RealRedis, real_redis


@pytest.fixture(scope="module")
def server() -> Iterator[RealRedis]:
    with real_redis() as found:
        yield found


@pytest.fixture(scope="module")
def service(server: RealRedis) -> Iterator[Crowd]:
    """Answers are old after a second: there is always something to ask Orb."""
    with crowd(3, ORRERY_REDIS_URL=server.url, ORRERY_MAX_AGE="1") as found:
        yield found


def fill(server: RealRedis) -> None:
    server.ask("CONFIG", "SET", "maxmemory", "1")


def make_room(server: RealRedis) -> None:
    server.ask("CONFIG", "SET", "maxmemory", "0")


EVENTS = {
    "stopped and started": (RealRedis.stop, RealRedis.start),
    "hung": (RealRedis.hang, RealRedis.go_on),
    "full": (fill, make_room),
    "emptied": (RealRedis.empty, RealRedis.empty),
}


@pytest.mark.parametrize("event", EVENTS)
async def test_whatever_befalls_redis_no_request_fails(service: Crowd, server: RealRedis, event: str) -> None:
    happens, ends = EVENTS[event]
    customers = [f"{event.replace(' ', '-')}-{n}" for n in range(8)]
    await service.ask(customers)  # warm
    service.arrivals()
    documents = []
    for n in count():
        if n == 10:
            await asyncio.to_thread(happens, server)
        if n == 30:
            await asyncio.to_thread(ends, server)
        if n == 45:
            break
        documents += await service.ask(customers)

    found = codes(documents)
    assert Counter(type(each) for each in documents) == {dict: 45 * len(customers)}
    assert set(found) == {"ready"}
    for rate, arrived in service.arrivals().items():
        assert busiest(sorted(when for when, _ in arrived), 1.0) <= PLANS["live"][rate], rate
