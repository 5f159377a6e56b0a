"""Tokens that were found good: whoever shows one again within its time is known at once.

Nothing of a token is kept but its digest. What may change while it lasts is looked at each time: the clock, the key
that vouches for it, and whether it was taken back.
"""

from dataclasses import dataclass
from hashlib import sha256

from cachetools import LRUCache

from app.web.viewer import Viewer, lasts

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a token names, by which key, and since when (Unix seconds) that is known."""

    viewer: Viewer
    kid: str | None
    key: object
    since: float


class Remembered:
    """Whom each token named, the ten thousand that came last. Times are in Unix seconds."""

    def __init__(self) -> None:
        self._known: LRUCache[bytes, Known] = LRUCache(_MOST)

    def find(self, token: str) -> Known | None:
        """What is known of exactly this token."""
        return self._known.get(_mark(token))

    def keep(self, token: str, known: Known) -> None:
        """That it was found good."""
        self._known[_mark(token)] = known


def is_good(known: Known, key: object, now: float) -> bool:
    """Whether it still is, where `key` is the one of its name now: a clock that was set back proves nothing."""
    return known.key is key and known.since <= now and lasts(known.viewer, now)


def _mark(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
