"""Where keys are published: a real socket, with all that can be wrong with what answers there."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from tests.tokens.signers import Signer, jwks


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass(eq=False)
class Publisher:
    """What it `answers`, and the heads of the requests that came. It waits with its answers until it `may`."""

    url: str = ""
    answers: bytes = b""
    requests: list[str] = field(default_factory=list)
    may: anyio.Event = field(default_factory=anyio.Event)

    def publishes(self, *signers: Signer) -> None:
        self.answers = http(jwks(*signers))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head.decode())
                await self.may.wait()
                writer.write(self.answers)
                await writer.drain()
                if b"Connection: close" in self.answers or not self.answers:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def publisher(*signers: Signer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Publisher]:
    found = Publisher()
    found.publishes(*signers)
    found.may.set()
    server = await asyncio.start_server(found._talk, "127.0.0.1", 0, ssl=tls)
    found.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
    try:
        yield found
    finally:
        found.may.set()
        server.close()


_ZIPPED = gzip.compress(b" " * 50_000_000)
# What is wrong, and the answer in which it is.
WRONG: list[tuple[str, bytes]] = [
    ("it answered 500", http(b"{}", "500 Internal Server Error")),
    ("it answered 404", http(b"{}", "404 Not Found")),
    ("it answered 302", http(b"", "302 Found", "Location: /elsewhere.json")),
    ("it answered 204", b"HTTP/1.1 204 No Content\r\n\r\n"),
    ("it is larger than 65536 bytes", http(b" " * 65537)),
    ("it is larger than 65536 bytes", http(_ZIPPED, "200 OK", "Content-Encoding: gzip")),
    (
        "what it answered is compressed in a way that cannot be read",
        http(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip"),
    ),
    ("it is not a JSON object, or a name stands twice in it", http(b"<html>Sign in to the Wi-Fi</html>")),
    ("it has no list of keys", http(b'{"key": []}')),
    ("it has no key that could be used", http(b'{"keys": []}')),
    ("it cannot be reached (ProtocolError)", b"what is this\r\n\r\n"),
    (
        "it cannot be reached (RemoteProtocolError)",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n{",
    ),
    ("it cannot be reached (ConnectError)", b""),
]
OUTAGE = WRONG[0][1]
