"""Counters and histograms that cost next to nothing to count with; prometheus_client reads them when somebody asks.

Its own take a lock for each value, and a kept answer counts thirty of them: a third of all its time. These are for the
event loop's thread alone.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

Values = tuple[str, ...]


class Tally(Collector):
    """How often something happened, by the values of its labels."""

    def __init__(self, registry: CollectorRegistry, name: str, about: str, labels: Sequence[str]) -> None:
        self.labels = labels
        self._about = name, about
        self._counts: dict[Values, float] = {} if labels else {(): 0.0}
        registry.register(self)

    def add(self, *values: str, many: float = 1) -> None:
        self._counts[values] = self._counts.get(values, 0.0) + many

    def describe(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(*self._about, labels=self.labels)

    def collect(self) -> Iterator[CounterMetricFamily]:
        for family in self.describe():
            for values, count in self._counts.items():
                family.add_metric(values, count)
            yield family


class Spread(Collector):
    """How large something was each time, by the values of its labels; `bounds` are those of its buckets, included."""

    def __init__(
        self, registry: CollectorRegistry, name: str, about: str, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self.labels = labels
        self._about = name, about
        self._bounds = bounds
        self._names = [*map(floatToGoString, bounds), "+Inf"]
        # How many fell into each bucket, and what all of them come to.
        self._rows: dict[Values, tuple[list[int], list[float]]] = {} if labels else {(): self._row()}
        registry.register(self)

    def observe(self, size: float, *values: str) -> None:
        row = self._rows.get(values)
        if row is None:
            row = self._rows[values] = self._row()
        row[0][bisect_left(self._bounds, size)] += 1
        row[1][0] += size

    def describe(self) -> Iterator[HistogramMetricFamily]:
        yield HistogramMetricFamily(*self._about, labels=self.labels)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        for family in self.describe():
            for values, (counts, (total,)) in self._rows.items():
                family.add_metric(values, [*zip(self._names, map(float, accumulate(counts)), strict=True)], total)
            yield family

    def _row(self) -> tuple[list[int], list[float]]:
        return [0] * len(self._names), [0.0]
