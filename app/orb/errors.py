"""What can go wrong between us and Orb, in one tree.

    OrbError
    ├── Unreachable      orb_unreachable    no connection, or it broke
    ├── TimedOut         orb_timeout        no whole answer within the deadline
    ├── RateLimited      orb_rate_limited   429
    ├── Busy             busy               no leave to call within the deadline, or no connection: too much is asked
    ├── Unauthorized     orb_auth           401, 403: our key, never the viewer's session
    ├── Malformed        orb_malformed      an answer that is not what its endpoint promises
    ├── TooLarge         orb_too_large      an answer past ORRERY_MAX_ANSWER
    ├── Foreign          orb_foreign        a document that names another customer
    └── Refused          orb_error          every other status, told apart by the `type` of its problem document
        ├── NotFound                        404 of a resource: unknown, or nothing there
        ├── NotEnabled                      a feature that the account does not have
        └── Invalid                         400: the question itself, or a state that forbids it

Each has the `code` that cards and documents show. None carries text for people: that is the cards' to write.
"""

from typing import ClassVar


class OrbError(Exception):
    """A question to Orb that got no usable answer. `retryable` says whether asking again may help."""

    code: ClassVar[str] = "orb_error"
    retryable: ClassVar[bool] = True


class Unreachable(OrbError):
    code = "orb_unreachable"


class TimedOut(OrbError):
    code = "orb_timeout"


class RateLimited(OrbError):
    """Orb's 429. `retry_after` is what its header asked for, where it sent one."""

    code = "orb_rate_limited"

    def __init__(self, retry_after: str | None = None) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class Busy(OrbError):
    code = "busy"


class Unauthorized(OrbError):
    code = "orb_auth"
    retryable = False


class Malformed(OrbError):
    code = "orb_malformed"


class TooLarge(OrbError):
    code = "orb_too_large"
    retryable = False


class Foreign(OrbError):
    code = "orb_foreign"
    retryable = False


class Refused(OrbError):
    """A refusal in Orb's words: `status`, the fragment of the problem's `type`, its validation errors."""

    def __init__(self, status: int, type: str = "", reasons: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {type}".strip())
        self.status = status
        self.type = type
        self.reasons = reasons


class NotFound(Refused):
    retryable = False


class NotEnabled(Refused):
    retryable = False


class Invalid(Refused):
    retryable = False


def refusal(status: int, type: str, reasons: tuple[str, ...]) -> Refused:
    """The refusal for a problem document: by its `type` first, which Orb calls stable, then by status."""
    fragment = type.rpartition("#")[2]
    if fragment == "404-feature-not-available":
        return NotEnabled(status, fragment, reasons)
    if fragment == "404-resource-not-found":
        return NotFound(status, fragment, reasons)
    if status == 400:
        return Invalid(status, fragment, reasons)
    return Refused(status, fragment, reasons)
