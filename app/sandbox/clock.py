"""The sandbox's time: the one clock that every figure is computed from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_OUTSIDE = f"must be from {_FIRST.year} until {_LAST.year}"


def real_now() -> datetime:
    """Tell the time of this machine, aware and in UTC."""
    return datetime.now(UTC)


class Clock:
    """A clock that the control panel can stop at an instant or move.

    Calling it gives an aware UTC datetime. Stopped, it stays where it is until it is moved again or released.
    """

    def __init__(self, now: Now = real_now) -> None:
        self._now = now
        self._stopped: datetime | None = None
        self._moved = timedelta(0)
        self._origin: datetime | None = None
        #: How often it was set in another way than forward: what was the past may come again.
        self.turned = 0

    @property
    def origin(self) -> datetime:
        """Tell the instant around which stories are told: when the clock started, or where it was stopped."""
        if self._origin is None:
            self._origin = self()
        return self._origin

    def __call__(self) -> datetime:
        """Tell the sandbox's time."""
        return (self._stopped or self._now()).astimezone(UTC) + self._moved

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return self._stopped is not None

    def stop_at(self, instant: datetime) -> None:
        """Stop the clock at an aware instant. Raises ValueError for one that the sandbox knows nothing of."""
        self._stopped, self._moved, self._origin = _known(instant.astimezone(UTC)), timedelta(0), None
        self.turned += 1

    def move(self, seconds: float) -> None:
        """Move the clock on (or back) by seconds, running or stopped as it was. Raises ValueError as `stop_at`."""
        try:
            further = timedelta(seconds=seconds)
            _known(self() + further)
        except OverflowError:
            raise ValueError(_OUTSIDE) from None
        self._origin = self.origin  # a story is told around where the clock was, not where it goes
        self._moved += further
        self.turned += seconds < 0

    def release(self) -> None:
        """Go back to the clock given at the start."""
        self._stopped, self._moved, self._origin = None, timedelta(0), None
        self.turned += 1


def _known(instant: datetime) -> datetime:
    if not _FIRST <= instant < _LAST:
        raise ValueError(_OUTSIDE)
    return instant
