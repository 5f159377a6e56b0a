"""Secrets that sing: while the tests run, everything that leaves the service is searched for them.

What leaves is each answer of a service in the tests' own process, each log line of anybody's at DEBUG with its
traceback and the variables in it, all that is printed, and what a service in a process of its own writes.
"""

import base64
import logging
import traceback
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from urllib.parse import quote

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.web.middleware import Around

ORB_KEY = "orb_live_canary/8Zq+3vTnW5kXy0BdMhRj7uQe"
VIEWER_SECRET = "canary viewer 5f0c7be1 92ad4438 cc61"
METRICS_TOKEN = "canary-metrics-2d9be07c5f41"
WEBHOOK_SECRET = "canary-webhook-71c2e9d05ab84f36"
REDIS_PASSWORD = "canary-redis-b04e7fd21c96"
ALL = (ORB_KEY, VIEWER_SECRET, METRICS_TOKEN, WEBHOOK_SECRET, REDIS_PASSWORD)


def forms(secret: str) -> set[bytes]:
    """What a secret may look like where it got out: as it is, encoded, or its end alone."""
    text = secret.encode()
    inner = {base64.b64encode(text[n:])[4:-4] for n in range(3)}
    return {text, quote(secret, safe="").encode(), text.hex().encode(), text[-12:], *inner}


_SONGS = {form: secret for secret in ALL for form in forms(secret)}


def heard(text: bytes) -> list[str]:
    """Which secrets are in it, by their first letters."""
    return sorted({_SONGS[form][:14] for form in _SONGS if form in text})


class Watch(logging.Handler):
    """Remembers where a secret got out; `found` is emptied by whoever reports it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []
        self.seen = 0

    def look(self, where: str, parts: Iterable[bytes]) -> None:
        for part in parts:
            self.seen += 1
            self.found += [f"{each}… in {where}" for each in heard(part)]

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage() + str(record.__dict__.get("fields", ""))
        self.look(f"a log line of {record.name}", [text.encode("utf-8", "replace")])
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            said, _, _ = record.getMessage().partition("\n")
            where = f"a traceback of {record.name}, {said}: {type(error).__name__}"
            self.look(where, [_told(error).encode("utf-8", "replace")])


def _told(error: BaseException) -> str:
    """The traceback with its variables; without those where one of them is too broken to be shown."""
    for variables in (True, False):
        with suppress(Exception):
            return "".join(traceback.TracebackException.from_exception(error, capture_locals=variables).format())
    return repr(error)


WATCH = Watch()
_through = Around.__call__


async def _watched(self: Around, scope: Scope, receive: Receive, send: Send) -> None:
    unpack: Callable[[bytes], bytes] = bytes

    async def outward(message: Message) -> None:
        nonlocal unpack
        headers = message.get("headers", [])
        if (b"content-encoding", b"gzip") in headers and not scope["path"].startswith("/static/"):
            unpack = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
        WATCH.look("the headers of an answer", [b"\n".join(b": ".join(each) for each in headers)])
        WATCH.look("an answer", [unpack(message.get("body", b""))])
        await send(message)

    await _through(self, scope, receive, outward)


def listen(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on."""
    monkeypatch.setattr(Around, "__call__", _watched)
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(root, "handlers", [*root.handlers, WATCH])
