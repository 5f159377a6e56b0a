"""The body of a request: of the one media type that is read, and no larger than is read."""

from starlette.requests import Request

from app.web.problems import Problem
from app.words import Text

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
_MOST = 64 * 1024


async def read(request: Request, media_type: str) -> bytes:
    """The whole body. Raises Problem: 415 for another media type, 413 past 64 KiB."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise Problem(415, "media_type", Text("Send this as {type}.", type=media_type))
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST:
            raise Problem(413, "too_large", Text("This is larger than {most} bytes.", most=str(_MOST)))
    return body
