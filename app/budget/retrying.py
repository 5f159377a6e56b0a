"""The transport that asks once more, where that may help and seldom enough not to add to a failing Orb's load."""

import random
from collections import deque
from collections.abc import Callable

import anyio
import httpx

from app.metrics import counted
from app.orb.transport import Layer

_AGAIN = frozenset((408, 500, 502, 503, 504))
_WINDOW, _PART = 60.0, 10  # in a minute one retry for ten first attempts
_IDLE = 10.0  # seconds after which one retry is free
_JITTER = 0.2  # seconds, at most
_LEFT = 0.5  # seconds that a second attempt needs at least


class Retries:
    """How many retries there may be: one for ten first attempts within a minute, and one when none was for long."""

    def __init__(self) -> None:
        self._attempts: deque[float] = deque()
        self._retries: deque[float] = deque()

    def attempt(self, now: float) -> None:
        self._attempts.append(now)
        self._forget(now)

    def allowed(self, now: float) -> bool:
        """Takes a retry where there may be one."""
        self._forget(now)
        idle = not self._retries or now - self._retries[-1] >= _IDLE
        if not idle and (len(self._retries) + 1) * _PART > len(self._attempts):
            return False
        self._retries.append(now)
        return True

    def _forget(self, now: float) -> None:
        for times in (self._attempts, self._retries):
            while times and times[0] <= now - _WINDOW:
                times.popleft()


class Retrying(Layer):
    """Sends a GET once more whose connection broke, or that Orb could not answer just then."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        clock: Callable[[], float] = anyio.current_time,
        jitter: Callable[[], float] = lambda: random.uniform(0, _JITTER),  # noqa: S311  no secret
    ) -> None:
        super().__init__(inner)
        self._retries = Retries()
        self._clock = clock
        self._jitter = jitter

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._retries.attempt(self._clock())
        try:
            response = await self._inner.handle_async_request(request)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if not self._may(request):
                raise
        else:
            if response.status_code not in _AGAIN or not self._may(request):
                return response
            await response.aclose()
        counted.retry(request.extensions["rate"])
        await anyio.sleep(self._jitter())
        return await self._inner.handle_async_request(request)

    def _may(self, request: httpx.Request) -> bool:
        in_time = anyio.current_effective_deadline() - anyio.current_time() > _LEFT
        return request.method == "GET" and in_time and self._retries.allowed(self._clock())
