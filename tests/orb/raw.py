"""A peer on a real socket that keeps every byte it receives and answers with the bytes it was given."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.abc import SocketAttribute, SocketStream

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Peer:
    """`answers` go out in order, the last one for ever; None hangs. `hang_up` closes after each answer."""

    answers: Sequence[bytes | None]
    hang_up: bool = False
    url: str = ""
    received: list[bytes] = field(default_factory=list)
    connections: int = 0
    hung: anyio.Event = field(default_factory=anyio.Event)

    async def serve(self, stream: SocketStream) -> None:
        self.connections += 1
        async with stream:
            try:
                while True:
                    self.received.append(await _head(stream))
                    answer = self.answers[min(len(self.received), len(self.answers)) - 1]
                    if answer is None:
                        self.hung.set()
                        await stream.receive()
                        return
                    await stream.send(answer)
                    if self.hang_up:
                        return
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return


async def _head(stream: SocketStream) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += await stream.receive()
    return head


@asynccontextmanager
async def peer(*answers: bytes | None, hang_up: bool = False) -> AsyncIterator[Peer]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610  no SQL here
    found = Peer(answers, hang_up, f"http://127.0.0.1:{port}/v1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, found.serve)
        yield found
        group.cancel_scope.cancel()
