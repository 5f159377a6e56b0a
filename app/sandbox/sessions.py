"""Sessions of Orb's own portal: who may look, and until when."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.sandbox.identity import opaque


@dataclass(frozen=True)
class Session:
    """A customer's portal session; whoever has the `token` may look until it expires."""

    id: str
    token: str
    customer: str
    created: datetime
    expires: datetime


class Sessions:
    """The portal sessions that were minted and neither ended nor dropped; the oldest go beyond `bound`."""

    def __init__(self, bound: int = 10_000) -> None:
        self._bound, self._minted = bound, 0
        self._by_token: OrderedDict[str, Session] = OrderedDict()

    def mint(self, customer: str, now: datetime, minutes: int, *, invalidate_existing: bool) -> Session:
        """Begin a session, by default in place of all others of the same customer."""
        if invalidate_existing:
            for token in [s.token for s in self._by_token.values() if s.customer == customer]:
                del self._by_token[token]
        self._minted += 1
        name = customer, str(self._minted)
        session = Session(
            opaque("portal-session", *name),
            opaque("portal-token", *name),
            customer,
            now,
            now + timedelta(minutes=minutes),
        )
        self._by_token[session.token] = session
        if len(self._by_token) > self._bound:
            self._by_token.popitem(last=False)
        return session

    def alive(self, token: str, now: datetime) -> Session | None:
        """Find the session of a token, if it is alive."""
        session = self._by_token.get(token)
        return session if session and now < session.expires else None
