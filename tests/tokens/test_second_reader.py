"""What we let in, an independent reader of tokens lets in too: joserfc, which shares no line with ours."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from joserfc.jwt import JWTClaimsRegistry

from app.secret import Secret
from app.web.keys import ALGORITHMS, read
from app.web.tokens import Tokens
from app.web.viewer import NotSignedIn
from tests.tokens.forged import against
from tests.tokens.hostile import CLAIMS, ISSUER, NOW, Maker, but, corpus
from tests.tokens.signers import SECRET, Signer, ec_key, ed_key, jwks, published, rsa_key, shared
from tests.tokens.still import Still

# It finds the older name of Ed25519 deprecated, and takes it.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")

SIGNERS = [shared(), *published()]
SET = jwks(rsa_key(), ec_key(), ed_key())
OURS = {
    True: Tokens(ring=Still(read(SET)), issuer=ISSUER, now=lambda: NOW),
    False: Tokens([Secret(SECRET)], issuer=ISSUER, now=lambda: NOW),
}
THEIRS: dict[bool, Any] = {True: KeySet.import_key_set(json.loads(SET)), False: OctKey.import_key(SECRET)}
REGISTRY = JWTClaimsRegistry(
    now=NOW,
    leeway=30,
    aud={"essential": True, "value": "orrery"},
    iss={"essential": True, "value": ISSUER},
    sub={"essential": True},
    iat={"essential": True},
    exp={"essential": True},
)


def opens(signer: Signer, token: str) -> bool:
    try:
        OURS[signer.jwk is not None].viewer(token)
    except NotSignedIn:
        return False
    return True


def agrees(signer: Signer, token: str) -> bool:
    """Whether joserfc finds signature and claims in order."""
    known = ["HS256"] if signer.jwk is None else list(ALGORITHMS)
    try:
        found = jwt.decode(
            token, THEIRS[signer.jwk is not None], algorithms=known, registry=jws.JWSRegistry(algorithms=known)
        )
        REGISTRY.validate(found.claims)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        return False
    return True


Changes = st.SearchStrategy[dict[str, Any]]

# Around what is right, so that about half of it is.
TIMES = st.one_of(
    st.sampled_from([NOW, NOW + 900, NOW - 30, NOW - 31, NOW + 30, NOW + 31, NOW + 3600, NOW - 3600]),
    st.integers(NOW - 4000, NOW + 4000),
    st.floats(),
    st.booleans(),
    st.text(max_size=3),
    st.none(),
)
TEXTS = st.one_of(st.sampled_from(["orrery", ISSUER, "", "user-1", "bill", "RS256", "orrery+jwt"]), st.text(max_size=4))
ANY = st.recursive(TEXTS | TIMES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2))
NAMES = st.sampled_from(
    ["aud", "sub", "iss", "jti", "scope", "locale", "theme", "subscription_ids", "customer_id", "x"]
)
CHANGES: Changes = st.dictionaries(NAMES, ANY, max_size=1) | st.just({})
WHEN: Changes = st.dictionaries(st.sampled_from(["iat", "exp", "nbf"]), TIMES, max_size=1) | st.just({})
HEADS = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "jku", "b64", "zip", "cty"]), ANY, max_size=1),
    st.fixed_dictionaries({"kid": st.sampled_from(["rsa", "ec", "ed"]), "alg": st.sampled_from(ALGORITHMS)}),
)
SIGNER = st.sampled_from(SIGNERS)


def test_whatever_a_token_says_we_let_nobody_in_whom_the_other_keeps_out() -> None:
    seen = {True: 0, False: 0}

    @settings(derandomize=True, max_examples=1500)
    @given(SIGNER, SIGNER, HEADS, CHANGES, WHEN)
    def whatever(signer: Signer, by: Signer, header: Any, claims: Any, when: Any) -> None:
        maker = Maker(signer)
        token = maker.made(but(maker.header, **header), but(CLAIMS, **claims, **when), by if header else signer)
        ours = opens(signer, token)
        seen[ours] += 1
        assert not ours or agrees(signer, token), token

    whatever()
    assert min(seen.values()) > 200, seen


def test_whatever_is_done_to_the_characters_of_a_token_keeps_it_out() -> None:
    @settings(derandomize=True, max_examples=1000)
    @given(SIGNER, st.integers(0, 10_000), st.characters(max_codepoint=300), st.sampled_from(["put", "set", "cut"]))
    def whatever(signer: Signer, at: int, character: str, how: str) -> None:
        sound = Maker(signer).sound
        at %= len(sound)
        token = sound[:at] + ("" if how == "cut" else character) + sound[at + (how != "put") :]
        assert token == sound or not opens(signer, token), token

    whatever()


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda each: each.alg)
def test_the_other_opens_what_is_sound_and_is_the_milder_one(signer: Signer) -> None:
    assert opens(signer, Maker(signer).sound)
    assert agrees(signer, Maker(signer).sound)
    doubts = corpus(signer) if signer.jwk is None else against(signer)
    assert [doubt for doubt, token in doubts.items() if opens(signer, token)] == []
    assert any(agrees(signer, token) for token in doubts.values())
