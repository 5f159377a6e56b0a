"""A set of public keys: what is taken from it, what is passed over, and what makes the whole of it suspicious."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.web.keys import BadKeys, read
from tests.tokens.hostile import GONE, but
from tests.tokens.signers import ec_key, ed_key, jwks, rsa_key

RSA, EC, ED = rsa_key().jwk, ec_key().jwk, ed_key().jwk
SECRET = {"kty": "oct", "k": "AAAA", "kid": "secret"}


def keys(*found: object) -> bytes:
    return json.dumps({"keys": found}).encode()


def test_each_key_is_found_by_its_name_and_is_good_for_its_own_algorithm() -> None:
    found = read(jwks(rsa_key(), ec_key(), ed_key(), more="is no harm"))
    by_name = {name: key.algorithms for name in ("rsa", "ec", "ed") if (key := found.find(name))}
    assert by_name == {"rsa": ("RS256",), "ec": ("ES256",), "ed": ("EdDSA", "Ed25519")}
    assert (found.find("RSA"), found.find(None), found.passed_over) == (None, None, ())


def test_a_token_may_leave_the_name_out_where_there_is_one_key() -> None:
    for jwk in (RSA, but(RSA, kid=GONE)):
        assert read(keys(jwk)).find(None) is not None
    assert read(keys(but(RSA, kid=GONE))).find("rsa") is None
    assert read(keys(RSA, but(EC, use="enc"))).find(None) is not None


PRIVATE = [
    RSAAlgorithm.to_jwk(rsa_key().key, as_dict=True), ECAlgorithm.to_jwk(ec_key().key, as_dict=True),
    OKPAlgorithm.to_jwk(ed_key().key, as_dict=True), SECRET, but(SECRET, k=GONE), but(RSA, d="AQAB"), but(ED, k="AAAA"),
    but(RSA, p="AQAB", use="enc"), but(RSA, oth=[]),
]  # fmt: skip


@pytest.mark.parametrize("jwk", PRIVATE)
def test_a_set_with_a_private_key_or_a_secret_is_refused_whole_and_not_shown(jwk: dict[str, Any]) -> None:
    with pytest.raises(BadKeys) as wrong:
        read(keys(EC, jwk))
    said = "it has a private key or a secret: whoever can read it could sign; publish public keys alone"
    assert str(wrong.value) == said
    assert str(jwk.get("d", jwk.get("k", "none"))) not in str(wrong.value)


REFUSED = {
    "it has no key that could be used": [keys(), keys({}), keys(but(RSA, kty="rsa"))],
    "it has more than 20 keys": [keys(*({"kty": "EC", "kid": f"{n}"} for n in range(21)))],
    "two of its keys have the same kid": [keys(RSA, but(EC, kid="rsa")), keys(RSA, RSA)],
    "it has several keys, and not each has a kid": [
        keys(RSA, but(EC, kid=GONE)), keys(but(RSA, kid=GONE), but(EC, kid=None)),
    ],
    "it is larger than 65536 bytes": [jwks(rsa_key(), pad="p" * 65536)],
    "it has no list of keys": [b"{}", b'{"keys": {}}', b'{"keys": ["a"]}', json.dumps(RSA).encode()],
    "it is not a JSON object, or a name stands twice in it": [
        b"", b"[]", b"\xff", b"{", b'"keys"', b"[" * 60000, b'{"keys": [], "keys": []}', rsa_key().pem(),
        jwks(rsa_key()).decode().encode("utf-16"), jwks(rsa_key()).replace(b'"kid"', b'"kid": "a", "kid"'),
    ],
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_a_set_that_leaves_a_doubt_is_refused_whole(why: str) -> None:
    for text in REFUSED[why]:
        with pytest.raises(BadKeys) as wrong:
            read(text)
        assert str(wrong.value).partition("; ")[0] == why


def test_where_no_key_can_be_used_it_is_said_of_each_why() -> None:
    with pytest.raises(BadKeys) as wrong:
        read(keys(but(RSA, use="enc"), but(ED, key_ops=[])))
    said = "it has no key that could be used; key 1 is not for signatures; key 2 is not for verifying"
    assert str(wrong.value) == said


def test_twenty_keys_and_all_their_bytes_are_just_within_the_rules() -> None:
    twenty = read(keys(*(but(EC, kid=f"{n}") for n in range(20))))
    assert len(twenty.usable) == 20
    assert read(jwks(rsa_key()).ljust(65536)).find("rsa")


OTHER_CURVES = [ec_key("other curve", curve).jwk for curve in (ec.SECP384R1, ec.SECP521R1, ec.SECP256K1)]
PASSED_OVER: list[tuple[str, list[dict[str, Any]]]] = [
    ("is neither RSA nor EC on P-256 nor Ed25519", [
        {"kty": "AKP"}, {}, {"kty": ["RSA"]}, but(ED, crv="X25519"), but(ED, crv="Ed448"), but(RSA, crv="P-256"),
        but(EC, crv=["P-256"]), *OTHER_CURVES,
    ]),
    ("is for another algorithm", [
        but(RSA, alg=alg) for alg in ("RS512", "PS256", "HS256", "ES256", "", None, ["RS256"])
    ]),
    ("is not for signatures", [but(RSA, use=use) for use in ("enc", "", None, ["sig"])]),
    ("is not for verifying", [but(RSA, key_ops=ops) for ops in ([], ["encrypt"], "verify", None, {"verify": 1})]),
    ("has a kid that no token may carry", [but(RSA, kid=kid) for kid in ("a/b", "", "k" * 65, 7, "é", ["rsa"])]),
    ("has 1024 bits, not 2048 to 8192", [rsa_key("small", 1024).jwk]),
    ("is not a sound key", [
        but(RSA, n=GONE), but(RSA, n=7), but(RSA, e="AQ"), but(RSA, e="Ag"), but(EC, y=EC["x"]), but(EC, x="AAAA"),
        but(ED, x="AAAA"), but(ED, x=GONE), but(EC, y=None),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "jwk"), [(why, jwk) for why, jwks in PASSED_OVER for jwk in jwks])
def test_a_key_that_is_not_for_us_is_passed_over_and_the_others_count(why: str, jwk: dict[str, Any]) -> None:
    found = read(keys(jwk, but(EC, kid="other")))
    assert [key.kid for key in found.usable] == ["other"]
    assert found.passed_over == (f"key 1 {why}",)


@pytest.mark.parametrize(
    "more", [{"use": "sig"}, {"key_ops": ["verify"]}, {"alg": "RS256"}, {"x5t": "a"}, {"kid": None}]
)
def test_what_a_key_may_say_of_itself(more: dict[str, object]) -> None:
    assert read(keys(but(RSA, **more))).passed_over == ()
    assert [read(keys(but(ED, alg=alg))).passed_over for alg in ("EdDSA", "Ed25519")] == [(), ()]
