"""Orb's JSON into frozen types, strictly: amounts exact, instants with their zone, nothing missing.

Fields that we do not know pass. Amounts become exact decimals whether Orb wrote them as strings or as numbers.
"""

import json
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import msgspec

from app.money import exact
from app.orb.errors import Malformed

if TYPE_CHECKING:
    Amount = Decimal
    MaybeAmount = Decimal | None
else:
    # At first the raw JSON token, so that its text is checked before it is a number; `Figures` turns it.
    Amount = Annotated[msgspec.Raw, msgspec.Meta(extra={"required": True})]
    MaybeAmount = Annotated[msgspec.Raw, msgspec.Meta(extra={"required": False})]

Instant = Annotated[datetime, msgspec.Meta(tz=True)]

T = TypeVar("T")


def decode(body: bytes | bytearray, kind: type[T]) -> T:
    """The answer in `body`. Raises Malformed on anything that `kind` does not promise."""
    try:
        if len(body) <= _LOOKED_AT:
            _FORM.decode(body.decode())
        answer: T = _decoder(cast(Any, kind)).decode(body)  # mypy takes no type[T] for hashable
        return answer
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Malformed(f"{kind.__name__}: {type(error).__name__}") from None


def _once(pairs: list[tuple[str, None]]) -> None:
    """Nothing of an object is kept here but whether it names a field twice: of two figures, which one is true?"""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name that is there twice")


# Looks at what msgspec lets pass: a name twice, and whatever stands in fields that no card reads. What was made to be
# large takes twenty times its size here, so an answer larger than any card's is not looked at this way.
_LOOKED_AT = 1024 * 1024
_FORM = json.JSONDecoder(object_pairs_hook=_once)


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Any part of an answer."""


class Figures(Answer, frozen=True, gc=False):
    """A part with amounts; raises ValueError when one of them is none."""

    def __post_init__(self) -> None:
        for name, required in _amounts(type(self)):
            token = getattr(self, name)
            if not isinstance(token, msgspec.Raw):
                continue  # made by us, not read
            amount = exact(bytes(token))
            if amount is None and required:
                raise ValueError(f"{name} is null")
            msgspec.structs.force_setattr(self, name, amount)


@cache
def _amounts(kind: type[Figures]) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (field.name, mark.extra["required"])
        for field in msgspec.structs.fields(kind)
        for mark in getattr(field.type, "__metadata__", ())
        if mark.extra
    )
