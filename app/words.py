"""What is said to a reader: held in English, written in their language where that language is known.

The English text is the name under which catalogues keep its translations. A `{name}` in it stands for the value
of that name: an amount, a count, a day, another text, or a string that is not ours to translate.
"""

from typing import NoReturn


class Text:
    """A text of ours. Immutable; equal by text and values."""

    __slots__ = ("text", "values")

    text: str
    values: dict[str, object]

    def __init__(self, text: str, /, **values: object) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "values", values)

    def having(self, **values: object) -> "Text":
        """The same text with other values of these names."""
        return Text(self.text, **{**self.values, **values})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} does not change")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and (self.text, self.values) == (other.text, other.values)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([repr(self.text), *(f'{k}={v!r}' for k, v in self.values.items())])})"


class Plural(Text):
    """A text that depends on a count, `n`: what English says of one, and of any other number."""

    __slots__ = ("many",)

    many: str

    def __init__(self, one: str, many: str, /, n: int, **values: object) -> None:
        super().__init__(one, n=n, **values)
        object.__setattr__(self, "many", many)


class Written(str):
    """What is written for its reader already, marks of direction included."""

    __slots__ = ()


# What a reader sees by name: a text of ours, or a string as it is.
Words = Text | str
