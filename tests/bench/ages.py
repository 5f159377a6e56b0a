"""How old the figures were that several processes served, from what each of them counts."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import httpx

_BUCKET = re.compile(r'^orrery_age_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


def ages(urls: Sequence[str]) -> Mapping[float, int]:
    """How many cards had figures up to which age in seconds, all processes together."""
    return counted([httpx.get(f"{url}/metrics", trust_env=False).text for url in urls])


def counted(metrics: Sequence[str]) -> Mapping[float, int]:
    """The same from what each process says."""
    found = Counter({0.0: 0})
    for each in metrics:
        for bound, cards in _BUCKET.findall(each):
            found[float(bound)] += int(float(cards))
    return found
