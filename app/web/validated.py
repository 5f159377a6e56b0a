"""JSON documents with their `ETag`, and the 304 for who has this one already.

A tag is the document's for one viewer: two customers with equal figures have different ones, and so have two viewers
who may see different parts of it or read another language. All processes with one key of Orb's make the same tags.
It is a weak one: what changes with nothing but time is no part of it, such as the age of the figures in words.
"""

import hmac
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.secret import Secret
from app.web import kept
from app.web.kept import Document
from app.web.reader import Reader
from app.web.render import encoder, reader_of
from app.web.unchanged import has
from app.web.viewer import Viewer

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Validators:
    """Makes tags; nobody without the key can tell from one what it is of."""

    def __init__(self, key: Secret) -> None:
        self._key = hmac.digest(key.reveal().encode(), b"the ETag of a document", "sha256")

    def tag(self, viewer: Viewer, reader: Reader, lasting: bytes) -> str:
        """The weak tag of what `lasting` says to that viewer."""
        only = None if viewer.subscriptions is None else sorted(viewer.subscriptions)
        customer = (viewer.customer.kind, viewer.customer.id)
        whose = msgspec.json.encode((*customer, sorted(viewer.scope), sorted(viewer.named), only, str(reader.locale)))
        return f'W/"{hmac.new(self._key, whose + lasting, "sha256").hexdigest()[:32]}"'


def document(request: Request, viewer: Viewer, data: object, passing: Mapping[str, object] = _NOTHING) -> Response:
    """The data as JSON for a viewer who may see it; without a body where they have it.

    `passing` are the names in it, with their values, that only time changes.
    """
    return answer(request, made(request, viewer, data, passing))


def made(request: Request, viewer: Viewer, data: object, passing: Mapping[str, object] = _NOTHING) -> Document:
    """The document with its tag."""
    reader = reader_of(request)
    body = lasting = encoder(reader).encode(data)
    for name, value in passing.items():
        # No other place can be taken for it: within a string its quotes would be escaped.
        lasting = lasting.replace(f'"{name}":'.encode() + encoder(reader).encode(value), b"", 1)
    return Document(body, request.app.state.desk.validators.tag(viewer, reader, lasting))


def answer(request: Request, document: Document) -> Response:
    """The document, or 304 for who has it; what came of a POST has no tag, for nobody can ask for it again."""
    if request.method not in ("GET", "HEAD"):
        return Response(document.body, media_type="application/json")
    tag = document.tag or ""
    if not has(request, tag):
        return kept.answer(request, document, "application/json")
    unchanged = Response(status_code=304, headers={"ETag": tag})
    del unchanged.headers["content-length"]
    return unchanged
