"""The service, `python -m app serve`, at an account without limits: `python -m tests.bench.ours`.

No setting lifts Orb's limits, for no account is without them: ten cost series a second are all that the largest plan
allows. So this one line is put in the place of the pace that keeps them. It keeps the books of a hundred calls a
second, the largest number of any class, and lets everybody leave at once.
"""

import sys

from app.__main__ import main
from app.budget import budget
from app.budget.pace import Pace, Slot

_MOST = 100


class Unhurried(Pace):
    """Counts like any other pace, and holds nobody up."""

    def wait(self, now: float, parts: int = 1, others: int = 0) -> float:
        super().wait(now, parts, others)
        return 0.0

    def leave(self, now: float, name: str = "", asked: float | None = None) -> Slot:
        slot = super().leave(now, name, asked)
        self._slots = self._slots[-_MOST:]
        return slot


if __name__ == "__main__":
    budget.Pace = Unhurried  # type: ignore[attr-defined]
    sys.exit(main(["serve"]))
