"""Viewer tokens: the sound one opens, and every doubt about one is the same refusal."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from app.web.viewer import SCOPE, NotSignedIn

SECRET, OLDER, OTHER = "9c4e1f70" * 5, "51d8b3a6" * 5, "e07a2c9f" * 5
NOW = 1_795_186_800
HEADER = {"alg": "HS256", "typ": "orrery+jwt"}
CLAIMS = {
    "aud": "orrery",
    "sub": "user-1",
    "iat": NOW,
    "exp": NOW + 900,
    "iss": "https://host.test",
    "customer_id": "abc",
}
GONE = object()


def spelled(part: object) -> str:
    """A part of a token; a string is taken as JSON already."""
    text = part if isinstance(part, str) else json.dumps(part)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def made(header: object = HEADER, claims: object = CLAIMS, secret: str = SECRET) -> str:
    """A token signed by hand, whatever its parts say."""
    signed = f"{spelled(header)}.{spelled(claims)}"
    return f"{signed}.{mac(signed, secret)}"


def mac(signed: str, secret: str) -> str:
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def but(base: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**base, **changes}.items() if value is not GONE}


def head(**changes: object) -> str:
    return made(header=but(HEADER, **changes))


def body(**changes: object) -> str:
    return made(claims=but(CLAIMS, **changes))


def sized(length: int) -> str:
    """A sound token of exactly that many characters."""
    for kid in ("k", "kk", "kkk"):
        for padding in range(2500, 3000):
            token = made(but(HEADER, kid=kid), but(CLAIMS, jti="j" * padding))
            if len(token) == length:
                return token
    raise AssertionError(length)


def reader(*secrets: str, now: float = NOW, **options: Any) -> Tokens:
    return Tokens([Secret(each) for each in secrets or (SECRET,)], now=lambda: now, **options)


SOUND = made()
SIGNED, _, MAC = SOUND.rpartition(".")
KEY = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"
HEADERS: dict[str, list[object]] = {
    "alg": ["none", "None", "NONE", "", "hs256", "HS512", "RS256", "ES256", ["HS256"], {"a": 1}, None, True, GONE],
    "kid": ["../../dev/null", "' OR 1=1 --", "", "k" * 65, "a b", "é", "k\n", 7, None, ["k"]],
    "typ": ["JWT", "at+jwt", "ORRERY+JWT", "orrery+jwt ", "", None, ["orrery+jwt"], GONE],
    **{name: ["https://evil.test/keys", None] for name in ("jku", "x5u", "x5c", "jwk", "cty", "b64", "zip")},
    "crit": [["exp"], []],
}  # fmt: skip
CLAIMED: dict[str, list[object]] = {
    "exp": [GONE, None, str(NOW + 9), NOW + 9.0, True, [NOW], 10**30, 1e308, NOW - 31, NOW, NOW - 1, NOW + 3601],
    "iat": [GONE, None, str(NOW), float(NOW), True, NOW + 31, -NOW, 0, NOW - 2701],
    "nbf": [NOW + 31, 10**30, str(NOW), float(NOW), None, True],
    "aud": [GONE, None, "", "orr", "orrery2", "Orrery", ["orrery"], {"orrery": 1}, 1],
    "iss": [GONE, None, "", "https://host.tes", "https://host.test/", ["https://host.test"], 1],
    "sub": [GONE, None, "", 7, ["user-1"], True],
    "customer_id": [GONE, "", "a/b", "..", ".", "a.b", "a%2Fb", "é", "a\n", "x" * 65, "x" * 257, 7, None, ["a"]],
    "external_customer_id": ["abc", "xyz", "", None],  # beside the other one
    "subscription_ids": ["abc", None, {"abc": 1}, ["a/b"], ["abc", ".."], [""], [7], [["a"]]],
    "scope": [["bill"], None, 7, {"bill": 1}],
}
FOREIGN = ["", ".", "..", "a\nb", "a\x00", "\x7f", "\x85", "x" * 257, "\ud800", 7, None, ["a"]]
JSON = json.dumps(CLAIMS)
ODD = {
    "a key of another kind": [made(secret=KEY), made(secret='{"kty": "oct", "k": "AAAA"}'), made(secret="")],
    "unsigned": [f"{SIGNED}.", f"{spelled(but(HEADER, alg='none'))}.{spelled(CLAIMS)}."],
    "before it was issued": [body(nbf=NOW - 900, iat=NOW + 31)],
    "no number": [made(claims=JSON.replace(str(NOW + 900), each)) for each in ("NaN", "1e400", "Infinity")],
    "twice": [
        made(header=json.dumps(HEADER)[:-1] + ', "alg": "HS256"}'),
        made(claims=JSON[:-1] + ', "customer_id": "abc"}'),
        made(claims=JSON[:-1] + ', "theme": {"a": 1, "a": 1}}'),
    ],
    "no object": [made(header="[]"), *(made(claims=each) for each in ("[]", '"a"', "null", "{", "", JSON + "{}"))],
    "deep": [made(claims='{"a": ' + "[" * 1400 + "]" * 1400 + "}")],
    "size": [sized(4097), "a." * 5000, "." * 4096],
    "parts": ["", ".", "..", SIGNED, f"{SOUND}.", f".{SOUND}", f"{SOUND}.{MAC}.{MAC}", SOUND.replace(".", ":")],
    "characters": [f"{SOUND}é", f"é{SOUND}", f"{SOUND} ", f" {SOUND}", f"{SOUND}\n", f"{SOUND}!!!!", f"\x00{SOUND}"],
    "signature": [made(secret=OTHER), f"{SIGNED}.{MAC[:-4]}", f"{SIGNED}.{MAC}AAAA", f"{SIGNED}.{MAC[::-1]}"],
    "the claims of another": [f"{spelled(HEADER)}.{spelled(but(CLAIMS, customer_id='xyz'))}.{MAC}"],
}
DOUBTS = [
    *((f"{name}={value!r:.20}", head(**{name: value})) for name, values in HEADERS.items() for value in values),
    *((f"{name}={value!r:.20}", body(**{name: value})) for name, values in CLAIMED.items() for value in values),
    *((f"external={value!r:.20}", body(customer_id=GONE, external_customer_id=value)) for value in FOREIGN),
    *((f"{name} {n}", token) for name, tokens in ODD.items() for n, token in enumerate(tokens)),
]


def test_a_sound_token_names_its_viewer() -> None:
    viewer = reader(issuer="https://host.test").viewer(SOUND)
    assert viewer.customer == CustomerRef("customer_id", "abc")
    assert (viewer.scope, viewer.subscriptions, viewer.expires, viewer.locale) == (SCOPE, None, NOW + 900, None)


@pytest.mark.parametrize("token", [token for _, token in DOUBTS], ids=[doubt for doubt, _ in DOUBTS])
def test_a_doubtful_token_is_refused_without_a_word_or_a_call(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    for name in ("socket", "getaddrinfo"):
        monkeypatch.setattr(socket, name, None)
    with pytest.raises(NotSignedIn) as refused:
        reader(issuer="https://host.test").viewer(token)
    assert (refused.value.args, refused.value.__cause__) == ((), None)


JUST = [
    sized(4096), head(kid="2026-11.a_B"), head(kid="k" * 64), body(exp=NOW + 3600), body(exp=NOW + 1), body(jti="j"),
    body(nbf=NOW + 30), body(iat=NOW + 30), body(iat=NOW - 900, exp=NOW - 29), body(locale=7), body(iss=GONE),
]  # fmt: skip


@pytest.mark.parametrize("token", JUST)
def test_what_is_just_within_the_rules_opens(token: str) -> None:
    assert reader().viewer(token).customer.id == "abc"


@pytest.mark.parametrize("own", ["Lumen & Söhne/€", "a/b", "...", "%2e%2e", " ", "x" * 256, "日本"])
def test_the_host_applications_own_id_may_hold_what_a_path_can_carry_encoded(own: str) -> None:
    viewer = reader().viewer(body(customer_id=GONE, external_customer_id=own))
    assert viewer.customer == CustomerRef("external_customer_id", own)
    assert viewer.customer.path.count("/") == 3


@pytest.mark.parametrize(
    ("token", "opens", "shut"),
    [(SOUND, NOW + 929.999, NOW + 930), (SOUND, NOW - 30, NOW - 30.001), (body(nbf=NOW + 300), NOW + 270, NOW + 269.9)],
)
def test_clocks_may_differ_by_thirty_seconds_and_no_more(token: str, opens: float, shut: float) -> None:
    assert reader(now=opens).viewer(token).expires == NOW + 900
    with pytest.raises(NotSignedIn):
        reader(now=shut).viewer(token)


def test_during_a_rotation_both_secrets_open_and_the_newer_one_signs() -> None:
    rotating = reader(SECRET, OLDER)
    assert rotating.viewer(made(secret=OLDER)) == rotating.viewer(SOUND)
    token = rotating.sign(CustomerRef("customer_id", "abc"))
    assert reader(SECRET).viewer(token).customer.id == "abc"
    for tokens, refused in ((reader(OLDER), token), (reader(SECRET), made(secret=OLDER))):
        with pytest.raises(NotSignedIn):
            tokens.viewer(refused)


@pytest.mark.parametrize("typ", ["JWT", GONE])
def test_a_token_without_a_type_of_its_own_opens_only_where_that_was_chosen(typ: object) -> None:
    assert reader(untyped=True).viewer(head(typ=typ)).customer.id == "abc"
    for tokens, token in ((reader(), head(typ=typ)), (reader(untyped=True), head(typ="at+jwt"))):
        with pytest.raises(NotSignedIn):
            tokens.viewer(token)


PART = SCOPE - {"credits"}


SCOPES: list[tuple[dict[str, Any], AbstractSet[str]]] = [
    ({"scope": "bill credits"}, {"bill", "credits"}), ({"scope": ""}, set()), ({"scope": "admin Bill *"}, set()),
    ({"scope": "bill portal"}, {"bill", "portal"}), ({"subscription_ids": []}, PART),
    ({"subscription_ids": ["s-1"]}, PART), ({"subscription_ids": ["s-1"], "scope": "credits"}, {"credits"}),
]  # fmt: skip


@pytest.mark.parametrize(("claims", "scope"), SCOPES)
def test_the_scope_is_what_the_token_names_and_never_more(claims: dict[str, Any], scope: AbstractSet[str]) -> None:
    viewer = reader().viewer(body(**claims))
    assert viewer.scope == scope
    assert viewer.named == frozenset(claims["scope"].split(" ") if "scope" in claims else ())
    assert viewer.subscriptions == (frozenset(claims["subscription_ids"]) if "subscription_ids" in claims else None)


@pytest.mark.parametrize("kind", ["customer_id", "external_customer_id"])
def test_what_is_signed_here_opens_here(kind: Any) -> None:
    tokens = reader(issuer="https://host.test", audience="usage")
    token = tokens.sign(CustomerRef(kind, "abc"), ttl=3600, scope="bill", subscriptions=["s-1", "s-2"])
    viewer = tokens.viewer(token)
    assert (viewer.customer, viewer.scope) == (CustomerRef(kind, "abc"), frozenset({"bill"}))
    assert (viewer.subscriptions, viewer.expires) == (frozenset({"s-1", "s-2"}), NOW + 3600)
