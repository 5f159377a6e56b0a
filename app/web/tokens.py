"""Whether a token was signed by whom we trust, and was not taken back. Its claims are read after that, never before.

One family per start: secrets that we share with the host application (HS256), or the public keys that it tells us
(RS256, ES256, EdDSA).
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt
from anyio.abc import TaskGroup

from app.orb.path import BadId, CustomerRef
from app.secret import Secret
from app.web.keys import ALGORITHMS, KID, Ring
from app.web.remembered import Known, Remembered, is_good
from app.web.revoked import Revocations
from app.web.strict import json_object
from app.web.viewer import Doubt, NotSignedIn, Viewer, viewer

_TYPE = "orrery+jwt"
_LONGEST = 4096
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_STRONG: Any = {"enforce_minimum_key_length": True}
_SHARED = jwt.PyJWS(["HS256"], _STRONG)
_PUBLIC = jwt.PyJWS(["RS256", "ES256", "EdDSA"], _STRONG)
_PUBLIC.register_algorithm("Ed25519", _PUBLIC.get_algorithm_by_name("EdDSA"))  # what RFC 9864 calls it


class Tokens:
    """Reads viewer tokens, and signs them where there are secrets: several verify, the first one signs."""

    def __init__(
        self,
        secrets: Sequence[Secret] = (),
        *,
        ring: Ring | None = None,
        revocations: Revocations | None = None,
        audience: str = "orrery",
        issuer: str | None = None,
        untyped: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = tuple(secrets)
        self._algorithms = ("HS256",) if ring is None else ALGORITHMS
        self.ring = ring
        self.revocations = revocations
        self._audience = audience
        self._issuer = issuer
        self._untyped = untyped
        self._now = now
        self._remembered = Remembered()

    @property
    def can_read(self) -> bool:
        """Whether there is anything to tell a true token by: public keys may not have come yet, or be too old."""
        return bool(self._secrets) if self.ring is None else bool(self.ring.keys.usable)

    async def start(self, tasks: TaskGroup) -> None:
        """Has the keys, and from now on keeps them and the revocations as they are elsewhere."""
        for each in (self.ring, self.revocations):
            if each is not None:
                await each.start(tasks)

    async def aclose(self) -> None:
        if self.ring is not None:
            await self.ring.aclose()

    async def learn(self, token: str) -> None:
        """Asks for the key of a token where nobody knows it yet: to be done before `viewer`, which asks nobody."""
        if self.ring is None:
            return
        try:
            kid = self._header(token).get("kid")
        except (Doubt, ValueError, RecursionError):
            return
        await self.ring.learn(kid)

    def viewer(self, token: str) -> Viewer:
        """The viewer that a token names. Raises NotSignedIn on every doubt."""
        return self.known(token).viewer

    def known(self, token: str) -> Known:
        """What is known of a token. Raises NotSignedIn on every doubt."""
        now, known = self._now(), self._remembered.find(token)
        if known is None or not is_good(known, self._key(known.kid), now):
            known = self._verified(token, now)
        if self._is_taken_back(known.viewer):
            raise NotSignedIn
        return known

    def is_good(self, known: Known) -> bool:
        """Whether what is known of a token is so now: its time is not up, its key vouches, nobody took it back."""
        return is_good(known, self._key(known.kid), self._now()) and not self._is_taken_back(known.viewer)

    def _is_taken_back(self, viewer: Viewer) -> bool:
        return self.revocations is not None and self.revocations.refuse(viewer.customer, viewer.issued)

    def _verified(self, token: str, now: float) -> Known:
        try:
            kid = self._header(token).get("kid")
            claims = json_object(self._signed(token, kid))
            found = viewer(claims, audience=self._audience, issuer=self._issuer, now=now)
        except (Doubt, BadId, jwt.PyJWTError, ValueError, RecursionError):
            raise NotSignedIn from None
        known = Known(found, kid, self._key(kid), now)
        self._remembered.keep(token, known)
        return known

    def _key(self, kid: str | None) -> object:
        """The public key of that name as it is now; secrets stay what they are."""
        return None if self.ring is None else self.ring.find(kid)

    def sign(
        self,
        customer: CustomerRef,
        *,
        ttl: int = 900,
        scope: str | None = None,
        subscriptions: Sequence[str] | None = None,
        locale: str | None = None,
        theme: str | None = None,
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
        if theme is not None:
            claims["theme"] = theme
        return jwt.encode(claims, self._secrets[0].reveal(), algorithm="HS256", headers={"typ": _TYPE})

    def _header(self, token: str) -> dict[str, Any]:
        """What the signature leaves open: size, spelling, names in the header, type. Raises Doubt or ValueError."""
        if len(token) > _LONGEST or not _SHAPE.fullmatch(token):
            raise Doubt
        header = json_object(jwt.utils.base64url_decode(token.partition(".")[0]))
        if not header.keys() <= {"alg", "typ", "kid"} or header.get("alg") not in self._algorithms:
            raise Doubt
        if "kid" in header and not (isinstance(header["kid"], str) and KID.fullmatch(header["kid"])):
            raise Doubt
        if header.get("typ") != _TYPE and not (self._untyped and header.get("typ") in (None, "JWT")):
            raise Doubt
        return header

    def _signed(self, token: str, kid: str | None) -> bytes:
        """What was signed. Which algorithms may have done that is the key's to say, not the token's."""
        if self.ring is not None:
            key = self.ring.find(kid)
            if key is None:
                raise Doubt
            return bytes(_PUBLIC.decode(token, key.public, algorithms=key.algorithms))
        for secret in self._secrets:
            try:
                return bytes(_SHARED.decode(token, secret.reveal(), algorithms=["HS256"]))
            except jwt.InvalidSignatureError:
                continue
        raise Doubt
