"""Clients that do to a server what no decent client does, on bare sockets."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
REQUEST = HEAD + b"\r\n"
LAST = HEAD + b"Connection: close\r\n\r\n"


class Probe:
    """One connection, from an address of this machine's choice."""

    def __init__(self, port: int, source: str = "127.0.0.1", buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(15)
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.bind((source, 0))
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.began = time.monotonic()

    def __enter__(self) -> "Probe":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Whether the other side still took it."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def drip(self, data: bytes, every: float, seconds: float) -> None:
        """A byte at a time, until the other side takes no more or the time is over."""
        ends = time.monotonic() + seconds
        for each in data:
            if time.monotonic() > ends or not self.send(bytes([each])) or self.is_closed(every):
                return

    def is_closed(self, within: float) -> bool:
        """Whether the other side ends the connection in that time; what it says before is thrown away."""
        ends = time.monotonic() + within
        while (left := ends - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(65536):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
        return False

    def answer(self, until: bytes = b"") -> bytes:
        """All that comes, until those bytes are in it or the other side ends it."""
        found = b""
        self.socket.settimeout(15)
        while not until or until not in found:
            try:
                part = self.socket.recv(65536)
            except ConnectionError:
                break
            if not part:
                break
            found += part
        return found


def status(answer: bytes) -> int:
    """0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@dataclass(frozen=True)
class Hosted:
    """A server in a thread of this process."""

    server: uvicorn.Server
    port: int

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The server does nothing within the block; its kernel takes connections."""
        go_on = threading.Event()
        self.server.servers[0].get_loop().call_soon_threadsafe(go_on.wait, 10)
        try:
            yield
        finally:
            go_on.set()


@contextmanager
def hosting(
    app: Any,
    http: type[HttpToolsProtocol],
    make: Callable[[uvicorn.Config], uvicorn.Server] = uvicorn.Server,
    **config: Any,
) -> Iterator[Hosted]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    usual: dict[str, Any] = {"lifespan": "off", "proxy_headers": False, "timeout_keep_alive": 75}
    usual |= {"ws": "none", "log_config": None, "timeout_graceful_shutdown": 1}
    server = make(uvicorn.Config(app, http=http, **usual | config))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield Hosted(server, listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
