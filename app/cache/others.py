"""What the processes beside this one may be asked, where there are any."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from app.cache.floors import Key
from app.reading import Reading


class Others(Protocol):
    """The same answers, the same questions under way, the same floors, for several processes.

    Nothing here raises, and nothing takes longer than a tenth of a second: when the others cannot be asked, this
    process goes on alone.
    """

    def vouches(self, key: Key, reading: Reading[Any]) -> bool:
        """Whether no other process is known to hold a younger answer. Asks nobody."""

    async def look(self, key: Key) -> Reading[Any] | None:
        """The answer that the others keep; raises this process's floors to theirs on the way."""

    def lease(self, key: Key, *, live: bool) -> AbstractAsyncContextManager[bool]:
        """The right to ask Orb, which the others leave to this process within the block; False while another has it."""

    async def landed(self, key: Key) -> None:
        """Waits until another process's answer may be there, a tenth of a second at most."""

    async def keep(self, key: Key, reading: Reading[Any]) -> None:
        """Lets the others have an answer, unless theirs is the younger one."""

    async def refresh(self, customer: Key, at: datetime) -> None:
        """Raises the floor of a refresh for all."""

    async def change(self, customer: Key, question: str | None, at: datetime) -> None:
        """Raises the floor of a change for all."""
