"""Whether who asks has what they ask for already: `If-None-Match`."""

import re

from starlette.requests import Request

_TAG = re.compile(r'"[\x21\x23-\x7e]*"')


def has(request: Request, tag: str) -> bool:
    """Whether one of the tags in `If-None-Match` is this one, weak or strong, or it takes any."""
    asked = ",".join(request.headers.getlist("if-none-match"))
    return asked.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(asked)
