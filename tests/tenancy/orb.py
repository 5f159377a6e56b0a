"""Orb behind the service as these tests want it: each call seen, each id of a customer's known, lies on demand."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import httpx

from app.sandbox.server import create_sandbox
from tests.whole import NOON

Lie = Callable[[httpx.Request], httpx.Request | None]


@cache
def _sandbox(now: datetime) -> httpx.ASGITransport:
    """One for all tests: nobody changes what it says."""
    return httpx.ASGITransport(create_sandbox(now=lambda: now, latency=0, rate_plan="off"))


class Watched(httpx.AsyncBaseTransport):
    """The sandbox; `calls` are what was asked of it. `lie` makes another request of one, whose answer comes instead."""

    def __init__(self, now: datetime = NOON) -> None:
        self._sandbox = _sandbox(now)
        self.calls: list[str] = []
        self.lie: Lie = lambda _: None
        self.lies = 0
        self.said: set[str] = set()  # every text in the lies

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.raw_path.decode()} {(await request.aread()).decode()}")
        other = self.lie(request)
        response = await self._sandbox.handle_async_request(other or request)
        if other is None:
            return response
        body = await response.aread()
        self.lies += 1
        self.said |= set(strings(json.loads(body)))
        headers = {name: value for name, value in response.headers.items() if name.startswith(("orb-", "content-type"))}
        return httpx.Response(response.status_code, content=body, headers=headers)

    async def ids(self, customer: str) -> dict[str, str]:
        """One id of every kind that belongs to that customer, and a cursor of each of their lists."""
        async with httpx.AsyncClient(
            transport=self._sandbox, base_url="http://orb.test/v1", headers={"Authorization": "Bearer any"}
        ) as orb:

            async def got(path: str) -> Any:
                return (await orb.get(path)).raise_for_status().json()

            named = f"external_customer_id={customer}"
            subscriptions = (await got(f"/subscriptions?{named}"))["data"]
            invoices = await got(f"/invoices?{named}&limit=1")
            own = f"/customers/external_customer_id/{customer}"
            found = {
                "customer": subscriptions[0]["customer"]["id"],
                "external": customer,
                "subscription": subscriptions[0]["id"],
                "invoice": invoices["data"][0]["id"],
                "price": subscriptions[0]["price_intervals"][0]["price"]["id"],
                "invoice cursor": invoices["pagination_metadata"]["next_cursor"],
            }
            blocks = (await got(f"{own}/credits?currency=credits"))["data"]
            ledger = await got(f"{own}/credits/ledger?currency=credits&limit=1")
            licenses = (await got(f"/licenses?subscription_id={subscriptions[0]['id']}"))["data"]
        found |= {"block": blocks[0]["id"]} if blocks else {}
        found |= {"ledger entry": ledger["data"][0]["id"]} if ledger["data"] else {}
        found |= {"ledger cursor": ledger["pagination_metadata"]["next_cursor"]} if ledger["data"] else {}
        found |= {"license": licenses[0]["id"], "license type": licenses[0]["license_type_id"]} if licenses else {}
        return {kind: each for kind, each in found.items() if each}


def strings(document: Any) -> Iterator[str]:
    """Every text in a document, at any depth."""
    if isinstance(document, str):
        yield document
    for each in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from strings(each)
