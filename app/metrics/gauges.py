"""What somebody else knows: read from its owner at the moment when it is asked for."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from app.metrics.counted import REGISTRY

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# Each with its label, if it has one, and what it says.
OWNED: dict[str, tuple[str, str]] = {
    "orrery_budget_allowed": ("rate", "Calls a second that may leave for Orb just now."),
    "orrery_budget_waiting": ("rate", "Calls that wait for their turn."),
    "orrery_breaker_open": ("rate", "1 while a failing Orb is left alone or probed."),
    "orrery_redis_up": ("", "1 while Redis answers."),
    "orrery_redis_losses": ("", "How often Redis was there, and then did not answer."),
    "orrery_redis_odd": ("", "Entries in Redis that this service had not written, and passed over."),
    "orrery_processes": ("", "Processes that know of each other through Redis."),
    "orrery_cache_entries": ("", "Answers kept."),
    "orrery_cache_bytes": ("", "What they weigh."),
    "orrery_viewer_keys": ("", "Public keys that tokens may be signed with just now."),
    "orrery_viewer_keys_sound": ("", "1 while these keys could be had when they were last asked for."),
    "orrery_viewer_keys_age_seconds": ("", "How long ago they were had; after a day they are good no more."),
    "orrery_revoked": ("", "Customers of whom tokens are taken back."),
    "orrery_revoked_sound": ("", "1 while the file that says so can be read as it should."),
}

Read = Callable[[], Mapping[str, float]]


class Gauges(Collector):
    """One running service's gauges. `reads` says where one comes from; until then it is not there."""

    def __init__(self) -> None:
        self._read: dict[str, Read] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def reads(self, name: str, read: Read) -> None:
        """`read` gives the figure by the value of the label, or under "" where it has none."""
        if name not in OWNED:
            raise KeyError(name)
        self._read[name] = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, read in self._read.items():
            label, about = OWNED[name]
            family = GaugeMetricFamily(name, about, labels=[label] if label else [])
            for value, figure in read().items():
                family.add_metric([value] if label else [], figure)
            yield family

    def written(self) -> bytes:
        """These and all that was counted in this process, in Prometheus' text format."""
        return generate_latest(REGISTRY) + generate_latest(self._registry)
