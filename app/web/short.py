"""The short way: who asks exactly the same again is answered without the handlers, while all is as it was.

What is asked is the address and every header but those that proxies write anew each time. That the token is still
good, and that the document is the one that would be sent, is looked at each time. Nothing of a request is kept but a
digest.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final
from weakref import ref

from cachetools import LRUCache
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web import frame
from app.web.desk import Desk
from app.web.dress import Dress
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
class Sent:
    """An answer that was sent: its head, the lines of that which are always the same, and as which part of the
    document its body is held."""

    known: Known
    asked: Hashable
    route: Route
    start: Message
    lines: bytes
    document: ref[Document]
    part: str

    def again(self, desk: Desk) -> bytes | None:
        """The body, if its reader would have the very same now."""
        document = self.document()
        if document is None or not desk.tokens.is_good(self.known) or not desk.kept.find(self.asked, document):
            return None
        return bytes(getattr(document, self.part)) if self.part else b""


class Answers:
    """The answers that were sent last, by the mark of what was asked."""

    def __init__(self) -> None:
        self._sent: LRUCache[bytes, Sent] = LRUCache(_MOST)
        self.find = self._sent.get
        self.keep = self._sent.__setitem__


class Short:
    """Around the handlers, and within what is done for every answer."""

    def __init__(self, app: ASGIApp, answers: Answers, dress: Dress) -> None:
        self._app = app
        self._answers = answers
        self._dress = dress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        asked = scope.get("state", {}).get(MARK) or _mark(scope)
        sent = self._answers.find(asked)
        if sent is not None and (body := sent.again(scope["app"].state.desk)) is not None:
            scope["route"] = sent.route
            await send({**sent.start})
            await send({"type": "http.response.body", "body": body})
            return
        start: Message = {}

        async def outward(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = {**message}  # others put on theirs
            elif _OFFERED in scope and (found := self._kept(scope, start, message)):
                self._answers.keep(asked, found)
            await send(message)

        await self._app(scope, receive, outward)

    def _kept(self, scope: Scope, start: Message, message: Message) -> Sent | None:
        """The answer of an offer, if it is whole and nothing but the document; what else it says must last as long."""
        asked, document = scope[_OFFERED]
        part = _part(document, message.get("body", b""))
        if part is None or message.get("more_body") or frame.told(scope):
            return None
        lines = b"".join(b"%b: %b\r\n" % each for each in self._dress.on(scope, start))
        return Sent(scope[PROVED], asked, scope["route"], start, lines, ref(document), part)


# Under this name a server that reads the request itself says in the `state` of its scope what its mark is.
MARK: Final = "mark"


def mark(by: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A digest of what is asked. `by`: whatever else than the headers decides how they are taken, as the scheme."""
    # As they came: the wire lets no NUL through, so that nothing can be taken for two of them.
    parts = [by, target]
    for name, value in headers:
        if name not in _PASSING:
            parts += (name, value)
    return blake2b(b"\0".join(parts), digest_size=16).digest()


def _mark(scope: Scope) -> bytes:
    target = scope.get("raw_path") or scope["path"].encode()
    return mark(scope["scheme"].encode(), b"%b?%b" % (target, scope["query_string"]), scope["headers"])


def _part(document: Document, body: bytes) -> str | None:
    """The name of what the document holds these very bytes as: nothing where there are none, None where it does not."""
    held = vars(document)
    return next((name for name in ("body", "packed") if held.get(name) is body), None) if body else ""
