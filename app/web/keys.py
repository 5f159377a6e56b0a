"""The public keys that tokens may be signed with, from a JWK Set (RFC 7517). Each is good for one algorithm."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from anyio.abc import TaskGroup
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.web.strict import json_object

MOST_BYTES = 64 * 1024
KID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_MOST_KEYS = 20
_RSA_BITS = range(2048, 8192 + 1)
_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))

Public = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
# By kind of key and curve: what reads it, and what it may have signed. The last two are names of the same thing.
_KINDS: dict[tuple[str, str | None], tuple[Any, tuple[str, ...]]] = {
    ("RSA", None): (RSAAlgorithm, ("RS256",)),
    ("EC", "P-256"): (ECAlgorithm, ("ES256",)),
    ("OKP", "Ed25519"): (OKPAlgorithm, ("EdDSA", "Ed25519")),
}
ALGORITHMS = tuple(name for _, names in _KINDS.values() for name in names)


class BadKeys(ValueError):
    """There are no keys to be had from there; says why, in words that may be logged."""


class _Unusable(ValueError):
    """One key that is not for us: the others may be."""


@dataclass(frozen=True, slots=True)
class Key:
    public: Public
    algorithms: tuple[str, ...]
    kid: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """`passed_over` says of each key in the set that cannot be used why."""

    usable: tuple[Key, ...] = ()
    passed_over: tuple[str, ...] = ()

    def find(self, kid: str | None) -> Key | None:
        """The key of that name; a token may leave it out where there is no other key."""
        if kid is None:
            return self.usable[0] if len(self.usable) == 1 else None
        return next((key for key in self.usable if key.kid == kid), None)


class Ring(Protocol):
    """Keys that change while the service runs, had `age` seconds ago. `sound`: so they could be when last asked for."""

    @property
    def keys(self) -> Keys: ...
    @property
    def sound(self) -> bool: ...
    @property
    def age(self) -> float: ...
    def find(self, kid: str | None) -> Key | None: ...
    async def ask(self) -> Keys: ...
    async def start(self, tasks: TaskGroup) -> None: ...
    async def learn(self, kid: str | None) -> None: ...
    async def aclose(self) -> None: ...


def read(text: bytes | bytearray) -> Keys:
    """The keys in a JWK Set. Raises BadKeys where there is none to use, or one that should not be there."""
    if len(text) > MOST_BYTES:
        raise BadKeys(f"it is larger than {MOST_BYTES} bytes")
    try:
        jwks = json_object(text).get("keys")
    except (ValueError, RecursionError):
        raise BadKeys("it is not a JSON object, or a name stands twice in it") from None
    if not isinstance(jwks, list) or not all(isinstance(each, dict) for each in jwks):
        raise BadKeys("it has no list of keys")
    if len(jwks) > _MOST_KEYS:
        raise BadKeys(f"it has more than {_MOST_KEYS} keys")
    if any(jwk.get("kty") == "oct" or jwk.keys() & _PRIVATE for jwk in jwks):
        raise BadKeys("it has a private key or a secret: whoever can read it could sign; publish public keys alone")
    return _named(_sorted(jwks))


def _sorted(jwks: list[Mapping[str, Any]]) -> Keys:
    usable, passed_over = [], []
    for number, jwk in enumerate(jwks, 1):
        try:
            usable.append(_key(jwk))
        except _Unusable as error:
            passed_over.append(f"key {number} {error}")
    return Keys(tuple(usable), tuple(passed_over))


def _named(keys: Keys) -> Keys:
    if not keys.usable:
        raise BadKeys("; ".join(["it has no key that could be used", *keys.passed_over]))
    names = [key.kid for key in keys.usable]
    if len(names) > 1 and None in names:
        raise BadKeys("it has several keys, and not each has a kid")
    if len(set(names)) < len(names):
        raise BadKeys("two of its keys have the same kid")
    return keys


def _key(jwk: Mapping[str, Any]) -> Key:
    reasons = [*_reasons(jwk)]
    if reasons:
        raise _Unusable(reasons[0])
    kind, names = _KINDS[jwk["kty"], jwk.get("crv")]
    try:
        public: Public = kind.from_jwk(dict(jwk))
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        raise _Unusable("is not a sound key") from None
    if isinstance(public, RSAPublicKey) and public.key_size not in _RSA_BITS:
        raise _Unusable(f"has {public.key_size} bits, not {_RSA_BITS.start} to {_RSA_BITS.stop - 1}")
    return Key(public, names, jwk.get("kid"))


def _reasons(jwk: Mapping[str, Any]) -> Iterator[str]:
    """What its description has against it."""
    kty, crv, kid, operations = jwk.get("kty"), jwk.get("crv"), jwk.get("kid"), jwk.get("key_ops")
    if not isinstance(kty, str) or not isinstance(crv, str | None) or (kty, crv) not in _KINDS:
        yield "is neither RSA nor EC on P-256 nor Ed25519"
    elif "alg" in jwk and jwk["alg"] not in _KINDS[kty, crv][1]:
        yield "is for another algorithm"
    if jwk.get("use", "sig") != "sig":
        yield "is not for signatures"
    if "key_ops" in jwk and not (isinstance(operations, list) and "verify" in operations):
        yield "is not for verifying"
    if kid is not None and not (isinstance(kid, str) and KID.fullmatch(kid)):
        yield "has a kid that no token may carry"
