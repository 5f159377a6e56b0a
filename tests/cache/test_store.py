"""The memory of kept answers: bounded in bytes, for all and for each customer."""

from datetime import UTC, datetime

from app.cache.floors import Key
from app.cache.store import Memory
from app.reading import Reading

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def put(store: Memory, customer: str, name: str, size: int) -> None:
    store.put(key(customer, name), Reading(name, NOW, NOW, size - 512))


def key(customer: str, name: str) -> Key:
    return ("customer_id", customer, name)


def test_the_least_recently_used_answers_go_first() -> None:
    store = Memory(4_000)
    for customer in "abcd":
        put(store, customer, "bill", 1_000)
    store.get(key("a", "bill"))
    put(store, "e", "bill", 1_000)

    assert [customer for customer in "abcde" if store.get(key(customer, "bill"))] == ["a", "c", "d", "e"]
    assert (store.bytes, len(store)) == (4_000, 4)


def test_a_customer_with_many_answers_loses_their_own_and_nobody_elses() -> None:
    store = Memory(40_000)
    put(store, "quiet", "bill", 1_000)
    for n in range(12):
        put(store, "busy", str(n), 1_000)
        store.get(key("busy", "0"))

    kept = [n for n in range(12) if store.get(key("busy", str(n)))]
    assert kept == [0, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert store.get(key("quiet", "bill")) is not None
    assert (store.of(("customer_id", "busy")), store.of(("customer_id", "quiet"))) == (10_000, 1_000)


def test_an_answer_that_grows_is_weighed_anew() -> None:
    store = Memory(40_000)
    put(store, "a", "bill", 1_000)
    put(store, "a", "bill", 4_000)
    assert (store.bytes, store.of(("customer_id", "a"))) == (4_000, 4_000)

    store.drop(key("a", "bill"))
    assert (store.bytes, store.of(("customer_id", "a")), len(store)) == (0, 0, 0)


def test_an_answer_larger_than_a_customers_part_is_not_kept_and_takes_the_older_one_with_it() -> None:
    store = Memory(40_000)
    put(store, "a", "bill", 1_000)
    put(store, "a", "bill", 10_001)

    assert store.get(key("a", "bill")) is None
    assert store.bytes == 0


def test_the_stamp_of_a_customer_is_another_once_an_answer_of_theirs_has_come_or_gone() -> None:
    store, stamps = Memory(10_000), list[int]()

    def is_another() -> bool:
        stamps.append(store.stamp(("customer_id", "borealis")))
        return stamps[-1] not in stamps[:-1]

    for name in "abb":
        put(store, "borealis", name, 100)
        assert is_another()
    store.get(key("borealis", "a"))
    put(store, "meridian", "a", 100)
    assert not is_another()
    store.drop(key("borealis", "b"))
    assert is_another()
    for each in "uvwxyz":  # there is no room for all
        put(store, each, "a", 1_900)
    assert store.get(key("borealis", "a")) is None
    assert is_another()
    put(store, "borealis", "a", 100)
    assert is_another()
