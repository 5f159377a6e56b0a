"""Whether a rate class of Orb's is asked at all: not for a while after half of its calls failed."""

from collections import deque

_WINDOW = 10.0  # seconds of calls that count
_LEAST = 20  # fewer calls tell nothing
_OPEN = 5.0  # seconds without calls
_PROBES = 3  # calls that have to succeed before all may go again


class Breaker:
    """Closed: calls go. Open: none goes for five seconds. Then three probes go, and what they meet decides.

    Times are in seconds on one clock, whichever it is.
    """

    def __init__(self) -> None:
        self._calls: deque[tuple[float, bool]] = deque()
        self._failed = 0  # of them
        self._opened: float | None = None
        self._probing = 0
        self._passed = 0

    @property
    def closed(self) -> bool:
        return self._opened is None

    def allows(self, now: float) -> bool:
        """Whether a call may go; one that may, and probes, has to be told of by `tell`."""
        if self._opened is None:
            return True
        if now < self._opened + _OPEN or self._probing >= _PROBES:
            return False
        self._probing += 1
        return True

    def tell(self, now: float, *, good: bool | None) -> None:
        """How a call went: whether Orb answered at all, whatever it said; None where nobody can tell."""
        if self._opened is not None:
            self._tell_probe(now, good=good)
            return
        if good is None:
            return
        self._calls.append((now, good))
        self._failed += not good
        while self._calls[0][0] <= now - _WINDOW:
            _, went = self._calls.popleft()
            self._failed -= not went
        if len(self._calls) >= _LEAST and self._failed * 2 >= len(self._calls):
            self._open(now)

    def _tell_probe(self, now: float, *, good: bool | None) -> None:
        if not self._probing:
            return  # a call that left before it opened
        if good is None:
            self._probing -= 1
            return
        if not good:
            self._open(now)
            return
        self._passed += 1
        if self._passed == _PROBES:
            self._opened = None
            self._calls.clear()
            self._failed = 0

    def _open(self, now: float) -> None:
        self._opened, self._probing, self._passed = now, 0, 0
