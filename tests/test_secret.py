"""A secret does not show, whichever way somebody looks at it by accident."""

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass

import msgspec
import pytest

from app.secret import Secret

TEXT = "orb-key-nobody-may-see"


@dataclass(frozen=True)
class Holder:
    key: Secret


SHOWN: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret:>30} {secret:}",
    "format": lambda secret: "{} {!r} {:^20}".format(secret, secret, secret),  # noqa: UP032
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "list": lambda secret: repr([secret, (secret,), {"key": secret}]),
    "dataclass": lambda secret: repr(Holder(secret)),
    "json with a default": lambda secret: json.dumps({"key": secret}, default=str),
    "error": lambda secret: "".join(traceback.format_exception(ValueError(secret))),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_a_secret_is_shown_as_stars(shown: Callable[[Secret], str]) -> None:
    text = shown(Secret(TEXT))
    assert TEXT not in text
    assert "Secret(***)" in text


LEAKS: dict[str, Callable[[Secret], object]] = {
    **{f"pickle {n}": lambda secret, n=n: pickle.dumps(secret, n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},  # type: ignore[misc]
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "asdict": lambda secret: asdict(Holder(secret)),
    "json": json.dumps,
    "msgspec": msgspec.json.encode,
    "vars": vars,
    "iteration": lambda secret: [*secret],  # type: ignore[misc]
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_secret_is_not_stored_copied_or_taken_apart(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as refused:
        leak(Secret(TEXT))
    assert TEXT not in str(refused.value)


def test_reveal_is_the_way_to_the_text() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_a_secret_gets_no_further_attributes() -> None:
    with pytest.raises(AttributeError):
        Secret(TEXT).text = TEXT  # type: ignore[attr-defined]
