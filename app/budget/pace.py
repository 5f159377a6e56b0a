"""When the next call of one rate class may leave: never more than its number reach Orb in any one second."""

from dataclasses import dataclass
from math import inf

# Orb counts what arrives, at some moment between a call's departure and its answer: a second after the answer the
# call counts no more, wherever that second is cut. What takes long has arrived long before its answer.
_SECOND = 1.05
_ARRIVED = 3.0
_SENT = 2.0  # seconds in which a call has to be on its way: a crowded process may come to it late
_LATER = 0.1  # seconds until somebody asks again whose turn cannot be told
_RECOVERY = 10.0  # seconds after which a limit that was halved grows by a tenth of the plan's


@dataclass(eq=False, slots=True)
class Slot:
    """One call's place among those of a second; free at `until`, and of no use to a call that is sent after `by`.

    `name` is what several processes call it.
    """

    until: float
    name: str = ""
    by: float = inf


class Pace:
    """The calls of one class that may still count, and a pause where Orb asked for one.

    Times are in seconds on one clock, whichever it is. `limit` is the plan's number; after a refusal for being too
    fast half of it is used, and a tenth more for every ten seconds without another.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._slots: list[Slot] = []
        self._until = 0.0  # paused until then
        self._refused: float | None = None
        self._after = limit  # what was allowed right after the last refusal

    def allowed(self, now: float) -> int:
        """How many calls a second leave just now."""
        if self._refused is None:
            return self._limit
        grown = int(max(0.0, now - self._refused) / _RECOVERY) * max(1, self._limit // 10)
        return min(self._limit, self._after + grown)

    def taken(self, now: float) -> int:
        """How many calls may still count."""
        self._slots = [slot for slot in self._slots if slot.until > now]
        return len(self._slots)

    def wait(self, now: float, parts: int = 1, others: int = 0) -> float:
        """How long until the next call may leave as things stand; 0 for at once.

        `parts` is how many share the limit without knowing of each other, `others` how many calls of theirs count.
        """
        taken, allowed = self.taken(now), self.allowed(now)
        own = min(max(1, allowed // parts), allowed - others)
        if own <= 0:
            return max(_LATER, self._until - now)
        opens = sorted(slot.until for slot in self._slots)[taken - own] if taken >= own else now
        return max(opens, self._until) - now

    def pause(self, until: float) -> None:
        """None leaves until then, as Orb asked another process."""
        self._until = max(self._until, until)

    @property
    def paused(self) -> float:
        """Until when none leaves because Orb asked for it."""
        return self._until

    def leave(self, now: float, name: str = "", asked: float | None = None) -> Slot:
        """A call leaves; `asked` is when others were asked for its leave, and began to count it."""
        slot = Slot(now + _ARRIVED + _SECOND, name, (now if asked is None else asked) + _SENT)
        self._slots.append(slot)
        return slot

    def answered(self, slot: Slot, now: float) -> None:
        """A call came back, or came to nothing: by now Orb has counted it."""
        slot.until = min(slot.until, now + _SECOND)

    def refused(self, now: float, seconds: float) -> None:
        """Orb refused a call for being too fast: none of this class leaves for so long, and then fewer do."""
        self._until = max(self._until, now + seconds)
        self._after = max(1, self.allowed(now) // 2)
        self._refused = self._until
