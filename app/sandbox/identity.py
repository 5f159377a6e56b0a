"""Orb's opaque ids, made up: the same name gives the same sixteen characters at every start."""

from functools import lru_cache
from hashlib import blake2b

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@lru_cache(maxsize=65536)
def opaque(*names: str) -> str:
    """Make the opaque id of something, from its kind and names."""
    number = int.from_bytes(blake2b("/".join(names).encode(), digest_size=16).digest())
    letters = []
    for _ in range(16):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)
