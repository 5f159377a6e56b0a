"""What the processes beside this one may be asked, where there are any."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.cache.floors import Key
from app.reading import Reading


class Lease(Protocol):
    """The right to ask Orb, which the others leave to this process until it is given back."""

    async def land(self, reading: Reading[Any] | None) -> None:
        """Gives it back, and lets the others have the answer unless theirs is the younger one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the others keep, however old, and the right to ask: None while another process has it, or where what they
    keep seemed young enough."""

    reading: Reading[Any] | None
    lease: Lease | None


class Others(Protocol):
    """The same answers, the same questions under way, the same floors, for several processes.

    Nothing here raises, and nothing takes longer than a tenth of a second: when the others cannot be asked, this
    process goes on alone.
    """

    def vouches(self, key: Key, reading: Reading[Any]) -> bool:
        """Whether no other process is known to hold a younger answer. Asks nobody."""

    def stamp(self) -> Hashable:
        """Another once it may say something else of any answer."""

    async def claim(self, key: Key, oldest: datetime | None, *, live: bool, known: Reading[Any] | None = None) -> Claim:
        """The answer that the others keep, and unless that holds figures of `oldest` or later, the right to ask.

        Raises this process's floors to theirs on the way. `oldest` None always wants the right. `known` is what this
        process keeps: it needs not be told again.
        """

    async def landed(self, key: Key) -> None:
        """Waits until another process's answer may be there, a tenth of a second at most."""

    async def refresh(self, customer: Key, at: datetime) -> None:
        """Raises the floor of a refresh for all."""

    async def change(self, customer: Key, question: str | None, at: datetime) -> None:
        """Raises the floor of a change for all."""
