"""Answers as they left, for who asks the same again while all that they were made of is still the same.

Every figure of an answer comes from what the cache holds; what else it depends on is who asks, what for, and the
minute: days begin and periods end on a minute, and the age in words changes with one. So an answer is good for as
long as the cache would give the very same for each of its questions, and no longer than the minute.

While one is made, whoever asks the same waits for it, and has it too where the cache would give them the very same.
"""

import gzip
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import anyio
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response

from app.dashboard import CameBack, Landed, Summary, came_back
from app.web.noted import Noted
from app.web.render import reader_of
from app.web.viewer import Viewer

_ROOM = 32 * 2**20  # bytes of answers
_ENTRY = 4096  # what is noted of one beside its bytes
_MINUTE = timedelta(minutes=1)
_OTHERS = 2  # answers that are waited for: to the first, a part may have come too late


@dataclass(frozen=True)
class Document:
    """An answer's bytes, and its tag where it has one."""

    body: bytes
    tag: str | None = None

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.body, 6, mtime=0)


@dataclass(frozen=True)
class Made:
    """A document, what it was made of, what is counted of its cards, and until when it is good, if it is at all."""

    document: Document
    noted: Noted
    cards: tuple[CameBack, ...]
    until: datetime | None


@dataclass(eq=False, slots=True)
class _Making:
    """A document that somebody makes; without `made` when they came to nothing."""

    over: anyio.Event = field(default_factory=anyio.Event)
    made: Made | None = None


def made(document: Document, noted: Noted, landed: list[Landed], said: Summary) -> Made:
    """The document as it is done. One in which anything failed or is old is nobody's to be sent again.

    A card may be late in it: for as long as what it needs is not kept, it is late in the next as well.
    """
    good = said.complete and all(each.outcome.status != "failed" for each in landed)
    return Made(document, noted, tuple(map(came_back, landed)), _until(said) if good else None)


class Kept:
    """The answers that were asked for last, by who asked what."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: LRUCache[Hashable, Made] = LRUCache(_ROOM, getsizeof=lambda each: _weight(each.document))
        self._makings: dict[Hashable, _Making] = {}

    @property
    def bytes(self) -> int:
        """What all kept answers weigh."""
        return int(self._entries.currsize)

    def find(self, question: Hashable, only: Document | None = None) -> Document | None:
        """The answer to the same question, if it would be made of the same now, and is `only` that; counts it as if
        it were made."""
        entry, now = self._entries.get(question), self._now()
        if entry is None or (only is not None and entry.document is not only):
            return None
        if entry.until is None or now >= entry.until or not entry.noted.still(now):
            del self._entries[question]
            return None
        return self._counted(entry)

    def _counted(self, made: Made) -> Document:
        now = self._now()
        for card in made.cards:
            card.count(0.0, now)
        return made.document

    def keep(self, question: Hashable, made: Made) -> None:
        """Remembers an answer for as long as it is good."""
        if made.noted.sound and made.until is not None and _weight(made.document) <= self._entries.maxsize:
            self._entries[question] = made

    async def joined(self, question: Hashable, began: datetime, deadline: float) -> Document | None:
        """The answer that somebody makes just now, for a request of `began`; None where there is none.

        Nobody gets an older figure for having waited with others, nor waits past `deadline` on anyio's clock: then
        they make their own.
        """
        for _ in range(_OTHERS):
            if (making := self._makings.get(question)) is None:
                break
            with anyio.CancelScope(deadline=deadline):
                await making.over.wait()
            # What would be taken now would be taken by who came before, and that is found out once for all of them.
            if making.made and (making.made.noted.still(self._now()) or making.made.noted.holds(began)):
                return self._counted(making.made)
        return None

    async def get(
        self, question: Hashable, began: datetime, deadline: float, make: Callable[[], Awaitable[Made]]
    ) -> Document:
        """The answer that `make` makes, or that of somebody who makes it just now."""
        if found := await self.joined(question, began, deadline):
            return found
        making = self._makings[question] = _Making()
        try:
            making.made = await make()
            self.keep(question, making.made)
            return making.made.document
        finally:
            if self._makings.get(question) is making:
                del self._makings[question]
            making.over.set()


def answer(request: Request, document: Document, media_type: str) -> Response:
    """The document as it is kept, packed for who can unpack it."""
    headers = {"ETag": document.tag} if document.tag else {}
    if "gzip" not in request.headers.get("accept-encoding", "").lower():
        return Response(document.body, headers=headers, media_type=media_type)
    return Response(document.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)


def question(request: Request, viewer: Viewer) -> Hashable:
    """All that an answer depends on beside the customer's figures and the time."""
    asked = request.method, request.scope["path"], request.scope["query_string"], request.headers.get("accept")
    return *asked, replace(viewer, expires=0, issued=0), reader_of(request)


def _weight(document: Document) -> int:
    return 2 * len(document.body) + _ENTRY  # packed it is never more than about as much again


def _until(said: Summary) -> datetime:
    """When the minute ends, or before: when the age in words becomes another, or a refresh is allowed."""
    ends = [said.now.replace(second=0, microsecond=0) + _MINUTE]
    if said.as_of is not None:
        ends.append(said.now + _MINUTE - max(said.now - said.as_of, timedelta()) % _MINUTE)
    if said.allowed_at > said.now:
        ends.append(said.allowed_at)
    return min(ends)
