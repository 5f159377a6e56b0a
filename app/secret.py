"""A string that must not be seen."""

from typing import NoReturn, final


@final
class Secret:
    """Holds a key or a signing secret so that printing, logging or pickling it shows nothing.

    `reveal()` is the one way to the text; call it at the last moment, on the way to the wire.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled")
