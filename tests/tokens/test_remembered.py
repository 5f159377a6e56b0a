"""A token that was found good is known again, and whatever may have changed since is looked at each time."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web import tokens as module
from app.web.keys import Key, Keys, read
from app.web.remembered import Remembered
from app.web.revoked import Revocations
from app.web.tokens import Tokens
from app.web.viewer import NotSignedIn
from tests.tokens.signers import SECRET, Signer, ec_key, jwks

CUSTOMER = CustomerRef("external_customer_id", "northwind")


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was looked at."""
    seen: list[str] = []

    def watched(inner: Callable[..., Any]) -> Callable[..., Any]:
        def decode(token: str, *rest: Any, **more: Any) -> Any:
            seen.append(token)
            return inner(token, *rest, **more)

        return decode

    for each in (module._SHARED, module._PUBLIC):
        monkeypatch.setattr(each, "decode", watched(each.decode))
    return seen


@pytest.fixture
def reader(clock: Clock) -> Tokens:
    return Tokens([Secret(SECRET)], now=clock)


def test_a_token_is_verified_once(reader: Tokens, clock: Clock, verified: list[str]) -> None:
    token = reader.sign(CUSTOMER)
    first = reader.viewer(token)
    clock.now += 899
    assert reader.viewer(token) == first
    assert verified == [token]


def test_a_remembered_token_ends_when_it_ends(reader: Tokens, clock: Clock) -> None:
    token = reader.sign(CUSTOMER, ttl=60)
    reader.viewer(token)
    clock.now += 89
    reader.viewer(token)
    clock.now += 1
    with pytest.raises(NotSignedIn):
        reader.viewer(token)


def test_by_a_clock_that_was_set_back_it_has_not_begun(reader: Tokens, clock: Clock) -> None:
    token = reader.sign(CUSTOMER)
    reader.viewer(token)
    clock.now -= 31
    with pytest.raises(NotSignedIn):
        reader.viewer(token)


@pytest.mark.parametrize("place", [3, -3])
def test_no_other_token_is_known_by_it(reader: Tokens, place: int) -> None:
    token = reader.sign(CUSTOMER)
    reader.viewer(token)
    other = list(token)
    other[place] = "A" if other[place] != "A" else "B"
    with pytest.raises(NotSignedIn):
        reader.viewer("".join(other))


def test_what_was_taken_back_is_not_remembered(clock: Clock, tmp_path: Any) -> None:
    file = tmp_path / "revoked.toml"
    file.write_text("[external_customer_id]\n")
    revocations = Revocations(str(file))
    reader = Tokens([Secret(SECRET)], now=clock, revocations=revocations)
    token = reader.sign(CUSTOMER)
    reader.viewer(token)
    file.write_text("[external_customer_id]\nnorthwind = 2030-01-01T00:00:00Z\n")
    revocations = Revocations(str(file))
    reader.revocations = revocations
    with pytest.raises(NotSignedIn):
        reader.viewer(token)


class Ring:
    """Public keys as they are just now."""

    sound, age = True, 0.0

    def __init__(self, *signers: Signer) -> None:
        self.publish(*signers)

    def publish(self, *signers: Signer) -> None:
        self.keys: Keys = read(jwks(*signers))

    def find(self, kid: str | None) -> Key | None:
        return self.keys.find(kid)


def test_a_key_that_is_published_no_more_vouches_for_nothing(clock: Clock, verified: list[str]) -> None:
    old, new = ec_key("old"), ec_key("new")
    ring: Any = Ring(old, new)
    reader = Tokens(ring=ring, now=clock)
    now = int(clock.now)
    claims = {"aud": "orrery", "sub": "x", "iat": now, "exp": now + 60, "external_customer_id": "northwind"}
    token = jwt.encode(claims, old.key, algorithm="ES256", headers={"typ": "orrery+jwt", "kid": "old"})
    assert reader.viewer(token) == reader.viewer(token)
    assert len(verified) == 1
    ring.publish(old, new)
    reader.viewer(token)
    assert len(verified) == 2
    ring.publish(new)
    with pytest.raises(NotSignedIn):
        reader.viewer(token)


def test_what_is_remembered_is_bounded_and_holds_no_token(reader: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.remembered._MOST", 3)
    remembered = reader._remembered = Remembered()
    tokens = [reader.sign(CUSTOMER, ttl=seconds) for seconds in range(100, 110)]
    for token in tokens:
        reader.viewer(token)
    assert [remembered.find(token) is not None for token in tokens] == [False] * 7 + [True] * 3
    assert not any(part in repr(remembered._known) for part in tokens[-1].split(".")[1:])
