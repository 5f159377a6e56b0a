"""The functions that an expression may call: a list of what is allowed, and how the engine is asked for it.

All of them take time and memory in proportion to what they are given. Functions that multiply text, such as repeat or
replace, and all that see more than one row or anything of the engine are not in it.
"""

import re
from dataclasses import dataclass

from app.sandbox.evaluate.refusals import Refused

_LONGEST_PATTERN = 100
_LONGEST_SQL = 12_000


@dataclass(frozen=True)
class Term:
    """A piece of SQL that we have written; `text` is the value if it is a text constant.

    Raises Refused when it grows too long: some constructs say a thing twice, and nested they say it for ever.
    """

    sql: str
    text: str | None = None

    def __post_init__(self) -> None:
        if len(self.sql) > _LONGEST_SQL:
            raise Refused("is too involved")


@dataclass(frozen=True)
class Function:
    """What a function takes, and its SQL: `{}` is all arguments, `{0}` the first of them.

    The argument at `constant` must be a text in quotes.
    """

    sql: str
    least: int = 1
    most: int = 1
    constant: int | None = None


# In UTC, whatever the customer's clock says; weeks begin on Monday.
_FLOOR = "epoch_ms(date_trunc('{}', make_timestamp_ms(CAST({{}} AS BIGINT))))"

FUNCTIONS: dict[str, Function] = {
    **{name: Function(f"{name}({{}})") for name in ("lower", "upper", "length", "abs", "floor", "ceil")},
    **{name: Function(f"{name}({{}})", 2, 2) for name in ("contains", "starts_with", "ends_with")},
    # The engine's own nullif is a macro that says its first argument twice, unseen.
    "nullif": Function("(CASE WHEN {0} = {1} THEN NULL ELSE {0} END)", 2, 2),
    **{name: Function(f"{name}({{}})", 1, 2) for name in ("trim", "ltrim", "rtrim", "round")},
    **{name: Function(f"{name}({{}})", 1, 20) for name in ("concat", "coalesce", "least", "greatest")},
    **{
        name: Function(f"{name}({{}})")
        for name in ("year", "quarter", "month", "week", "day", "dayofweek", "isodow", "hour", "minute", "second")
    },
    **{
        f"{unit}_floor_timestamp_millis": Function(_FLOOR.format(unit))
        for unit in ("minute", "hour", "day", "week", "month")
    },
    "ceiling": Function("ceil({})"),
    "substring": Function("substring({})", 2, 3),
    "substr": Function("substring({})", 2, 3),
    "date_trunc": Function("date_trunc({})", 2, 2, constant=0),
    "date_part": Function("date_part({})", 2, 2, constant=0),
    "regexp_matches": Function("regexp_matches({})", 2, 2, constant=1),
}


def call(name: str, arguments: list[Term]) -> Term:
    """Call a function that is allowed. Raises Refused."""
    function = FUNCTIONS.get(name.lower())
    if function is None:
        raise Refused(f"there is no function {name[:40]}")
    if not function.least <= len(arguments) <= function.most:
        raise Refused(f"{name} takes {function.least} to {function.most} arguments")
    if function.constant is not None:
        constant = arguments[function.constant].text
        if constant is None:
            raise Refused(f"argument {function.constant + 1} of {name} must be a text in quotes")
        if function.sql.startswith("regexp"):
            _hold_to_limits(constant)
    written = [argument.sql for argument in arguments]
    return Term(function.sql.format(*written) if "{0}" in function.sql else function.sql.format(", ".join(written)))


def like(term: Term, pattern: Term, *, same_case: bool) -> Term:
    """Compare with a pattern of LIKE, by way of a regular expression: the engine's own LIKE can take for ever."""
    if pattern.text is None:
        raise Refused("the pattern of LIKE must be a text in quotes")
    if len(pattern.text) > _LONGEST_PATTERN:
        raise Refused(f"a pattern has at most {_LONGEST_PATTERN} characters")
    wild = {"%": ".*", "_": "."}
    regex = "".join(wild.get(character) or re.escape(character) for character in pattern.text)
    return Term(f"regexp_full_match({term.sql}, {quoted('(?s)' if same_case else '(?si)', regex)})")


def quoted(*texts: str) -> str:
    """Write a text as a constant of SQL, in which a quote is the only character with a meaning."""
    return "'" + "".join(texts).replace("'", "''") + "'"


def _hold_to_limits(pattern: str) -> None:
    """Bound the size of the automaton: the time that a match takes is that times the length of the text."""
    if len(pattern) > _LONGEST_PATTERN:
        raise Refused(f"a pattern has at most {_LONGEST_PATTERN} characters")
    if re.search(r"\{|\\[pPx]", pattern):
        raise Refused("a pattern has no counted repetitions and no classes of Unicode")
