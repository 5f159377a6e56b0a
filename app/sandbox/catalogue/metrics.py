"""What is measured: metrics are questions about usage events."""

from dataclasses import dataclass
from typing import Literal

from app.sandbox.identity import opaque

Aggregation = Literal["sum", "count", "unique", "max"]


@dataclass(frozen=True)
class Metric:
    """A question about the events of one name: how many, what sum, how many different, what peak.

    All but a count read the event property `of`. Sums and counts decompose: those of parts add up to that of the
    whole. Unique counts and peaks do not.
    """

    key: str
    name: str
    event_name: str
    aggregation: Aggregation
    of: str | None = None

    @property
    def id(self) -> str:
        """Orb's id of the metric."""
        return opaque("metric", self.key)

    @property
    def decomposable(self) -> bool:
        """Whether the metric may be grouped by any event property."""
        return self.aggregation in {"sum", "count"}
