"""Orb's API as this service uses it: one method per endpoint, each answer a `Reading`.

Every method takes `max_age`: seconds that Orb may answer from its cache for, or None to ask live. Where Orb
has no cache it makes no difference. All raise `OrbError`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import anyio
import httpx
import msgspec

from app.days import Period, stamp
from app.orb import body, endpoint, question, wire
from app.orb.decode import decode
from app.orb.endpoint import Endpoint
from app.orb.errors import Malformed, OrbError, RateLimited, TimedOut, TooLarge, Unauthorized, Unreachable, refusal
from app.orb.path import CustomerRef, orb_id
from app.orb.question import Params
from app.reading import Reading

T = TypeVar("T")

_PAGE = ("limit", "100")


def _now() -> datetime:
    return datetime.now(UTC)


class Orb:
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

    async def subscriptions(
        self, customer: CustomerRef, status: Sequence[str], *, limit: int = 100, cursor: str | None = None
    ) -> Reading[wire.Subscriptions]:
        """One page of this customer's subscriptions, most recently created first."""
        params = [
            (customer.kind, customer.id),
            *(("status[]", word) for word in status),
            ("limit", str(limit)),
        ]
        if cursor is not None:
            params.append(("cursor", cursor))
        return await self._get(endpoint.SUBSCRIPTIONS, "/subscriptions", params)

    async def customer(self, customer: CustomerRef) -> Reading[wire.Customer]:
        return await self._get(endpoint.CUSTOMER, customer.path, ())

    async def upcoming_invoice(self, subscription: str, *, max_age: float | None) -> Reading[wire.Invoice]:
        """The bill of the current period. NotFound when nothing is pending, Invalid when it has ended."""
        params = (("subscription_id", orb_id(subscription)),)
        return await self._get(endpoint.UPCOMING_INVOICE, "/invoices/upcoming", params, max_age)

    async def credits_ledger(
        self, customer: CustomerRef, currency: str, *, max_age: float | None
    ) -> Reading[wire.Ledger]:
        """The newest movements, unfiltered: only then is the first one's ending balance the balance."""
        path = f"{customer.path}/credits/ledger"
        return await self._get(endpoint.CREDITS_LEDGER, path, (("currency", currency), _PAGE), max_age)

    async def credit_blocks(
        self, customer: CustomerRef, currency: str, *, max_age: float | None
    ) -> Reading[wire.CreditBlocks]:
        path = f"{customer.path}/credits"
        return await self._get(endpoint.CREDIT_BLOCKS, path, (("currency", currency), _PAGE), max_age)

    async def subscription_costs(
        self,
        subscription: str,
        view_mode: str,
        window: Period,
        currency: str | None,
        *,
        max_age: float | None,
    ) -> Reading[wire.Costs]:
        path = f"/subscriptions/{orb_id(subscription)}/costs"
        return await self._get(endpoint.SUBSCRIPTION_COSTS, path, question.series(view_mode, window, currency), max_age)

    async def customer_costs(
        self,
        customer: CustomerRef,
        view_mode: str,
        window: Period,
        currency: str | None,
        *,
        max_age: float | None,
    ) -> Reading[wire.Costs]:
        """The series over all of the customer's subscriptions in that currency, summed by Orb."""
        path = f"{customer.path}/costs"
        return await self._get(endpoint.CUSTOMER_COSTS, path, question.series(view_mode, window, currency), max_age)

    async def grouped_costs(
        self, subscription: str, key: str, window: Period, currency: str | None, limit: int
    ) -> Reading[wire.GroupedCosts]:
        """Subtotals by one event property. Orb reads them precomputed and never tells their age.

        NotEnabled where the account lacks the preview, Invalid for a key or a window that is not allowed.
        """
        asked: dict[str, object] = {
            "grouping_keys": [key],
            "timeframe_start": question.instant(window.start),
            "timeframe_end": question.instant(window.end),
            "limit": limit,
        }
        if currency is not None:
            asked["currency"] = currency
        path = f"/subscriptions/{orb_id(subscription)}/grouped_costs"
        content = msgspec.json.encode(asked)
        reading = await self._ask(endpoint.GROUPED_COSTS, "POST", path, (), None, content)
        groups = wire.grouped_costs(reading.value)
        return Reading(groups, None, reading.asked, reading.size)

    async def ping(self) -> None:
        """Asks whether Orb is there and takes the key."""
        await self._get(Endpoint("ping", endpoint.Rate.READ, dict), "/ping", ())

    async def _get(self, which: Endpoint[T], path: str, params: Params, max_age: float | None = None) -> Reading[T]:
        return await self._ask(which, "GET", path, params, max_age, b"")

    async def _ask(
        self,
        which: Endpoint[T],
        method: str,
        path: str,
        params: Params,
        max_age: float | None,
        content: bytes,
    ) -> Reading[T]:
        cached = which.honours_cache and max_age is not None
        request = question.request(self._base, which.name, method, path, params, max_age if cached else None, content)
        asked = self._now()
        outcome = await self._exchange(request, which.name)
        if isinstance(outcome, OrbError):
            raise outcome
        response, answer = outcome
        _refuse(response, answer)
        value = decode(answer, which.answer)
        as_of = _as_of(response, self._now()) if cached else asked
        return Reading(value, as_of, asked, len(answer))

    async def _exchange(self, request: httpx.Request, call: str) -> tuple[httpx.Response, bytes] | OrbError:
        """The head and the whole body of the answer, or what went wrong on the way.

        What went wrong is returned, not raised from the transport's own error: that one remembers the key.
        """
        try:
            with anyio.fail_after(self._deadline):
                response = await self._transport.handle_async_request(request)
                try:
                    return response, await body.read(response, self._limit)
                except (Malformed, TooLarge, httpx.RemoteProtocolError):
                    if response.status_code == 200:
                        raise
                    return response, b""  # a refusal says what it is by its status too
                finally:
                    with anyio.CancelScope(shield=True):
                        await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            return TimedOut(call)
        except httpx.RemoteProtocolError:
            return Malformed(call)
        except httpx.HTTPError:
            return Unreachable(call)


def _as_of(response: httpx.Response, now: datetime) -> datetime | None:
    """The moment that Orb stamped; one that is still to come, by a clock ahead of ours, is now."""
    found = stamp(response.headers.get("orb-cache-updated-at", ""))
    return min(found, now) if found else None


def _refuse(response: httpx.Response, answer: bytes) -> None:
    """Raises what a status other than 200 means."""
    status = response.status_code
    if status in (401, 403):
        raise Unauthorized(str(status))
    if status == 429:
        raise RateLimited(response.headers.get("retry-after"))
    if status == 200:
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Malformed("content type")
        return
    try:
        problem = decode(answer, wire.Problem)
    except Malformed:
        problem = wire.Problem()
    reasons = tuple(bytes(reason).decode("utf-8", "replace") for reason in problem.validation_errors)
    raise refusal(status, problem.type, reasons)
