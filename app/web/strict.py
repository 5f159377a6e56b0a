"""JSON of strangers, read in one way only: what two readers could read differently is refused."""

import json
from typing import Any, NoReturn


def json_object(text: bytes | bytearray) -> dict[str, Any]:
    """The object in that text. Raises ValueError, or RecursionError where it is too deep."""
    found = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
