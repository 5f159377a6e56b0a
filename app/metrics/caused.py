"""What one request causes, wherever that is done: its cards, its calls to Orb, what it took from the cache.

A question to Orb outlives the request, and is done elsewhere; it belongs to the request that caused it.
"""

import time
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Literal

from app.metrics import counted

Forward = Literal["miss", "stale", "request"]


@dataclass(frozen=True, slots=True)
class Use:
    """One answer had through the cache. `fwd` says why Orb was asked, None where a kept answer was enough.

    `ttl` is for how many more seconds a kept one is young enough, below zero where it no longer was. `joined`: the
    question was already under way. `stored`: its answer is kept now.
    """

    fwd: Forward | None = None
    ttl: int | None = None
    joined: bool = False
    stored: bool = False
    stale: bool = False


@dataclass(slots=True)
class Caused:
    """`began` is when the request came, on the clock of `time.perf_counter`; `cards` are seconds by word."""

    began: float = field(default_factory=time.perf_counter)
    calls: int = 0
    cards: dict[str, float] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began


_caused: ContextVar[Caused | None] = ContextVar("caused", default=None)


def begin() -> tuple[Caused, Token[Caused | None]]:
    """From here on, what is done here and in tasks that start here is caused by one request."""
    caused = Caused()
    return caused, _caused.set(caused)


def end(token: Token[Caused | None]) -> None:
    _caused.reset(token)


def call(name: str, rate: str, outcome: int | str, seconds: float) -> None:
    """A call to Orb was made."""
    counted.call(name, rate, outcome, seconds)
    if (caused := _caused.get()) is not None:
        caused.calls += 1


def card(word: str, outcome: str, code: str | None, seconds: float, age: float | None) -> None:
    """A card came back."""
    counted.card(word, outcome, code, seconds, age)
    if (caused := _caused.get()) is not None:
        caused.cards[word] = seconds


def hit(ttl: float, *, stale: bool = False) -> None:
    """A kept answer was enough; `stale`: it was not, but it was not to be renewed just now."""
    counted.cache("let_alone" if stale else "hit", stale=stale)
    _note(Use(ttl=int(ttl // 1), stale=stale))


def hits(many: int, ttl: float) -> None:
    """So many kept answers were enough, one of them for `ttl` seconds more and the others for longer."""
    counted.cache("hit", many=many)
    if (caused := _caused.get()) is not None:
        caused.uses += [Use(ttl=int(ttl // 1))] * many


def asked(fwd: Forward, *, joined: bool, stored: bool, stale: bool) -> None:
    """Orb was asked; `stale`: the kept answer had to do after all."""
    counted.cache("joined" if joined else "asked", stale=stale)
    _note(Use(fwd, joined=joined, stored=stored, stale=stale))


def _note(use: Use) -> None:
    if (caused := _caused.get()) is not None:
        caused.uses.append(use)
