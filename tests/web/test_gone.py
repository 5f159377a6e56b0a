"""Who has left before anything was done for them costs nothing of Orb's."""

from typing import Any

import anyio
import httpx
import pytest

from tests.whole import Whole, whole

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("path", ["/api/dashboard", "/"])
async def test_nobody_is_asked_for_who_has_left(path: str, *, left: bool) -> None:
    async with whole() as service:
        asked, inner = list[str](), service.sandbox.handle_async_request

        async def watching(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return await inner(request)

        service.sandbox.handle_async_request = watching  # type: ignore[method-assign]
        sent = await _ask(service, path, left=left)

    assert bool(asked) is not left
    assert [each["status"] for each in sent if each["type"] == "http.response.start"] == ([] if left else [200])


async def _ask(service: Whole, path: str, *, left: bool) -> list[Any]:
    """What is sent to a browser that asks, and has gone by then where it `left`."""
    sent: list[Any] = []
    async with service.client("northwind") as client:
        request = client.build_request("GET", path)
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if messages and not left:
            return messages.pop()
        if not left:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await service.app(_scope(request), receive, send)
    return sent


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
async def test_who_leaves_meanwhile_costs_no_further_question(accept: str) -> None:
    left, gone = anyio.Event(), anyio.Event()

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None:
        pass

    async with whole() as service:
        asked, inner = list[str](), service.sandbox.handle_async_request

        async def watching(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path.rpartition("/")[2])
            if asked[-1] == "subscriptions":
                left.set()
                await gone.wait()
            return await inner(request)

        service.sandbox.handle_async_request = watching  # type: ignore[method-assign]
        async with service.client("northwind") as client:
            request = client.build_request("GET", "/api/dashboard", headers={"Accept": accept})
        with anyio.fail_after(10):
            await service.app(_scope(request), receive, send)
        gone.set()
        await anyio.wait_all_tasks_blocked()
        async with service.client("northwind") as client:
            assert (await client.get("/api/dashboard?cards=credits")).json()["complete"]

    assert asked.count("subscriptions") == 1  # what was asked for them is kept for others
    assert not {"upcoming", "costs", "grouped_costs"} & {*asked}


def _scope(request: httpx.Request) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": url.path, "raw_path": url.raw_path, "query_string": url.query, "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1), "server": ("orrery.test", 80),
    }  # fmt: skip
