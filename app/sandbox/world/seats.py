"""Licenses that invented customers hold."""

from dataclasses import dataclass

from app.sandbox.world.when import When


@dataclass(frozen=True)
class Seat:
    """A license for one holder, from `given` until it is `taken` back (None: held still)."""

    holder: str
    given: When
    taken: When | None = None
