"""What we count ourselves is written as prometheus_client would have counted it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    enable_created_metrics,
    generate_latest,
)

from app.metrics.tally import Spread, Tally

BOUNDS = (0.005, 0.5, 1, 10, 86400)
NAMES = st.sampled_from(("bill", "credits", 'a "name"\nof two lines', ""))
SIZES = st.sampled_from(BOUNDS) | st.floats(0, 1e6)


@pytest.fixture(autouse=True, scope="module")
def uncreated() -> Iterator[None]:
    """Ours do not say when they were made, nor need those beside them."""
    disable_created_metrics()  # type: ignore[no-untyped-call]
    yield
    enable_created_metrics()  # type: ignore[no-untyped-call]


@given(st.lists(st.tuples(NAMES, NAMES, st.integers(0, 9))))
def test_counters_are_written_as_those_of_prometheus_client(counted: list[tuple[str, str, int]]) -> None:
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    counter, tally = Counter("cards", "Cards.", ("card", "code"), registry=theirs), _tally(ours, "card", "code")

    for card, code, many in counted:
        counter.labels(card, code).inc(many)
        tally.add(card, code, many=many)

    assert generate_latest(ours) == generate_latest(theirs)


@given(st.lists(st.tuples(NAMES, SIZES)))
def test_histograms_are_written_as_those_of_prometheus_client(seen: list[tuple[str, float]]) -> None:
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    histogram = Histogram("seconds", "How long.", ("card",), registry=theirs, buckets=BOUNDS)
    spread = Spread(ours, "seconds", "How long.", ("card",), BOUNDS)

    for card, size in seen:
        histogram.labels(card).observe(size)
        spread.observe(size, card)

    assert generate_latest(ours) == generate_latest(theirs)


def test_what_has_no_labels_is_there_before_it_happens() -> None:
    theirs, ours = CollectorRegistry(), CollectorRegistry()
    Counter("cards", "Cards.", registry=theirs)
    Histogram("seconds", "How long.", registry=theirs, buckets=BOUNDS)
    _tally(ours)
    Spread(ours, "seconds", "How long.", (), BOUNDS)

    assert generate_latest(ours) == generate_latest(theirs)


def test_no_name_is_taken_twice() -> None:
    registry = CollectorRegistry()
    _tally(registry)

    with pytest.raises(ValueError, match="cards"):
        _tally(registry)


def _tally(registry: CollectorRegistry, *labels: str) -> Tally:
    return Tally(registry, "cards", "Cards.", labels)
