"""Usage as it was known at an instant: metrics, counted up from the beginning of a billing period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from app.sandbox.catalogue.metrics import Metric
from app.sandbox.rating.events import Events, naive
from app.sandbox.world.world import Subscription

#: Quantities by the values of some event properties, in the order in which they were asked for.
Tally = dict[tuple[str | None, ...], Decimal]

ZERO = Decimal(0)

# Every event in the window with the number of the span it falls into, and what it is worth to the metric.
_ROWS = """
SELECT len(list_filter($cuts, lambda cut: cut <= {moment})) - 1 AS span, {groups} AS groups, {worth} AS worth
FROM events
WHERE event_name = $event_name
    AND timestamp >= $cuts[1] AND {moment} < $cuts[len($cuts)] AND received <= $known
"""
# When an event begins to count: once it has happened, or once it has been received as well.
_HAPPENED, _SEEN = "timestamp", "greatest(timestamp, received - INTERVAL 1 MICROSECOND)"
_SQL = {
    "sum": "SELECT span, groups, sum(worth::DECIMAL(38, 9)) FROM ({rows}) GROUP BY ALL",
    "count": "SELECT span, groups, count(*)::DECIMAL(38, 0) FROM ({rows}) GROUP BY ALL",
    "max": "SELECT span, groups, max(worth::DECIMAL(38, 9)) FROM ({rows}) GROUP BY ALL",
    # A value counts in the span in which it is first seen.
    "unique": """
        SELECT span, groups, count(*)::DECIMAL(38, 0) FROM
        (SELECT min(span) AS span, groups, worth FROM ({rows}) WHERE worth IS NOT NULL GROUP BY groups, worth)
        GROUP BY ALL
    """,
}


@dataclass(frozen=True)
class Usage:
    """All usage that had been received at `known`; with `as_seen`, each cut sees what had been received by itself."""

    events: Events
    known: datetime
    as_seen: bool = False

    def so_far(
        self, subscription: Subscription, metric: Metric, cuts: Sequence[datetime], by: Sequence[str] = ()
    ) -> list[Tally]:
        """Count a metric from the first cut to each of the others, apart for each value of the properties `by`."""
        if len(cuts) < 2:
            return []
        sums: Tally = {}
        result: list[Tally] = []
        spans = self._spans(subscription, metric, cuts, by)
        for span in range(len(cuts) - 1):
            for groups, worth in spans.get(span, {}).items():
                before = sums.get(groups, ZERO)
                sums[groups] = max(before, worth) if metric.aggregation == "max" else before + worth
            # In an order of their own: what is taken from the first, or shared out, must not depend on the engine's.
            result.append(dict(sorted(sums.items(), key=_values)))
        return result

    def apart(
        self, subscription: Subscription, metric: Metric, cuts: Sequence[datetime], by: Sequence[str] = ()
    ) -> list[Tally]:
        """Count a metric in each span between two cuts by itself."""
        if metric.aggregation == "unique":
            pairs = pairwise(cuts)
            return [self.so_far(subscription, metric, pair, by)[0] for pair in pairs]
        spans = self._spans(subscription, metric, cuts, by)
        return [spans.get(span, {}) for span in range(len(cuts) - 1)]

    def _spans(
        self, subscription: Subscription, metric: Metric, cuts: Sequence[datetime], by: Sequence[str]
    ) -> dict[int, Tally]:
        for customer in subscription.users:
            self.events.make(customer, cuts[0], min(cuts[-1], max(self.known, cuts[0])))
        paths = {f"by_{place}": pointer(name) for place, name in enumerate(by)}
        groups = ", ".join(f"json_extract_string(properties, ${name})" for name in paths)
        worth = "NULL"
        if metric.of is not None:
            paths["of"] = pointer(metric.of)
            worth = "json_extract_string(properties, $of)"
        if metric.aggregation in {"sum", "max"}:
            worth = f"TRY_CAST({worth} AS DECIMAL(38, 9))"
        moment = _SEEN if self.as_seen else _HAPPENED
        asked = _ROWS.format(groups=f"[{groups}]::VARCHAR[]", worth=worth, moment=moment)
        rows = self.events.recall(
            _SQL[metric.aggregation].format(rows=asked),
            [customer.id for customer in subscription.users],
            cuts=[naive(cut) for cut in cuts],
            event_name=metric.event_name,
            known=naive(self.known),
            **paths,
        )
        spans: dict[int, Tally] = {}
        for span, values_of, worth_of in rows:
            spans.setdefault(span, {})[tuple(values_of)] = ZERO if worth_of is None else plain(worth_of)
        return spans


def pointer(name: str) -> str:
    """Write the name of an event property as a JSON pointer, in which no other sign has a meaning."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def plain(worth: Decimal) -> Decimal:
    """Drop the zeros at the end that the engine's decimals bear."""
    return worth.normalize() + ZERO


def _values(item: tuple[tuple[str | None, ...], Decimal]) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in item[0]]
