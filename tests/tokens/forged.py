"""Forged tokens: what is tried on a service that takes those which are signed with a private key."""

import json
from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding

from tests.tokens.hostile import GONE, Maker, but, corpus, told_apart
from tests.tokens.signers import Signer, b64, ec_key, ed_key, rsa_key, shared, unb64


def against(signer: Signer) -> dict[str, str]:
    """Each doubtful token by what is wrong with it, where the key of this signer is one of several."""
    own = {"RS256": of_rsa, "ES256": of_ec, "EdDSA": of_ed}
    more = own[signer.alg]() if signer.alg in own else iter(())
    return told_apart([*corpus(signer).items(), *of_keys(Maker(signer)), *more])


def of_keys(maker: Maker) -> Iterator[tuple[str, str]]:
    """What is tried on whoever publishes keys. `other` keys of the same kind are not published."""
    signer, header = maker.signer, maker.header
    for name, secret in {
        "PEM": signer.pem(), "PEM without its end": signer.pem().rstrip(), "DER": signer.der(),
        "JWK": json.dumps(signer.jwk).encode(), "JWK, tight": json.dumps(signer.jwk, separators=(",", ":")).encode(),
        "JWK Set": json.dumps({"keys": [signer.jwk]}).encode(), "empty": b"", "kid": str(signer.kid).encode(),
    }.items():  # fmt: skip
        yield f"the {name} as a secret", maker.made(but(header, alg="HS256"), signer=shared(secret))
        yield f"the {name} as a secret, unsaid", maker.made(signer=shared(secret))
    for other in (rsa_key("mallory"), ec_key("mallory"), ed_key("mallory")):
        yield f"a strange {other.alg} key", maker.made(signer=other)
        yield f"a strange {other.alg} key that says so", maker.made(but(header, alg=other.alg), signer=other)
        yield (
            f"a strange {other.alg} key brought along",
            maker.made(but(header, alg=other.alg, jwk=other.jwk), signer=other),
        )
        where = {"jku": "https://evil.test/jwks", "x5u": "https://evil.test/x5u", "kid": "mallory"}
        for name, place in where.items():
            yield (
                f"a strange {other.alg} key at {name}",
                maker.made(but(header, alg=other.alg, **{name: place}), signer=other),
            )
    for real in (rsa_key(), ec_key(), ed_key()):
        if real.kid != signer.kid:
            yield f"the kid of {real.alg}", maker.head(kid=real.kid)
            yield f"the kid and name of {real.alg}", maker.head(kid=real.kid, alg=real.alg)
            yield f"signed by {real.alg}", maker.made(signer=real)
            yield f"signed and named by {real.alg}", maker.made(but(header, alg=real.alg), signer=real)
    yield "no kid among several keys", maker.head(kid=GONE)
    yield "a kid in another case", maker.head(kid=str(signer.kid).upper())


def of_rsa() -> Iterator[tuple[str, str]]:
    maker, key = Maker(rsa_key()), rsa_key().key
    signed, size = maker.signed.encode(), 256
    number, modulus = int.from_bytes(unb64(maker.signature), "big"), key.public_key().public_numbers().n
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    yield "PSS that says PKCS", f"{maker.signed}.{b64(key.sign(signed, pss, hashes.SHA256()))}"
    for alg, kind in (("RS384", hashes.SHA384()), ("RS512", hashes.SHA512()), ("RS1", hashes.SHA1())):  # noqa: S303
        by = Signer(alg, lambda text, kind=kind: key.sign(text, padding.PKCS1v15(), kind), "rsa")  # type: ignore[misc]
        yield f"{alg} that says so", Maker(by).sound
        yield f"{alg} that says RS256", maker.made(signer=by)
    by = Signer("PS256", lambda text: key.sign(text, pss, hashes.SHA256()), "rsa")
    yield "PSS that says so", Maker(by).sound
    yield "a signature longer by nothing", f"{maker.signed}.{b64(bytes(1) + unb64(maker.signature))}"
    yield "a signature and the modulus", f"{maker.signed}.{b64((number + modulus).to_bytes(size + 1, 'big'))}"
    for name, value in (("nought", 0), ("one", 1), ("minus one", modulus - 1), ("the modulus", modulus)):
        yield f"{name} as a signature", f"{maker.signed}.{b64(value.to_bytes(size, 'big'))}"


def of_ec() -> Iterator[tuple[str, str]]:
    maker, key = Maker(ec_key()), ec_key().key
    signed, order = maker.signed.encode(), 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = (int.from_bytes(unb64(maker.signature)[at : at + 32], "big") for at in (0, 32))
    yield "a signature in DER", f"{maker.signed}.{b64(key.sign(signed, ec.ECDSA(hashes.SHA256())))}"
    pairs = {
        "psychic": (0, 0), "half psychic": (0, s), "the other half": (r, 0), "the order": (order, order),
        "one": (1, 1), "turned": (s, r), "r and the order": ((r + order) % 2**256, s), "most": (2**256 - 1, 2**256 - 1),
    }  # fmt: skip
    for name, pair in pairs.items():
        yield name, f"{maker.signed}.{b64(b''.join(each.to_bytes(32, 'big') for each in pair))}"
    yield "a byte longer", f"{maker.signed}.{b64(bytes(1) + unb64(maker.signature))}"
    yield "halves of 33 bytes", f"{maker.signed}.{b64(b''.join(each.to_bytes(33, 'big') for each in (r, s)))}"
    for curve in (ec.SECP384R1, ec.SECP521R1, ec.SECP256K1):
        yield f"signed on {curve.name}", maker.made(signer=ec_key("other curve", curve))
    sha384 = Signer("ES384", lambda text: key.sign(text, ec.ECDSA(hashes.SHA384())), "ec")
    yield "another digest", maker.made(signer=sha384)


def of_ed() -> Iterator[tuple[str, str]]:
    maker = Maker(ed_key())
    order = 2**252 + 27742317777372353535851937790883648493
    r, s = unb64(maker.signature)[:32], int.from_bytes(unb64(maker.signature)[32:], "little")
    yield "s and the order", f"{maker.signed}.{b64(r + (s + order).to_bytes(32, 'little'))}"
    yield "the neutral point", f"{maker.signed}.{b64(bytes([1]) + bytes(63))}"
    yield "Ed448", maker.made(signer=Signer("EdDSA", ed448.Ed448PrivateKey.generate().sign))
    for alg in ("eddsa", "ED25519", "Ed25519ph", "Ed448", "ed25519"):
        yield f"the name {alg}", maker.head(alg=alg)
    yield "the halves turned", f"{maker.signed}.{b64(s.to_bytes(32, 'little') + r)}"
