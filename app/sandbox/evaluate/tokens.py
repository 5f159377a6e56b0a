"""The words of an expression: numbers, texts, names and signs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.sandbox.evaluate.refusals import Refused

Kind = Literal["number", "text", "quoted", "name", "sign", "end"]

#: The longest expression, in characters and in words.
LONGEST, MOST_WORDS = 4_000, 200

# Comments have no word: the two signs that open them are matched only to be refused.
_WORD = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>--|/\*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?(?!\w))
    | (?P<text>'(?:[^'\x00]|'')*')
    | (?P<quoted>"(?:[^"\x00]|"")+")
    | (?P<name>[^\W\d]\w*)
    | (?P<sign><=|>=|<>|!=|==|::|\|\||[-+*/%(),.=<>])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A word, and where it begins; texts and quoted names come without their quotes."""

    kind: Kind
    value: str
    at: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"`{self.value[:40]}` at character {self.at + 1}"


def tokenize(source: str) -> list[Token]:
    """Cut an expression into words, with an `end` after the last. Raises Refused."""
    if len(source) > LONGEST:
        raise Refused(f"must have at most {LONGEST} characters")
    if not source.strip():
        raise Refused("must not be empty")
    words = list(_words(source))
    if len(words) > MOST_WORDS:
        raise Refused(f"must have at most {MOST_WORDS} words")
    return [*words, Token("end", "", len(source))]


def _words(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        found = _WORD.match(source, at)
        if found is None:
            raise Refused(f"`{source[at]}` at character {at + 1} is not understood")
        match found.lastgroup:
            case "comment":
                raise Refused(f"comments are not allowed, as at character {at + 1}")
            case "number":
                yield Token("number", found[0], at)
            case "text":
                yield Token("text", found[0][1:-1].replace("''", "'"), at)
            case "quoted":
                yield Token("quoted", found[0][1:-1].replace('""', '"'), at)
            case "name":
                yield Token("name", found[0], at)
            case "sign":
                yield Token("sign", found[0], at)
        at = found.end()
