"""Who is looking: a signed token becomes a `Viewer`, or nobody.

The host application mints the token on its server; nothing else in a request names a customer. Every doubt is
`NotSignedIn`, which says no more than that.
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from app.orb.path import BadId, CustomerRef, orb_id
from app.secret import Secret

SCOPE = frozenset(
    ("bill", "credits", "spend", "breakdown", "usage", "licenses", "alerts", "invoices", "explore", "refresh", "export")
)
_OF_THE_CUSTOMER = frozenset(("credits", "alerts"))  # not of one subscription: shown to a part viewer only by name
_TYPE = "orrery+jwt"
_LEEWAY = 30
_LONGEST = 3600
_KID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class NotSignedIn(Exception):
    """No token, or one that leaves a doubt."""


class _Doubt(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Viewer:
    """One principal: whose account, which sections, which subscriptions (None: all), until when (Unix seconds).

    `named` are the sections that the token names by itself; none where it leaves the scope open.
    """

    customer: CustomerRef
    scope: frozenset[str]
    subscriptions: frozenset[str] | None
    expires: int
    locale: str | None = None
    named: frozenset[str] = frozenset()


class Tokens:
    """Reads and signs viewer tokens with HS256. Several secrets verify, the first one signs."""

    def __init__(
        self,
        secrets: Sequence[Secret],
        *,
        audience: str = "orrery",
        issuer: str | None = None,
        untyped: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = tuple(secrets)
        self._audience = audience
        self._issuer = issuer
        self._untyped = untyped
        self._now = now

    def viewer(self, token: str) -> Viewer:
        """The viewer that a token names. Raises NotSignedIn on every doubt."""
        try:
            self._check_header(token)
            return self._viewer(self._claims(token))
        except (_Doubt, BadId, jwt.PyJWTError, ValueError, RecursionError):
            raise NotSignedIn from None

    def sign(
        self,
        customer: CustomerRef,
        *,
        ttl: int = 900,
        scope: str | None = None,
        subscriptions: Sequence[str] | None = None,
        locale: str | None = None,
    ) -> str:
        """A token for that customer, as the host application would mint it."""
        now = int(self._now())
        claims: dict[str, Any] = {
            "aud": self._audience,
            "sub": customer.id,
            "iat": now,
            "exp": now + ttl,
            customer.kind: customer.id,
        }
        if self._issuer is not None:
            claims["iss"] = self._issuer
        if scope is not None:
            claims["scope"] = scope
        if subscriptions is not None:
            claims["subscription_ids"] = list(subscriptions)
        if locale is not None:
            claims["locale"] = locale
        return jwt.encode(claims, self._secrets[0].reveal(), algorithm="HS256", headers={"typ": _TYPE})

    def _check_header(self, token: str) -> None:
        """What PyJWT leaves open: size, names in the header, type, names that stand twice."""
        if len(token) > 4096 or not token.isascii() or token.count(".") != 2:
            raise _Doubt
        head, claims, _ = token.split(".")
        header = _object(head)
        _object(claims)
        if not header.keys() <= {"alg", "typ", "kid"} or header.get("alg") != "HS256":
            raise _Doubt
        if "kid" in header and not (isinstance(header["kid"], str) and _KID.fullmatch(header["kid"])):
            raise _Doubt
        if header.get("typ") != _TYPE and not (self._untyped and header.get("typ") in (None, "JWT")):
            raise _Doubt

    def _claims(self, token: str) -> dict[str, Any]:
        for secret in self._secrets:
            try:
                return jwt.decode(
                    token,
                    secret.reveal(),
                    algorithms=["HS256"],
                    audience=self._audience,
                    issuer=self._issuer,
                    # Times are checked below, on a clock that tests can set.
                    options={
                        "require": ["aud", "sub", "iat", "exp"],
                        "strict_aud": True,
                        "verify_exp": False,
                        "verify_iat": False,
                        "verify_nbf": False,
                    },
                )
            except jwt.InvalidSignatureError:
                continue
        raise _Doubt

    def _viewer(self, claims: dict[str, Any]) -> Viewer:
        expires = self._check_times(claims)
        named = [kind for kind in ("customer_id", "external_customer_id") if kind in claims]
        if len(named) != 1 or not isinstance(claims["sub"], str) or not claims["sub"]:
            raise _Doubt
        whose = _string(claims[named[0]])
        customer = CustomerRef("customer_id" if named[0] == "customer_id" else "external_customer_id", whose)
        subscriptions = _subscriptions(claims)
        locale = claims.get("locale")
        return Viewer(
            customer,
            _scope(claims, part=subscriptions is not None),
            subscriptions,
            expires,
            locale if isinstance(locale, str) else None,
            _named(claims),
        )

    def _check_times(self, claims: dict[str, Any]) -> int:
        issued, expires, begins = claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])
        if any(type(each) is not int for each in (issued, expires, begins)):
            raise _Doubt
        now = self._now()
        if not 0 < expires - issued <= _LONGEST or not max(issued, begins) - _LEEWAY <= now < expires + _LEEWAY:
            raise _Doubt
        return int(expires)


def _object(part: str) -> dict[str, Any]:
    found = json.loads(jwt.utils.base64url_decode(part), object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise _Doubt
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Doubt
    return found


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _Doubt
    return value


def _subscriptions(claims: dict[str, Any]) -> frozenset[str] | None:
    if "subscription_ids" not in claims:
        return None
    ids = claims["subscription_ids"]
    if not isinstance(ids, list):
        raise _Doubt
    return frozenset(orb_id(_string(each)) for each in ids)


def _scope(claims: dict[str, Any], *, part: bool) -> frozenset[str]:
    """The sections in the token; absent means all, but a viewer of a part gets the customer's own only by name."""
    if "scope" not in claims:
        return SCOPE - _OF_THE_CUSTOMER if part else SCOPE
    return _named(claims)


def _named(claims: dict[str, Any]) -> frozenset[str]:
    if "scope" not in claims:
        return frozenset()
    return frozenset(_string(claims["scope"]).split(" ")) & (SCOPE | {"portal"})
