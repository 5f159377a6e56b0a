"""Orb's routes of a first paint, answered from the memory of a process of its own, so that it costs next to nothing.

    python -m tests.bench.upstream PORT [--slow]

Every customer `bench-000000` to `bench-999999` is known, and whatever is asked about them is answered with the same
documents under their own id. What it is told by address holds until it is told otherwise: `/_slow/on` lets answers
take as long as Orb's do, `/_slow/off` nothing, `/_slow/3` three seconds, `/_slow/never` lets none come;
`/_size/prices=200&days=30` makes all customers that large, `/_size/` as they were. `/_counts` tells how often each
route was asked, how many connections there were, and how many of them are open.
"""

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf
from typing import cast

import uvloop

from tests.bench.documents import Document, first_paint
from tests.bench.grown import Size, grown

# Seconds.
SLOW: Mapping[str, float] = {
    "subscriptions": 0.010,
    "credit_blocks": 0.015,
    "credits_ledger": 0.020,
    "upcoming_invoice": 0.030,
    "grouped_costs": 0.040,
    "costs": 0.080,
}
AT_ONCE = dict.fromkeys(SLOW, 0.0)
_WHO = re.compile(rb"(bench-\d{6})(-\d\d)?")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nOrb-Cache-Updated-At: %b\r\nContent-Length: %d\r\n\r\n"


def route_of(path: bytes) -> str | None:
    """Which route a path is of, whatever it asks for."""
    path = path.partition(b"?")[0].removeprefix(b"/v1")
    if path.endswith((b"/costs", b"/grouped_costs")):
        return path.rpartition(b"/")[2].decode()
    if path.startswith(b"/customers/"):
        return {b"ledger": "credits_ledger", b"credits": "credit_blocks"}.get(path.rpartition(b"/")[2])
    return {b"/subscriptions": "subscriptions", b"/invoices/upcoming": "upcoming_invoice"}.get(path)


class Upstream:
    """What all connections share."""

    def __init__(self, documents: Mapping[str, Document], *, slow: bool = False) -> None:
        self.slow: Mapping[str, float] = SLOW if slow else AT_ONCE
        self.calls: Counter[str] = Counter()
        self.connections = self.open = 0
        self._usual = self._documents = documents
        self._now = b""
        self._tick()

    def connection(self) -> "Connection":
        return Connection(self)

    def answer(self, path: bytes) -> tuple[bytes, bytes, float]:
        """Head and body of the answer, and the seconds that it takes."""
        route, who = route_of(path), _WHO.search(path)
        if route is None or who is None:
            return (*self._own(path), 0.0)
        self.calls[route] += 1
        body = self._documents[route].of(who[1], who[2] or b"")
        return _HEAD % (200, self._now, len(body)), body, self.slow[route]

    def _own(self, path: bytes) -> tuple[bytes, bytes]:
        _, word, what = (*path.decode().split("/", 2), "")[:3]
        if word == "_slow":
            self.slow = _pace(what)
        elif word == "_size":
            self._documents = grown(self._usual, Size.of(what), datetime.now(UTC)) if what else self._usual
        body = json.dumps({"calls": self.calls, "connections": self.connections, "open": self.open}).encode()
        return _HEAD % (200 if word in ("_counts", "_slow", "_size") else 404, self._now, len(body)), body

    def _tick(self) -> None:
        self._now = datetime.now(UTC).isoformat(timespec="seconds").encode()
        asyncio.get_running_loop().call_later(1, self._tick)


def _pace(word: str) -> Mapping[str, float]:
    """How long each route takes: as long as Orb's, no time, for ever, or so many seconds."""
    if word in ("on", "off"):
        return SLOW if word == "on" else AT_ONCE
    return dict.fromkeys(SLOW, inf if word == "never" else float(word))


class Connection(asyncio.Protocol):
    """One request after the other, with a body or without."""

    _transport: asyncio.Transport

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._upstream.connections += 1
        self._upstream.open += 1

    def connection_lost(self, _error: Exception | None) -> None:
        self._upstream.open -= 1

    def data_received(self, data: bytes) -> None:
        read = self._read + data if self._read else data
        while (ends := read.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(read, 0, ends + 2)
            whole = ends + 4 + (int(length[1]) if length else 0)
            if len(read) < whole:
                break
            self._answer(read.split(b" ", 2)[1])
            read = read[whole:]
        self._read = read

    def _answer(self, path: bytes) -> None:
        head, body, seconds = self._upstream.answer(path)
        if seconds == inf:
            return
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._write, head, body)
        else:
            self._write(head, body)

    def _write(self, head: bytes, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.writelines((head, body))


async def serve(port: int, *, slow: bool) -> None:
    upstream = Upstream(await first_paint(datetime.now(UTC)), slow=slow)
    server = await asyncio.get_running_loop().create_server(upstream.connection, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.upstream")
    parser.add_argument("port", type=int)
    parser.add_argument("--slow", action="store_true", help="answers take as long as Orb's do")
    asked = parser.parse_args()
    uvloop.run(serve(asked.port, slow=asked.slow))
