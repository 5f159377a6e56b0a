"""What an answer says of how it was made: how long its parts took, and what of it was kept."""

from app.metrics.caused import Caused, Forward

_WEAKEST: tuple[Forward, ...] = ("miss", "request", "stale")


def server_timing(caused: Caused, *, whole: bool) -> str:
    """The value of `Server-Timing`: the cards so far, and the time until now.

    That is the `total` where the answer is `whole`; one that leaves in pieces has only begun: its `head`.
    """
    parts = {**caused.cards, "total" if whole else "head": caused.seconds}
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in parts.items())


def cache_status(caused: Caused) -> str | None:
    """The value of `Cache-Status` (RFC 9211) for all questions of the answer together; None where there was none.

    The weakest truth stands for all: one question that Orb was asked makes the whole answer forwarded.
    """
    asked = [use for use in caused.uses if use.fwd]
    if asked:
        return "; ".join(("Orrery", *_forwarded(caused)))
    if caused.calls:
        return "Orrery; fwd=bypass"  # what is never kept
    ages = [use.ttl for use in caused.uses if use.ttl is not None]
    if not ages:
        return None
    why = ('detail="not renewed"',) if any(use.stale for use in caused.uses) else ()
    return "; ".join(("Orrery", "hit", f"ttl={min(ages)}", *why))


def _forwarded(caused: Caused) -> list[str]:
    asked = [use for use in caused.uses if use.fwd]
    reasons = {use.fwd for use in asked}
    said = [f"fwd={next(each for each in _WEAKEST if each in reasons)}"]
    if all(use.stored for use in asked):
        said.append("stored")
    if all(use.joined for use in asked):
        said.append("collapsed")
    if any(use.stale for use in caused.uses):
        said.append('detail="not renewed"')
    elif len(asked) < len(caused.uses):
        said.append(f'detail="{len(caused.uses) - len(asked)} of {len(caused.uses)} kept"')
    return said
