"""The site of a customer of ours, on an origin of its own, that frames the dashboard: what a test needs of it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Host:
    """Serves `pages` by path, each with the policies of a careful site; `token` is what `/token` hands out."""

    def __init__(self, port: int, name: str) -> None:
        self.url = f"http://{name}:{port}"
        self.pages: dict[str, str] = {}
        self.scripts: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.token: str | None = None
        self.asked: list[tuple[str, str | None]] = []  # path, and who sent the browser there

    def answer(self, path: str) -> tuple[int, str, str]:
        if path == "/token":
            return (
                (200, "application/json", json.dumps({"token": self.token})) if self.token else (401, "text/plain", "")
            )
        if path in self.scripts:
            return 200, "text/javascript", self.scripts[path]
        if path in self.pages:
            return 200, "text/html", f"<!doctype html><link rel=icon href='data:,'>{self.pages[path]}"
        return 404, "text/plain", ""


@contextmanager
def hosting(name: str = "localhost") -> Iterator[Host]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    host = Host(server.server_port, name)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append((self.path, self.headers["Referer"]))
            status, kind, body = host.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            for header, value in host.headers.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server.RequestHandlerClass = Handler
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
