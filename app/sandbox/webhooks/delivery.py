"""How events get there: one after the other to each endpoint, and again until it says 2xx."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import httpx
from anyio.abc import TaskGroup

from app.sandbox.clock import Now, real_now
from app.sandbox.webhooks.endpoints import Endpoint, Endpoints, new_id
from app.sandbox.webhooks.events import Attempt, Delivery
from app.sandbox.webhooks.signature import signed


@dataclass(frozen=True)
class Timing:
    """How long an endpoint may take to answer, and the waits before each retry, in seconds.

    Orb gives five seconds; its waits are not known, these are ours. `now` is the time that signatures bear: the
    real one, because receivers compare it with their own clock and the sandbox's may stand anywhere.
    """

    patience: float = 5.0
    waits: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0, 3600.0)
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    now: Now = real_now


class Post:
    """Delivers events while it is open. What an endpoint gets first is in the order of sending, retries are not."""

    def __init__(self, endpoints: Endpoints, clock: Now, timing: Timing) -> None:
        self._endpoints, self._clock, self._timing = endpoints, clock, timing
        self._turns: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self._tasks: TaskGroup | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Deliver until the block ends; what is under way then is given up."""
        # No connection is kept: a receiver that was restarted would fail its first event for that alone.
        # Certificates are not checked: on loopback they are the developer's own.
        client = httpx.AsyncClient(
            trust_env=False,
            timeout=None,  # noqa: S113  one deadline spans the whole attempt
            verify=False,  # noqa: S501
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        async with client as self._http, anyio.create_task_group() as self._tasks:
            yield
            self._tasks.cancel_scope.cancel()
        self._tasks = None

    def take(self, delivery: Delivery) -> None:
        """Start to deliver."""
        if self._tasks is not None:
            delivery.running = True
            self._tasks.start_soon(self._deliver, delivery)

    def retry(self, deliveries: Iterable[Delivery]) -> int:
        """Try at once what waits for its next try or was given up, and count it."""
        count = 0
        for delivery in deliveries:
            if delivery.pause is not None:
                delivery.pause.cancel()
            elif not delivery.done and not delivery.running:
                self.take(delivery)
            else:
                continue
            count += 1
        return count

    async def _deliver(self, delivery: Delivery) -> None:
        await self._attempt(delivery)
        for seconds in self._timing.waits:
            if delivery.done:
                break
            with anyio.CancelScope() as delivery.pause:
                await self._timing.sleep(seconds)
            delivery.pause = None
            await self._attempt(delivery)
        delivery.running = False

    async def _attempt(self, delivery: Delivery) -> None:
        async with self._turns[delivery.endpoint_id]:
            endpoint = self._endpoints.find(delivery.endpoint_id)
            if endpoint is None or not endpoint.enabled:
                return
            began, started = self._clock(), time.monotonic()
            status = await self._send(endpoint, delivery.body)
            delivery.done = status is not None and 200 <= status < 300
            elapsed = round((time.monotonic() - started) * 1000)
            delivery.event.attempts.append(
                Attempt(new_id("attempt"), endpoint.url, delivery.done, status, elapsed, began)
            )

    async def _send(self, endpoint: Endpoint, body: bytes) -> int | None:
        """Post to an endpoint and give the status of its answer, or None if there was none in time."""
        headers = {"Content-Type": "application/json"} | signed(body, endpoint.secrets, self._timing.now())
        with anyio.move_on_after(self._timing.patience):
            try:
                # A redirect could lead away from this machine: httpx follows none unless told to.
                async with self._http.stream("POST", endpoint.url, content=body, headers=headers) as answer:
                    return answer.status_code
            except httpx.HTTPError:
                return None
        return None
