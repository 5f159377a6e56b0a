"""Orb's routes of a first paint, answered from the memory of a process of its own, so that it costs next to nothing.

    python -m tests.bench.upstream PORT [--slow]

Every customer `bench-000000` to `bench-999999` is known, and whatever is asked about them is answered with the same
documents under their own id. `/_slow/on` and `/_slow/off` say whether answers take as long as Orb's do, `/_counts`
how often each route was asked, and how many connections there were.
"""

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import uvloop

from tests.bench.documents import Document, first_paint

# Seconds.
SLOW: Mapping[str, float] = {
    "subscriptions": 0.010,
    "credit_blocks": 0.015,
    "credits_ledger": 0.020,
    "upcoming_invoice": 0.030,
    "grouped_costs": 0.040,
    "costs": 0.080,
}
_WHO = re.compile(rb"bench-\d{6}")
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
        self.slow = slow
        self.calls: Counter[str] = Counter()
        self.connections = 0
        self._documents = documents
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
        document = self._documents[route]
        return _HEAD % (200, self._now, document.size), document.of(who[0]), SLOW[route] if self.slow else 0.0

    def _own(self, path: bytes) -> tuple[bytes, bytes]:
        known = path in (b"/_counts", b"/_slow/on", b"/_slow/off")
        if path.startswith(b"/_slow/"):
            self.slow = path == b"/_slow/on"
        body = json.dumps({"calls": self.calls, "connections": self.connections}).encode()
        return _HEAD % (200 if known else 404, self._now, len(body)), body

    def _tick(self) -> None:
        self._now = datetime.now(UTC).isoformat(timespec="seconds").encode()
        asyncio.get_running_loop().call_later(1, self._tick)


class Connection(asyncio.Protocol):
    """One request after the other, with a body or without."""

    _transport: asyncio.Transport

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._upstream.connections += 1

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
