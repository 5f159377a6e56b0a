"""Orb's response cache: bodies kept per question, and the rule by which one is good enough.

See Orb's "cached responses": without the header an answer is live; with it a snapshot serves if it is young
enough for the asker, and the answer says of when it is.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from starlette.requests import Request

from app.sandbox.problems import invalid


@dataclass(frozen=True)
class Wish:
    """What a request says about snapshots: whether one will do, and how old it may be in seconds."""

    cached: bool
    max_age: int | None = None

    def takes(self, computed: datetime, now: datetime) -> bool:
        """Tell whether a snapshot will do."""
        age = now - computed
        # After the sandbox's clock was turned back there are snapshots of the future.
        if age < timedelta(0):
            return False
        return self.max_age is None or age <= timedelta(seconds=self.max_age)


def wish_of(request: Request) -> Wish:
    """Read Orb-Cache-Control, whose value is compared exactly, and Orb-Cache-Max-Age-Seconds."""
    if request.headers.get("orb-cache-control") != "cache":
        return Wish(cached=False)
    age = request.headers.get("orb-cache-max-age-seconds")
    if age is None:
        return Wish(cached=True)
    if not re.fullmatch(r"\d{1,9}", age, re.ASCII):
        raise invalid("Orb-Cache-Max-Age-Seconds: must be a whole number of seconds")
    return Wish(cached=True, max_age=int(age))


@dataclass(frozen=True)
class Snapshot:
    """A body and the instant whose figures it shows."""

    body: bytes
    computed: datetime


class Snapshots:
    """The newest body of every question, the least used dropped beyond `bound`."""

    def __init__(self, bound: int = 10_000) -> None:
        self._bound = bound
        self._kept: OrderedDict[str, Snapshot] = OrderedDict()

    def clear(self) -> None:
        """Forget all bodies."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def answer(
        self,
        key: str,
        wish: Wish,
        now: datetime,
        oldest: datetime,
        compute: Callable[[datetime], bytes],
        unchanged: Callable[[datetime], bool],
    ) -> tuple[Snapshot, bool]:
        """Answer a question as wished: (snapshot, whether it was computed live).

        `compute` gives the body with the figures of an instant, `unchanged` tells whether those figures still hold:
        a snapshot that does is as good as new, and says that it is of now. A question never asked before is taken to
        have been precomputed some time ago, but not before `oldest`.
        """
        if wish.cached:
            kept = self._kept.get(key) or self._precomputed(key, now, oldest, compute)
            if kept.computed <= now and unchanged(kept.computed):
                kept = replace(kept, computed=now)
            if wish.takes(kept.computed, now):
                self._keep(key, kept)
                return kept, False
        live = Snapshot(compute(now), now)
        self._keep(key, live)
        return live, True

    def _precomputed(self, key: str, now: datetime, oldest: datetime, compute: Callable[[datetime], bytes]) -> Snapshot:
        computed = max(now - precomputed_age(key), oldest)
        return Snapshot(compute(computed), computed)

    def _keep(self, key: str, snapshot: Snapshot) -> None:
        self._kept[key] = snapshot
        self._kept.move_to_end(key)
        while len(self._kept) > self._bound:
            self._kept.popitem(last=False)


def precomputed_age(key: str) -> timedelta:
    """Tell how old the first snapshot of a question is: 40 s to 4 min, the same at every start."""
    chance = int.from_bytes(blake2b(key.encode(), digest_size=4).digest())
    return timedelta(seconds=40 + chance % 200, milliseconds=chance % 997)
