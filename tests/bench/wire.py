"""The upstream for a service in the same process."""

import httpx

from tests.bench.upstream import Upstream


class Wire(httpx.AsyncBaseTransport):
    """The upstream's answers without its sockets."""

    def __init__(self, found: Upstream) -> None:
        self._upstream = found

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        head, body, _ = self._upstream.answer(request.url.raw_path)
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        return httpx.Response(int(first.split()[1]), headers=headers, stream=httpx.ByteStream(body))
