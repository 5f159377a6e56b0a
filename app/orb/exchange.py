"""One question to Orb and its answer: the request out, the whole body in, each error as itself.

`max_age` is in seconds: Orb may answer from its cache for so long; None asks live. Where Orb has no cache it makes
no difference. Everything here raises `OrbError`.
"""

from collections.abc import Awaitable, Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

import anyio
import httpx
import msgspec

from app.addresses import LOOPBACK
from app.days import stamp
from app.metrics import counted
from app.orb import body, question, wire
from app.orb.decode import decode
from app.orb.endpoint import Endpoint
from app.orb.errors import (
    Busy,
    Invalid,
    Malformed,
    NotEnabled,
    NotFound,
    OrbError,
    RateLimited,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
    refusal,
)
from app.orb.question import Params
from app.reading import Reading

T = TypeVar("T")

_ANSWERED = (200, 201)  # the second where something was made
_AHEAD = timedelta(days=1)  # more is no matter of clocks


def _now() -> datetime:
    return datetime.now(UTC)


class Exchange:
    """One account at Orb.

    `transport` carries the requests and knows the key; `deadline` is the absolute time of one call in seconds,
    `limit` the size in bytes of the largest answer that is read.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        base_url: str,
        *,
        deadline: float = 8,
        limit: int = 16 * 1024 * 1024,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._transport = transport
        self._base = httpx.URL(base_url.rstrip("/"))
        self._deadline = deadline
        self._limit = limit
        self._now = now
        self._asker: object = None

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, as the sandbox is."""
        return self._base.host in LOOPBACK

    def asked_by(self, asker: object) -> Self:
        """The same account, asked for somebody: what `asker` is, the transports know that look at it."""
        found = copy(self)
        found._asker = asker
        return found

    async def get(self, which: Endpoint[T], path: str, params: Params = (), max_age: float | None = None) -> Reading[T]:
        """The answer to a GET of `path` under the account's address."""
        return await _failing_in_order(which, self._ask(which, "GET", path, params, max_age, b""))

    async def post(self, which: Endpoint[T], path: str, content: object, deadline: float | None = None) -> Reading[T]:
        """The answer to a POST of `content` as JSON, within `deadline` where it has one of its own.

        Nothing that is posted is cached at Orb.
        """
        written = msgspec.json.encode(content)
        return await _failing_in_order(which, self._ask(which, "POST", path, (), None, written, deadline))

    async def _ask(
        self,
        which: Endpoint[T],
        method: str,
        path: str,
        params: Params,
        max_age: float | None,
        content: bytes,
        deadline: float | None = None,
    ) -> Reading[T]:
        cached = which.honours_cache and max_age is not None
        told = {"call": which.name, "rate": which.rate.value, "asker": self._asker}
        request = question.request(self._base, method, path, params, max_age if cached else None, content, told)
        asked = self._now()
        outcome = await self._exchange(request, which.name, deadline or self._deadline)
        if isinstance(outcome, OrbError):
            raise outcome
        response, answer = outcome
        _refuse(response, answer)
        value = decode(answer, which.answer)
        as_of = _as_of(response, self._now()) if cached else asked
        return Reading(value, as_of, asked, len(answer))

    async def _exchange(
        self, request: httpx.Request, call: str, deadline: float
    ) -> tuple[httpx.Response, bytearray] | OrbError:
        """The head and the whole body of the answer, or what went wrong on the way.

        What went wrong is returned, not raised from the transport's own error: that one remembers the key.
        """
        try:
            with anyio.move_on_after(deadline):
                response = await self._transport.handle_async_request(request)
                try:
                    return response, await body.read(response, self._limit)
                except BaseException as error:
                    # What was read to its end needs no closing.
                    with anyio.CancelScope(shield=True):
                        await response.aclose()
                    told = isinstance(error, (Malformed, TooLarge, httpx.RemoteProtocolError))
                    if not told or response.status_code in _ANSWERED:
                        raise
                    return response, bytearray()  # a refusal says what it is by its status too
        except OrbError as error:  # a layer refused to send it
            return error
        except httpx.PoolTimeout:
            return Busy(call)
        except (TimeoutError, httpx.TimeoutException):
            return TimedOut(call)
        except httpx.ProtocolError:
            return Malformed(call)
        except httpx.HTTPError:
            return Unreachable(call)
        return TimedOut(call)


async def _failing_in_order(which: Endpoint[T], asking: Awaitable[Reading[T]]) -> Reading[T]:
    """Counts failures; a refusal that is an answer in itself is none."""
    try:
        return await asking
    except OrbError as error:
        if not isinstance(error, (NotFound, NotEnabled, Invalid)):
            counted.failure(which.rate.value, error.code)
        # Errors are remembered for a while, and the frames of one hold the whole answer.
        error.__context__ = None
        raise error.with_traceback(None) from None


def _as_of(response: httpx.Response, now: datetime) -> datetime | None:
    """The moment that Orb stamped. One still to come, by a clock ahead of ours, is now; one days ahead is nonsense."""
    found = stamp(response.headers.get("orb-cache-updated-at", ""))
    return min(found, now) if found and found - now <= _AHEAD else None


def _refuse(response: httpx.Response, answer: bytearray) -> None:
    """Raises what any other status than that of an answer means."""
    status = response.status_code
    if status in (401, 403):
        raise Unauthorized(str(status))
    if status == 429:
        raise RateLimited(response.headers.get("retry-after"))
    if status in _ANSWERED:
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Malformed("content type")
        return
    try:
        problem = decode(answer, wire.Problem)
    except Malformed:
        problem = wire.Problem()
    reasons = tuple(bytes(reason).decode("utf-8", "replace") for reason in problem.validation_errors)
    raise refusal(status, problem.type, reasons)
