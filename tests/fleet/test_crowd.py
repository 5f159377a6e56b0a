"""A crowd before one process, and before three with Redis: one call per question, and never above Orb's limits."""

from collections import Counter
from collections.abc import Iterator

import pytest

from app.budget.plan import PLANS
from tests.budget.test_pace import busiest
from tests.fleet.crowd import Crowd, codes, crowd
from tests.fleet.real_redis import real_redis
from tests.thorough import times

PROCESSES = (3, 1)[: times(2, 1)]


@pytest.fixture(scope="module", params=PROCESSES, ids=lambda many: f"{many} processes")
def service(request: pytest.FixtureRequest) -> Iterator[Crowd]:
    with real_redis() as server:
        more = {"ORRERY_REDIS_URL": server.url} if request.param > 1 else {}
        with crowd(request.param, ORRERY_PATIENCE="30", **more) as found:
            yield found


async def test_a_thousand_viewers_of_one_customer_are_one_call_per_question(service: Crowd) -> None:
    # A process that a busy machine keeps from Redis, or from its own lease, asks by itself: once, and seldom.
    for customer in ("one", "two", "three", "four"):
        documents = await service.ask([customer] * 1000)
        calls = Counter(what for each in service.arrivals().values() for _, what in each)
        assert codes(documents) == {"ready": 4000}
        assert len(calls) == 6
        assert max(calls.values()) <= len(service.urls)
        if set(calls.values()) == {1}:
            return
    raise AssertionError("no crowd of four was one call per question")


async def test_a_thousand_customers_at_once_never_exceed_the_plan(service: Crowd) -> None:
    documents = await service.ask([f"customer-{n}" for n in range(1000)])
    arrived = service.arrivals()

    found = codes(documents)
    assert set(found) <= {"ready", "busy", "orb_timeout", "orb_unreachable"}
    assert found["ready"] > 100
    for rate, limit in PLANS["live"].items():
        times = sorted(when for when, _ in arrived[rate]) if rate in arrived else []
        assert busiest(times, 1.0) <= limit, rate
    assert busiest(sorted(when for when, _ in arrived["analytics"]), 1.0) >= 8  # what may be used is used
