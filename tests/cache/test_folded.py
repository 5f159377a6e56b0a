"""Answers that make room for others are folded, not lost, and come back as they were."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.account import kinds
from app.cache.floors import Key
from app.cache.store import Memory
from app.listing import Nothing
from app.reading import Reading
from tests.figures import Meanwhile
from tests.whole import CUSTOMERS, whole

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
LIMIT = 40_000


def key(customer: str, name: str = "bill") -> Key:
    return ("customer_id", customer, name)


def answer(number: int, size: int = 5_000) -> Reading[Any]:
    """Stands for an answer of that many bytes."""
    why = f"{number} " + "why " * 50
    return Reading(Nothing("not_enabled", why), NOW - timedelta(seconds=number), NOW, size - 512, lasts=60.0)


def test_what_made_room_comes_back_as_it_was() -> None:
    store = Memory(LIMIT, kinds)
    for number in range(20):
        store.put(key(str(number)), answer(number))
        assert store.bytes <= LIMIT

    assert len(store) == 20
    assert [store.get(key(str(number))) for number in range(20)] == [answer(number) for number in range(20)]
    assert (len(store), store.bytes <= LIMIT) == (20, True)


def test_without_room_for_what_is_folded_either_the_least_recently_used_are_gone() -> None:
    store = Memory(LIMIT, kinds)
    with Meanwhile() as rise:
        for number in range(200):
            store.put(key(str(number)), answer(number))
            assert store.bytes <= LIMIT
    assert rise.of("orrery_cache_evictions_total") == 200 - len(store)

    kept = [number for number in range(200) if store.get(key(str(number)))]
    assert 10 < len(kept) < 60
    assert min(kept) > 100


def test_a_customer_whose_answers_are_folded_pushes_out_nobody_elses() -> None:
    store = Memory(LIMIT, kinds)
    store.put(key("quiet"), answer(0))
    for number in range(400):
        store.put(key("busy", str(number)), answer(number))

    assert store.get(key("quiet")) == answer(0)
    assert store.of(("customer_id", "busy")) <= LIMIT // 4 + LIMIT // 8
    assert store.of(("customer_id", "busy")) + store.of(("customer_id", "quiet")) == store.bytes


def test_all_of_a_customer_who_makes_room_are_folded_as_one_and_come_back_together() -> None:
    store = Memory(LIMIT, kinds)
    for name in "abc":
        store.put(key("gone", name), answer(ord(name), 2_000))
    for number in range(4):
        store.put(key(str(number)), answer(number))

    assert 512 < store.of(("customer_id", "gone")) < 1_024  # one place in the table for all three
    assert len(store) == 7
    assert store.stamp(("customer_id", "gone")) == 0
    assert store.get(key("gone", "b")) == answer(ord("b"), 2_000)
    assert store.of(("customer_id", "gone")) == 6_000
    assert len(store) == 7


def test_who_asks_for_one_of_theirs_keeps_them_all_at_hand() -> None:
    store = Memory(LIMIT, kinds)
    for name in "ab":
        store.put(key("here", name), answer(ord(name), 2_000))
    for number in range(20):
        store.put(key(str(number)), answer(number))
        store.get(key("here", "a"))
    assert store.of(("customer_id", "here")) == 4_000


def test_what_a_customer_lost_to_their_own_comes_back_alone() -> None:
    store = Memory(LIMIT, kinds)
    for number in range(6):
        store.put(key("busy", str(number)), answer(number))
    folded = store._folded.answers
    assert (folded, len(store)) == (4, 6)

    assert store.get(key("busy", "1")) == answer(1)
    assert store.get(key("busy", "none of theirs")) is None
    assert (store._folded.answers, len(store)) == (folded, 6)  # another took its place there
    assert [number for number in range(6) if store.get(key("busy", str(number))) != answer(number)] == []


def test_folded_answers_that_make_room_are_each_counted() -> None:
    store = Memory(LIMIT, kinds)
    with Meanwhile() as rise:
        for number in range(60):
            for name in "abc":
                store.put(key(str(number), name), answer(number, 2_000))
    assert rise.of("orrery_cache_evictions_total") == 180 - len(store) > 30


def test_of_a_folded_customer_what_cannot_be_written_down_is_gone_and_the_rest_is_not() -> None:
    store = Memory(LIMIT, kinds)
    with Meanwhile() as rise:
        store.put(key("odd", "a"), answer(1, 2_000))
        store.put(key("odd", "b"), Reading(object(), NOW, NOW, 2_000))
        for number in range(4):
            store.put(key(str(number)), answer(number))
    assert rise.of("orrery_cache_evictions_total") == 1
    assert (store.get(key("odd", "a")), store.get(key("odd", "b"))) == (answer(1, 2_000), None)


def test_a_younger_answer_takes_the_place_of_a_folded_one() -> None:
    store = Memory(LIMIT, kinds)
    for number in range(10):
        store.put(key(str(number)), answer(number))
    store.put(key("0"), answer(77))
    for number in range(1, 10):
        store.put(key(str(number)), answer(number))
    assert store.get(key("0")) == answer(77)

    store.put(key("0"), Reading(object(), NOW, NOW, 4_488))
    for number in range(1, 10):
        store.put(key(str(number)), answer(number))
    assert store.get(key("0")) is None


def test_what_is_dropped_is_not_folded_anywhere() -> None:
    store = Memory(LIMIT, kinds)
    for number in range(10):
        store.put(key(str(number)), answer(number))
    store.drop(key("0"))
    assert store.get(key("0")) is None

    for number in range(10):
        store.put(key("busy", str(number)), answer(number))
    store.drop(key("busy", "0"))
    assert store.get(key("busy", "0")) is None


def test_what_cannot_be_written_down_is_gone() -> None:
    store = Memory(LIMIT, kinds)
    for number in range(10):
        store.put(key(str(number)), Reading(object(), NOW, NOW, 4_488))
    assert [number for number in range(10) if store.get(key(str(number)))] == [6, 7, 8, 9]
    assert len(store) == 4


def test_what_is_too_large_even_when_it_is_packed_is_gone() -> None:
    store, noise = Memory(LIMIT, kinds), random.Random(1).randbytes(8_000).hex()
    with Meanwhile() as rise:
        store.put(key("large"), Reading(Nothing("not_enabled", noise), NOW, NOW, 9_000))
        for number in range(4):
            store.put(key(str(number)), answer(number))
    assert store.get(key("large")) is None
    assert rise.of("orrery_cache_evictions_total") == 1


@pytest.mark.anyio
async def test_a_memory_too_small_for_all_customers_still_asks_nothing_twice() -> None:
    async with whole(cache_bytes=2_500_000) as service:
        asked, inner = Counter[str](), service.sandbox.handle_async_request

        async def counting(request: httpx.Request) -> httpx.Response:
            asked[f"{request.url} {request.content!r}"] += 1
            return await inner(request)

        service.sandbox.handle_async_request = counting  # type: ignore[method-assign]
        first: dict[str, Any] = {}
        again: dict[str, Any] = {}
        for found in (first, again):
            for customer in CUSTOMERS:
                async with service.client(customer) as client:
                    found[customer] = (await client.get("/api/dashboard?cards=bill,credits,spend")).json()["cards"]
        memory = service.app.state.desk.cache._store
        folded = memory._folded.answers

    assert folded > 10
    assert first == again
    assert {each: count for each, count in asked.items() if count > 1} == {}
