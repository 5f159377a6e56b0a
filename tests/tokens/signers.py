"""Those who sign tokens in tests: a secret, and keys of each kind that may be published."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

SECRET = "9c4e1f70" * 5


@dataclass(frozen=True)
class Signer:
    """Signs bytes as `alg` says. `key` is private; `jwk` what is published of it."""

    alg: str
    sign: Callable[[bytes], bytes]
    kid: str | None = None
    key: Any = None
    jwk: Any = None

    def pem(self) -> bytes:
        return bytes(self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def der(self) -> bytes:
        return bytes(self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def shared(secret: str | bytes = SECRET) -> Signer:
    raw = secret.encode() if isinstance(secret, str) else secret
    return Signer("HS256", lambda text: hmac.new(raw, text, hashlib.sha256).digest())


@cache
def rsa_key(name: str = "rsa", bits: int = 2048) -> Signer:
    key = rsa.generate_private_key(65537, bits)
    return Signer(
        "RS256",
        lambda text: key.sign(text, padding.PKCS1v15(), hashes.SHA256()),
        name,
        key,
        {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name},
    )


@cache
def ec_key(name: str = "ec", curve: type[ec.EllipticCurve] = ec.SECP256R1) -> Signer:
    key = ec.generate_private_key(curve())
    jwk = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name}
    return Signer("ES256", lambda text: raw(key.sign(text, ec.ECDSA(hashes.SHA256())), curve()), name, key, jwk)


@cache
def ed_key(name: str = "ed", alg: str = "EdDSA") -> Signer:
    key = _ed(name)
    return Signer(alg, key.sign, name, key, {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name})


@cache
def _ed(name: str) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def raw(der: bytes, curve: ec.EllipticCurve) -> bytes:
    """An ECDSA signature as JWS writes it."""
    size = (curve.key_size + 7) // 8
    r, s = decode_dss_signature(der)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def published() -> tuple[Signer, ...]:
    return rsa_key(), ec_key(), ed_key(), ed_key(alg="Ed25519")


def jwks(*signers: Signer, **more: object) -> bytes:
    """The set in which these are published."""
    return json.dumps({"keys": [signer.jwk for signer in signers], **more}).encode()


def b64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
