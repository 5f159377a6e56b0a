"""Expressions over the properties of one event, read word by word and written anew as SQL.

    or       = and {OR and}                 sum      = product {+ - || product}
    and      = not {AND not}                product  = sign {* / % sign}
    not      = NOT not | predicate          sign     = - sign | + sign | primary {:: type}
    predicate = sum [comparison sum | IS [NOT] .. | [NOT] IN (..) | [NOT] BETWEEN .. AND .. | [NOT] [I]LIKE '..']
    primary  = number | text | TRUE | FALSE | NULL | (or) | CASE .. END | CAST(or AS type) | function(..) | property

Nothing that somebody wrote reaches the engine as it is: not even its parser, which some short texts keep busy for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.sandbox.evaluate.functions import Term, call, like, quoted
from app.sandbox.evaluate.refusals import Refused
from app.sandbox.evaluate.tokens import Token, tokenize
from app.sandbox.evaluate.words import COMPARISONS, RESERVED, TYPES, Words

#: What an event has besides its properties.
BUILT_IN = ("timestamp_millis", "timestamp", "event_name")


@dataclass(frozen=True)
class Expression:
    """An expression as SQL of ours, in which `column(name)` stands for each of the `properties` that it names."""

    sql: str
    properties: frozenset[str] = frozenset()


def column(name: str) -> str:
    """Name the column of a property: letters and digits alone, whatever the property is called."""
    return "p_" + name.encode().hex()


def of_property(name: str) -> Expression:
    """Make the expression that is just a property."""
    return Expression(column(name), frozenset({name}))


def parse(source: str) -> Expression:
    """Read an expression. Raises Refused, which says what is wrong with it."""
    return _Reader(tokenize(source)).whole()


class _Reader(Words):
    """Reads an expression; every method reads one rule of the grammar."""

    def __init__(self, words: list[Token]) -> None:
        super().__init__(words)
        self._properties: set[str] = set()

    def whole(self) -> Expression:
        """Read to the end."""
        term = self._or()
        if self._next.kind != "end":
            raise Refused(f"{self._next} is not expected")
        return Expression(term.sql, frozenset(self._properties))

    def _chain(self, operand: Callable[[], Term], *operators: str) -> Term:
        term = operand()
        while operator := next((each for each in operators if self._takes(each)), None):
            term = Term(f"({term.sql} {operator.upper()} {operand().sql})")
        return term

    def _or(self) -> Term:
        return self._deeper(lambda: self._chain(self._and, "or"))

    def _and(self) -> Term:
        return self._chain(self._not, "and")

    def _not(self) -> Term:
        if self._takes("not"):
            return Term(f"(NOT {self._deeper(self._not).sql})")
        return self._predicate()

    def _predicate(self) -> Term:
        left = self._sum()
        for sign, operator in COMPARISONS.items():
            if self._takes(sign):
                return Term(f"({left.sql} {operator} {self._sum().sql})")
        if self._takes("is"):
            return self._is(left, "IS NOT" if self._takes("not") else "IS")
        negated = self._takes("not")
        test = self._test(left)
        if test is None and negated:
            raise Refused(f"IN, BETWEEN or LIKE is expected before {self._next}")
        return left if test is None else Term(f"(NOT {test.sql})") if negated else test

    def _is(self, left: Term, verb: str) -> Term:
        if self._takes("distinct"):
            self._expect("from")
            return Term(f"({left.sql} {verb} DISTINCT FROM {self._sum().sql})")
        for word in ("null", "true", "false"):
            if self._takes(word):
                return Term(f"({left.sql} {verb} {word.upper()})")
        raise Refused(f"NULL, TRUE, FALSE or DISTINCT FROM is expected before {self._next}")

    def _test(self, left: Term) -> Term | None:
        if self._takes("in"):
            self._expect("(")
            return Term(f"({left.sql} IN ({', '.join(term.sql for term in self._list())}))")
        if self._takes("between"):
            low = self._sum()
            self._expect("and")
            return Term(f"({left.sql} BETWEEN {low.sql} AND {self._sum().sql})")
        for word in ("like", "ilike"):
            if self._takes(word):
                return like(left, self._sum(), same_case=word == "like")
        return None

    def _sum(self) -> Term:
        return self._chain(self._product, "+", "-", "||")

    def _product(self) -> Term:
        return self._chain(self._sign, "*", "/", "%")

    def _sign(self) -> Term:
        for sign in ("-", "+"):
            if self._takes(sign):
                return Term(f"({sign} {self._deeper(self._sign).sql})")
        term = self._primary()
        while self._takes("::"):
            term = Term(f"CAST({term.sql} AS {self._type()})")
        return term

    def _list(self) -> list[Term]:
        """Read one expression or more, and the parenthesis that closes them."""
        terms = [self._or()]
        while self._takes(","):
            terms.append(self._or())
        self._expect(")")
        return terms

    def _primary(self) -> Term:
        if self._takes("("):
            term = self._or()
            self._expect(")")
            return term
        word = self._next
        self._place += 1
        match word.kind:
            case "number":
                return Term(word.value)
            case "text":
                return Term(quoted(word.value), word.value)
            case "name":
                return self._named(word)
            case "quoted":
                return self._property(word.value)
            case _:
                raise Refused(f"{word} is not expected")

    def _named(self, word: Token) -> Term:
        match word.value.lower():
            case "null" | "true" | "false" as constant:
                return Term(constant.upper())
            case "case":
                return self._case()
            case "cast" | "try_cast" as cast if self._takes("("):
                term = self._or()
                self._expect("as")
                kind = self._type()
                self._expect(")")
                return Term(f"{cast.upper()}({term.sql} AS {kind})")
            case reserved if reserved in RESERVED:
                raise Refused(f"{word} is not expected")
        if self._takes("("):
            return call(word.value, [] if self._takes(")") else self._list())
        return self._property(word.value)

    def _property(self, name: str) -> Term:
        """Read the name of a property; one with dots in it may be written as it is."""
        while self._takes("."):
            if self._next.kind not in ("name", "quoted"):
                raise Refused(f"a property is expected before {self._next}")
            name, self._place = f"{name}.{self._next.value}", self._place + 1
        if name in BUILT_IN:
            return Term(f'"{name}"')
        self._properties.add(name)
        return Term(column(name))

    def _case(self) -> Term:
        subject = None if self._sees("when") else self._or()
        pieces = []
        while self._takes("when"):
            condition = self._or()
            self._expect("then")
            test = condition.sql if subject is None else f"{subject.sql} = {condition.sql}"
            pieces.append(f"WHEN {test} THEN {self._or().sql}")
        if not pieces:
            raise Refused(f"WHEN is expected before {self._next}")
        if self._takes("else"):
            pieces.append(f"ELSE {self._or().sql}")
        self._expect("end")
        return Term(f"(CASE {' '.join(pieces)} END)")

    def _type(self) -> str:
        word = self._next
        kind = TYPES.get(word.value.lower()) if word.kind == "name" else None
        if kind is None:
            raise Refused(f"{word} is not a type that values can be cast to")
        self._place += 1
        return kind
