"""Faults put in on purpose: what the control panel asked to go wrong, where, and how often."""

from typing import Annotated, Any, Literal

import msgspec

Kind = Literal["status", "hang", "slow", "drip", "cut", "huge", "garbage", "wrong_content_type", "wrong_type"]

_Seconds = Annotated[int, msgspec.Meta(ge=0)]
_Header = Annotated[str, msgspec.Meta(pattern=r"^[!-~]([ -~]{0,62}[!-~])?\Z")]

#: The seconds of those kinds that take their time, unless others are ordered.
_PAUSES: dict[Kind, float] = {"hang": 60.0, "slow": 1.5, "drip": 1.0}

#: As a fault's route: all of them.
EVERYWHERE = "*"


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """An order to fail: which route, how, and how often (-1: for ever); `match` is part of the raw path.

    `status`, `detail` and `retry_after` (seconds, or the header as it shall stand) are of a status, `bytes` the size
    of a huge answer, and `seconds` how long one hangs, comes late, or rests between two drops.
    """

    route: str
    kind: Kind
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 500
    detail: str | None = None
    retry_after: _Seconds | _Header | None = None
    seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    bytes: Annotated[int, msgspec.Meta(ge=64, le=1 << 40)] = 64 << 20
    times: Annotated[int, msgspec.Meta(ge=-1)] = 1
    match: str = ""
    hits: int = 0

    @property
    def pause(self) -> float:
        """The seconds that one of its kind waits."""
        return _PAUSES.get(self.kind, 0.0) if self.seconds is None else self.seconds

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as ordered."""
        return 0 <= self.times <= self.hits


class Faults:
    """The faults in force, the oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Take all faults back."""
        self._faults.clear()

    def listed(self) -> tuple[Fault, ...]:
        """List the faults, those that are spent as well."""
        return tuple(self._faults)

    def documents(self) -> list[dict[str, Any]]:
        """List the faults with how often each has struck."""
        return [msgspec.structs.asdict(fault) for fault in self._faults]

    def strike(self, route: str, path: str) -> Fault | None:
        """Take the first fault that applies to a request, and count it."""
        for fault in self._faults:
            if not fault.spent and fault.route in (EVERYWHERE, route) and fault.match in path:
                fault.hits += 1
                return fault
        return None
