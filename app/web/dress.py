"""What every answer says beside its own: what a browser may do with it, and how it was made."""

from collections.abc import Mapping, Sequence
from functools import cache

from starlette.status import HTTP_200_OK
from starlette.types import Message, Scope

from app import log
from app.metrics.caused import Caused
from app.web import theme
from app.web.explained import cache_status, server_timing

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PRIVATE = {
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language, Origin",
}
_WRONG = 400  # and beyond
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# What every answer carries that is no page: those too that are given before the service sees the request.
DATA_HEADERS = {**_ALWAYS, "Content-Security-Policy": _DATA_POLICY, **_PRIVATE}


class Dress:
    """`frame_ancestors` are the origins whose pages may hold ours in a frame."""

    def __init__(self, frame_ancestors: Sequence[str]) -> None:
        self._page_policy = _PAGE_POLICY.format(ancestors=" ".join(frame_ancestors) or "'none'")

    def on(self, scope: Scope, start: Message) -> list[tuple[bytes, bytes]]:
        """The headers of an answer with what all of its kind say."""
        own, path, right = dict(start["headers"]), scope["path"], start["status"] < _WRONG
        static = path.startswith("/static/")
        worn = _worn(
            self._policy(media_type(own)),
            secure=scope["scheme"] == "https",
            embedded=right and (static or path == "/embed"),
            open_to_all=right and (static or theme.is_open(path)),
            dated=b"cache-control" in own,
        )
        return [*(each for each in start["headers"] if each[0] not in worn), *worn.items()]

    def _policy(self, kind: str) -> str:
        if kind == "image/svg+xml":
            return f"{_DATA_POLICY}; sandbox"  # a picture that is opened is a document
        return self._page_policy if kind == "text/html" else _DATA_POLICY


@cache
def _worn(policy: str, *, secure: bool, embedded: bool, open_to_all: bool, dated: bool) -> dict[bytes, bytes]:
    """`dated`: the answer says itself for how long it may be kept."""
    headers = {**_ALWAYS, "Content-Security-Policy": policy}
    if embedded:
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # a page of the host application may embed them
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if not open_to_all:
        headers |= _PRIVATE
    else:
        headers["Vary"] = "Accept-Encoding, Origin"
        if not dated:
            headers["Cache-Control"] = "no-cache"
    return encoded(headers)


def media_type(own: Mapping[bytes, bytes]) -> str:
    """The media type of an answer, by its own headers."""
    return own.get(b"content-type", b"").decode("latin-1").partition(";")[0]


def explained(status: int, kind: str, found: Caused, *, whole: bool) -> dict[str, str]:
    """What one answer alone says: its id; of pages and of data, how they were made. Of a refusal and of a file there
    is nothing to say."""
    said = {"x-request-id": log.request_id.get() or ""}
    if status == HTTP_200_OK and kind in ("text/html", "application/json"):
        said["server-timing"] = server_timing(found, whole=whole)
    if kind == "application/json" and (how := cache_status(found)) is not None:
        said["cache-status"] = how
    return said


def encoded(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}
