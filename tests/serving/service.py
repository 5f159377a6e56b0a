"""The service in a process of its own, without a sandbox: up in half a second, and slow to answer when asked to be."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from app.orb.path import CustomerRef
from app.secret import Secret
from app.web.tokens import Tokens
from tests.running import ROOT, bare, free_port
from tests.serving.probe import REQUEST, Probe, status

SECRET = "3f9c0a51b2e87d64" * 2
PATIENCE = 1


@dataclass(frozen=True)
class Service:
    """`serve` for an account whose Orb takes calls and never answers: a dashboard comes when patience ends, or when
    `orb` is closed."""

    process: "subprocess.Popen[bytes]"
    port: int
    orb: socket.socket

    def exchange(self, data: bytes = REQUEST) -> bytes:
        with Probe(self.port) as probe:
            probe.send(data)
            return probe.answer(until=b"\r\n\r\n")

    def is_ready(self) -> bool:
        return status(self.exchange(REQUEST.replace(b"livez", b"readyz"))) == 200

    def told(self, number: signal.Signals) -> None:
        """Sends the signal, and waits until the service has seen it."""
        began = time.monotonic()
        self.process.send_signal(number)
        while self.is_ready():
            assert time.monotonic() - began < 60

    @contextmanager
    def asked(self) -> Iterator[Probe]:
        """A dashboard, just asked for."""
        token = Tokens([Secret(SECRET)]).sign(CustomerRef("external_customer_id", "northwind"))
        with Probe(self.port) as probe:
            probe.send(dashboard(token))
            self.exchange()  # answered after the other has been read
            yield probe


@contextmanager
def service(**settings: str) -> Iterator[Service]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as orb:
        port = free_port()
        usual = {"ORB_API_KEY": "key", "ORRERY_VIEWER_SECRET": SECRET, "ORRERY_PATIENCE": str(PATIENCE)}
        addresses = {"PORT": str(port), "ORB_BASE_URL": f"http://127.0.0.1:{orb.getsockname()[1]}/v1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"], cwd=ROOT, env=bare(**usual | addresses | settings), process_group=0
        )
        found = Service(process, port, orb)
        try:
            while True:
                assert process.poll() is None
                time.sleep(0.02)  # a connection to a port of its own is soon made where nobody listens
                with suppress(ConnectionError):
                    if found.is_ready():
                        break
            yield found
        finally:
            process.kill()
            process.wait()


def dashboard(token: str) -> bytes:
    """Asks for it."""
    return f"GET /api/dashboard HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
