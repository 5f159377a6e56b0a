"""Viewer tokens: the sound one opens, and every doubt about one is the same refusal."""

import socket
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from app.web.viewer import SCOPE, NotSignedIn
from tests.tokens.hostile import GONE, NOW, Maker, corpus
from tests.tokens.signers import SECRET, shared

OLDER = "51d8b3a6" * 5
MAKER = Maker(shared())
SOUND, head, body, sized = MAKER.sound, MAKER.head, MAKER.body, MAKER.sized
DOUBTS = corpus(shared())


def reader(*secrets: str, now: float = NOW, **options: Any) -> Tokens:
    return Tokens([Secret(each) for each in secrets or (SECRET,)], now=lambda: now, **options)


def test_a_sound_token_names_its_viewer() -> None:
    viewer = reader(issuer="https://host.test").viewer(SOUND)
    assert viewer.customer == CustomerRef("customer_id", "abc")
    assert (viewer.scope, viewer.subscriptions, viewer.expires, viewer.locale) == (SCOPE, None, NOW + 900, None)


@pytest.mark.parametrize("token", DOUBTS.values(), ids=DOUBTS.keys())
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
    assert rotating.viewer(Maker(shared(OLDER)).sound) == rotating.viewer(SOUND)
    token = rotating.sign(CustomerRef("customer_id", "abc"))
    assert reader(SECRET).viewer(token).customer.id == "abc"
    for tokens, refused in ((reader(OLDER), token), (reader(SECRET), Maker(shared(OLDER)).sound)):
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


@pytest.mark.parametrize("issuer", [7, None, ["https://host.test"]])
def test_an_issuer_that_is_no_text_is_a_doubt_even_where_any_will_do(issuer: object) -> None:
    assert reader(issuer=None).viewer(body(iss="anybody")).customer.id == "abc"
    with pytest.raises(NotSignedIn):
        reader(issuer=None).viewer(body(iss=issuer))


@pytest.mark.parametrize("kind", ["customer_id", "external_customer_id"])
def test_what_is_signed_here_opens_here(kind: Any) -> None:
    tokens = reader(issuer="https://host.test", audience="usage")
    token = tokens.sign(CustomerRef(kind, "abc"), ttl=3600, scope="bill", subscriptions=["s-1", "s-2"], locale="de")
    viewer = tokens.viewer(token)
    assert (viewer.customer, viewer.scope) == (CustomerRef(kind, "abc"), frozenset({"bill"}))
    assert (viewer.subscriptions, viewer.expires) == (frozenset({"s-1", "s-2"}), NOW + 3600)
    assert viewer.locale == "de"


def test_what_is_signed_here_lasts_a_quarter_of_an_hour_and_names_no_language_unless_told() -> None:
    tokens = reader(issuer=None)
    viewer = tokens.viewer(tokens.sign(CustomerRef("customer_id", "abc")))
    assert (viewer.expires, viewer.locale, viewer.scope, viewer.subscriptions) == (NOW + 900, None, SCOPE, None)


@pytest.mark.parametrize(
    ("theme", "read"),
    [("dark", "dark"), ("a-b", "a-b"), ("x" * 32, "x" * 32), ("x" * 33, None), ("", None), ("Dark", None),
     ("a b", None), ("dark\n", None), ("ä", None), (7, None), (["dark"], None), (GONE, None)],
)  # fmt: skip
def test_a_theme_is_a_short_word_or_none_at_all(theme: object, read: str | None) -> None:
    assert reader().viewer(body(theme=theme)).theme == read


def test_a_viewer_knows_when_the_token_was_issued() -> None:
    assert reader().viewer(body(iat=NOW - 9)).issued == NOW - 9
