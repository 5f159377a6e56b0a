"""What `/metrics` says, as numbers by name and labels; what was counted meanwhile is the difference of two."""

from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from app.metrics.gauges import Gauges

Series = tuple[str, frozenset[tuple[str, str]]]


class Figures(Counter[Series]):
    def of(self, name: str, **labels: str) -> float:
        """The sum of all series of that name whose labels have these values."""
        return sum(figure for (each, found), figure in self.items() if each == name and labels.items() <= found)


def read(text: str) -> Figures:
    """Refuses what is no exposition, or says a thing twice."""
    found = Figures()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series = (sample.name, frozenset(sample.labels.items()))
            assert series not in found, series
            found[series] = sample.value  # type: ignore[assignment]
    return found


def counted() -> Figures:
    """What was counted in this process until now."""
    return read(Gauges().written().decode())


class Meanwhile:
    """What is counted within the block."""

    def __enter__(self) -> Figures:
        self._before = counted()
        self.rise = Figures()
        return self.rise

    def __exit__(self, *_: object) -> None:
        after = counted()
        after.subtract(self._before)
        self.rise.update({series: figure for series, figure in after.items() if figure})
