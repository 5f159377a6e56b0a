"""What a request brings: its body, read into a type."""

from typing import TypeVar

import msgspec
from starlette.requests import Request

from app.sandbox.problems import invalid

T = TypeVar("T")

#: What a body can be that is no JSON of the wanted type: not JSON, not text, or too deep to be read.
NOT_READ = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


async def read_body(request: Request, kind: type[T]) -> T:
    """Read a JSON body. Raises a 400 Problem that says where it is wrong."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except NOT_READ as wrong:
        raise invalid(f"body: {wrong}") from None
