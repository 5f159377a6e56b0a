"""The words with a meaning in the grammar of expressions, and a reader's place among the words."""

from collections.abc import Callable
from typing import TypeVar

from app.sandbox.evaluate.refusals import Refused
from app.sandbox.evaluate.tokens import Token

T = TypeVar("T")

COMPARISONS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
TYPES = {
    **dict.fromkeys(("varchar", "text", "string"), "VARCHAR"),
    **dict.fromkeys(("double", "float"), "DOUBLE"),
    **dict.fromkeys(("bigint", "integer", "int"), "BIGINT"),
    **dict.fromkeys(("boolean", "bool"), "BOOLEAN"),
    **dict.fromkeys(("decimal", "numeric"), "DECIMAL(38, 9)"),
    "timestamp": "TIMESTAMP",
    "date": "DATE",
}
_GRAMMAR = (
    *("and", "or", "not", "is", "in", "between", "like", "ilike", "null", "true", "false", "distinct", "from"),
    *("case", "when", "then", "else", "end", "cast", "try_cast", "as"),
)
#: Words of SQL that nobody means as a property.
_SQL = (
    *("select", "where", "union", "intersect", "except", "with", "values", "exists", "any", "all", "over", "filter"),
    *("group", "order", "having", "limit", "interval", "rowid", "user", "current_user", "session_user"),
    *("current_date", "current_time", "current_timestamp"),
)
#: What is no property unless it stands in double quotes.
RESERVED = frozenset((*_GRAMMAR, *_SQL))

_DEEPEST = 50


class Words:
    """Words read from left to right, and how deep in rules within rules the reader is."""

    def __init__(self, words: list[Token]) -> None:
        self._words, self._place, self._depth = words, 0, 0

    @property
    def _next(self) -> Token:
        return self._words[self._place]

    def _sees(self, value: str) -> bool:
        """Tell whether a sign or a word of the grammar comes next."""
        return self._next.kind in ("name", "sign") and self._next.value.lower() == value

    def _takes(self, value: str) -> bool:
        seen = self._sees(value)
        self._place += seen
        return seen

    def _expect(self, value: str) -> None:
        if not self._takes(value):
            raise Refused(f"{value.upper()} is expected before {self._next}")

    def _deeper(self, rule: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Refused(f"must be at most {_DEEPEST} levels deep")
        found = rule()
        self._depth -= 1
        return found
