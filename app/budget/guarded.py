"""The transport that leaves a failing Orb alone for a while, class by class."""

from collections.abc import Callable, Iterable

import anyio
import httpx

from app.budget.breaker import Breaker
from app.orb.errors import Busy, Unreachable
from app.orb.transport import Layer

_FAILED = 500


class Guarded(Layer):
    """Raises Unreachable at once where the breaker of the request's `rate` class is open."""

    def __init__(
        self, inner: httpx.AsyncBaseTransport, rates: Iterable[str], clock: Callable[[], float] = anyio.current_time
    ) -> None:
        super().__init__(inner)
        self._breakers = {rate: Breaker() for rate in rates}
        self._clock = clock

    def left_alone(self) -> dict[str, float]:
        """By rate class: 1 while its breaker is open or lets probes through, else 0."""
        return {rate: float(not breaker.closed) for rate, breaker in self._breakers.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        breaker = self._breakers[request.extensions["rate"]]
        if not breaker.allows(self._clock()):
            raise Unreachable("left alone")
        good: bool | None = False
        ends = anyio.current_effective_deadline()
        try:
            response = await self._inner.handle_async_request(request)
            good = response.status_code < _FAILED
            return response
        except (Busy, httpx.PoolTimeout):
            good = None  # it never went out
            raise
        except anyio.get_cancelled_exc_class():
            # That whoever asked has left says nothing of Orb; that the time for it was up does.
            good = None if anyio.current_time() < ends else False
            raise
        finally:
            breaker.tell(self._clock(), good=good)
