"""The service asked without a socket: webhooks by the thousand, and streams that stay open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
from starlette.applications import Starlette


class Heard:
    """What came of one request so far. `reads` is cleared while its client reads nothing."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.ended = False
        self.reads = anyio.Event()
        self.reads.set()

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message["body"].decode()
            self.ended = not message.get("more_body", False)

    @property
    def changes(self) -> list[list[str]]:
        """The cards of each message that says that some have changed."""
        blocks = self.text.split("\n\n")
        told = [block.partition("data: ")[2] for block in blocks if block.startswith("event: changed\n")]
        return [msgspec.json.decode(each)["cards"] for each in told]


def scope(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1"))
                    for name, value in ({"Host": "orrery.test"} | headers).items()],
        "client": ("192.0.2.1", 1), "server": ("orrery.test", 80),
    }  # fmt: skip


async def post(app: Starlette, path: str, body: bytes, headers: dict[str, str]) -> Heard:
    found, told = Heard(), {"type": "http.request", "body": body, "more_body": False}

    async def receive() -> Any:
        return told

    await app(scope("POST", path, headers), receive, found.send)
    return found


@asynccontextmanager
async def open_stream(app: Starlette, path: str, headers: dict[str, str], method: str = "GET") -> AsyncIterator[Heard]:
    """The stream, until its client leaves at the end of the block."""
    found, left, asked = Heard(), anyio.Event(), False

    async def receive() -> Any:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(app, scope(method, path, headers), receive, found.send)
        with anyio.fail_after(5):
            while not (found.status and (found.text or found.ended)):  # noqa: ASYNC110  it comes in parts
                await anyio.sleep(0.01)
        yield found
        found.reads.set()
        left.set()
