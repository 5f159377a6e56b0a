"""The short way: who asks exactly the same again is answered without the handlers, while all is as it was.

What is asked is the address and every header but those that proxies write anew each time. That the token is still
good, and that the document is the one that would be sent, is looked at each time. Nothing of a request is kept but a
digest.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final
from weakref import ref

from cachetools import LRUCache
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web import frame
from app.web.desk import Desk
from app.web.kept import Document
from app.web.remembered import Known
from app.web.viewer import PROVED

_MOST = 4096
_OFFERED: Final = "orrery.offered"
# No answer depends on these: what they say of the client and of the scheme, the server has read before us.
_PASSING = frozenset(
    (
        b"traceparent",
        b"tracestate",
        b"x-request-id",
        b"x-forwarded-for",
        b"x-forwarded-port",
        b"x-real-ip",
        b"forwarded",
    )
)


def offer(request: Request, asked: Hashable, document: Document) -> None:
    """Says that the answer is this kept document, to be found by what was asked: the next may take the short way."""
    request.scope[_OFFERED] = asked, document


@dataclass(frozen=True, slots=True)
class _Sent:
    """An answer that was sent: the head, and the part of the document that was its body."""

    known: Known
    asked: Hashable
    document: ref[Document]
    start: Message
    part: str
    route: object


class Short:
    """Around the handlers, and within what is done for every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._sent: LRUCache[bytes, _Sent] = LRUCache(_MOST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        mark = _mark(scope)
        sent = self._sent.get(mark)
        if sent is not None and (document := _still(sent, scope["app"].state.desk)):
            scope["route"] = sent.route
            await send({**sent.start})
            await send({"type": "http.response.body", "body": _body(sent, document)})
            return
        start: Message = {}

        async def outward(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = {**message}  # others put on theirs
            elif _OFFERED in scope and (found := _kept(scope, start, message)):
                self._sent[mark] = found
            await send(message)

        await self._app(scope, receive, outward)


def _mark(scope: Scope) -> bytes:
    # As they came: the wire lets no NUL through, so that nothing can be taken for two of them.
    parts = [scope["scheme"].encode(), scope.get("raw_path") or scope["path"].encode(), scope["query_string"]]
    for name, value in scope["headers"]:
        if name not in _PASSING:
            parts += (name, value)
    return blake2b(b"\0".join(parts), digest_size=16).digest()


def _still(sent: _Sent, desk: Desk) -> Document | None:
    """The document, if its reader would have the very same now."""
    document = sent.document()
    if document is None or not desk.tokens.is_good(sent.known):
        return None
    return desk.kept.find(sent.asked, document)


def _kept(scope: Scope, start: Message, message: Message) -> _Sent | None:
    """The answer of an offer, if it is whole and nothing but the document; what else it says must last as long."""
    asked, document = scope[_OFFERED]
    part = _part(document, message.get("body", b""))
    if part is None or message.get("more_body") or frame.told(scope):
        return None
    return _Sent(scope[PROVED], asked, ref(document), start, part, scope["route"])


def _part(document: Document, body: bytes) -> str | None:
    """The name of what the document holds these very bytes as: nothing where there are none, None where it does not."""
    held = vars(document)
    return next((name for name in ("body", "packed") if held.get(name) is body), None) if body else ""


def _body(sent: _Sent, document: Document) -> bytes:
    return bytes(getattr(document, sent.part)) if sent.part else b""
