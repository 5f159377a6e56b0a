"""An answer together with how old it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Reading(Generic[T_co]):
    """One answer of Orb's, and the moment whose figures it holds.

    `as_of` is that moment where Orb tells it or the answer was computed live, else None: unknown.
    `asked` is when the question was sent, on our clock. `size` is the answer's weight in bytes.
    `lasts` is set on states that may change without notice (nothing pending, ended): seconds.
    """

    value: T_co
    as_of: datetime | None
    asked: datetime
    size: int = 0
    lasts: float | None = None

    @property
    def since(self) -> datetime:
        """The moment from which its age counts: an answer without a stamp counts from its question."""
        return self.as_of or self.asked
