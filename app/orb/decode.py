"""Orb's JSON into frozen types, strictly: amounts exact, instants with their zone, nothing missing.

Fields that we do not know pass. Amounts become exact decimals whether Orb wrote them as strings or as numbers.
"""

import json
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import msgspec

from app.money import amount, number
from app.orb.errors import Malformed

if TYPE_CHECKING:
    Amount = Decimal
    MaybeAmount = Decimal | None
else:

    class _Made(type):
        """msgspec asks of each value that a hook made whether it is of its type: it is."""

        __instancecheck__ = staticmethod(type)  # true of anything, and no call of Python's

    class Amount(metaclass=_Made):
        """A decimal, for which msgspec asks us: its own way takes texts that are no amounts."""

    MaybeAmount = Amount | None

Instant = Annotated[datetime, msgspec.Meta(tz=True)]

T = TypeVar("T")


def decode(body: bytes | bytearray, kind: type[T]) -> T:
    """The answer in `body`. Raises Malformed on anything that `kind` does not promise."""
    try:
        if len(body) <= _LOOKED_AT and not _is_plain(body):
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


_QUOTE, _ESCAPED = b'"', b"\\u0022"


def _is_plain(body: bytes | bytearray) -> bool:
    """Whether each object surely names each field once: then it has as many quotes when it is written anew.

    A quick look, for what nearly every answer is.
    """
    if _ESCAPED in body:  # would be one more
        return False
    try:
        anew = msgspec.json.encode(_ANY.decode(body))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return anew.count(_QUOTE) == body.count(_QUOTE)


_ANY = msgspec.json.Decoder()


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind, dec_hook=_amount, float_hook=number)


def _amount(_kind: type, value: object) -> Decimal:
    """An amount as JSON gave it: a string, a whole number, or a decimal that `number` has made."""
    if type(value) is str:
        return amount(value)
    if type(value) is int:
        return amount(str(value))
    if type(value) is Decimal:
        return value
    raise ValueError("not an amount")


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Any part of an answer."""
