"""What a request brings: its body, read into a type."""

from typing import TypeVar

import msgspec
from starlette.requests import Request

from app.sandbox.problems import invalid

T = TypeVar("T")


async def read_body(request: Request, kind: type[T]) -> T:
    """Read a JSON body. Raises a 400 Problem that says where it is wrong."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise invalid(f"body: {wrong}") from None
