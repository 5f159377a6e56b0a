"""Who is looking: the claims of a signed token become a `Viewer`, or nobody.

The host application mints the token on its server; nothing else in a request names a customer. Every doubt is
`NotSignedIn`, which says no more than that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.dashboard import WORDS
from app.orb.path import CustomerRef, orb_id

# The words of a token's scope: a card's each, and what there is besides.
SCOPE = frozenset((*WORDS, "invoices", "explore", "refresh", "export"))
_OF_THE_CUSTOMER = frozenset(("credits",))  # not of one subscription: shown to a part viewer only by name
_LEEWAY = 30
_LONGEST = 3600
_THEME = re.compile(r"[a-z-]{1,32}", re.ASCII)

# Where a request's ASGI scope holds its Viewer, once that is known: also for the page that says why there is no other.
KNOWN: Final = "orrery.viewer"
# And what is known of the token that names it.
PROVED: Final = "orrery.proved"

Claims = Mapping[str, Any]


class NotSignedIn(Exception):
    """No token, or one that leaves a doubt."""


class Doubt(ValueError):
    """Why it does: never told to anybody."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """One principal: whose account, which sections, which subscriptions (None: all), until when (Unix seconds).

    `named` are the words of `scope` in the token itself: a viewer of some subscriptions sees what belongs to the
    customer as a whole only where its word is among them. `issued` is when the token was made.
    """

    customer: CustomerRef
    scope: frozenset[str]
    subscriptions: frozenset[str] | None
    expires: int
    locale: str | None = None
    named: frozenset[str] = frozenset()
    theme: str | None = None
    issued: int = 0


def viewer(claims: Claims, *, audience: str, issuer: str | None, now: float) -> Viewer:
    """The viewer whom these claims, which somebody vouches for, name. Raises Doubt or BadId."""
    issued, expires = _times(claims, now)
    _check_names(claims, audience, issuer)
    subscriptions = _subscriptions(claims)
    locale, theme = claims.get("locale"), claims.get("theme")
    words = _named(claims)
    return Viewer(
        _customer(claims),
        _scope(words, part=subscriptions is not None),
        subscriptions,
        expires,
        locale if isinstance(locale, str) and locale.isascii() else None,
        words or frozenset(),
        theme if isinstance(theme, str) and _THEME.fullmatch(theme) else None,
        issued,
    )


def lasts(viewer: Viewer, now: float) -> bool:
    """Whether its time is not up."""
    return now < viewer.expires + _LEEWAY


def _times(claims: Claims, now: float) -> tuple[int, int]:
    issued, expires = _integer(claims.get("iat")), _integer(claims.get("exp"))
    begins = _integer(claims.get("nbf", issued))
    if not 0 < expires - issued <= _LONGEST or not max(issued, begins) - _LEEWAY <= now < expires + _LEEWAY:
        raise Doubt
    return issued, expires


def _check_names(claims: Claims, audience: str, issuer: str | None) -> None:
    """To whom it is addressed, by whom, about whom: equal, not merely alike."""
    if _string(claims.get("aud")) != audience or not _string(claims.get("sub")):
        raise Doubt
    if issuer is not None and claims.get("iss") != issuer:
        raise Doubt
    for name in ("iss", "jti"):
        _string(claims.get(name, ""))


def _customer(claims: Claims) -> CustomerRef:
    if "external_customer_id" not in claims:
        return CustomerRef("customer_id", _string(claims.get("customer_id")))
    if "customer_id" in claims:
        raise Doubt
    return CustomerRef("external_customer_id", _string(claims["external_customer_id"]))


def _integer(value: object) -> int:
    if type(value) is not int:  # a bool is an int to Python
        raise Doubt
    return value


def _string(value: object) -> str:
    """A text that can be written: half a surrogate pair cannot."""
    if not isinstance(value, str) or any("\ud800" <= each <= "\udfff" for each in value):
        raise Doubt
    return value


def _subscriptions(claims: Claims) -> frozenset[str] | None:
    if "subscription_ids" not in claims:
        return None
    ids = claims["subscription_ids"]
    if not isinstance(ids, list):
        raise Doubt
    return frozenset(orb_id(_string(each)) for each in ids)


def _named(claims: Claims) -> frozenset[str] | None:
    """The words of `scope` in the token; None where it has none."""
    return frozenset(_string(claims["scope"]).split(" ")) if "scope" in claims else None


def _scope(named: frozenset[str] | None, *, part: bool) -> frozenset[str]:
    """The sections in the token; absent means all, but a viewer of a part gets the customer's own only by name."""
    if named is None:
        return SCOPE - _OF_THE_CUSTOMER if part else SCOPE
    return named & (SCOPE | {"portal"})
