"""How young an answer has to be, and what the asker gets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Generic, TypeVar

from app.reading import Reading

T = TypeVar("T")


class NotKept(Exception):
    """Nobody was to be asked, and no young enough answer is kept."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old an answer may be for one request, and how long the request waits for it.

    `began` is when the request came; `max_age` is in seconds before that. `live` asks Orb past its cache, as a
    refresh does. `soon` and `deadline` are times on anyio's clock: an older answer that stands ready is taken
    at `soon`, and nothing is waited for past `deadline`.
    """

    began: datetime
    max_age: float
    soon: float = inf
    deadline: float = inf
    live: bool = False

    def left(self, since: datetime) -> float:
        """For how many more seconds figures of `since` are young enough; below zero where they no longer are."""
        return self.max_age - (self.began - since).total_seconds()

    def suits(self, since: datetime, asked: datetime, early: float = 0) -> bool:
        """Whether an answer is young enough that holds the figures of `since` and was asked for at `asked`.

        What was asked for after this request came is as young as can be, so the parts of one request share
        their questions whatever `max_age` is; but a live one does not take what Orb may have had in its cache.
        `early` is the part of `max_age` by which an answer counts as old before it is.
        """
        return since >= self.oldest(early) or (asked >= self.began and not self.live)

    def oldest(self, early: float = 0) -> datetime:
        """From when on figures are young enough."""
        return self.began - timedelta(seconds=self.max_age * (1 - early))


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the asker gets. `failed` says why it is older than asked for: the renewal's error, or TimeoutError."""

    reading: Reading[T]
    failed: Exception | None = None
