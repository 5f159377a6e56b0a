"""What one process may use of Orb's limits when several serve one account and do not know of each other's calls."""

from collections.abc import Mapping


class TooManyProcesses(ValueError):
    """Less than one call a second for each."""


def share(limits: Mapping[str, int], processes: int) -> Mapping[str, int]:
    """The part of each limit that is one process's. Raises TooManyProcesses."""
    rate, fewest = min(limits.items(), key=lambda each: each[1])
    if processes > fewest:
        raise TooManyProcesses(f"Orb allows {fewest} {rate} calls a second, fewer than {processes} processes")
    return {rate: limit // processes for rate, limit in limits.items()}
