"""No subscription's figures reach another's, and a viewer of some of them can neither see nor compute the rest.

Tried by changing what Orb says of the others: whatever is shown of one must not move by a digit.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from app.sandbox.server import create_sandbox
from tests.whole import NOON, Whole, whole

SEVERAL = ("halcyon", "springboard", "mote", "gulf")
AMOUNT = re.compile(r"-?\d+(\.\d+)?")
LATE = ("usage", "licenses", "alerts")


class Altered(httpx.AsyncBaseTransport):
    """The sandbox's answers; those to requests that `concerns` picks come with other figures and other names."""

    def __init__(self, now: datetime, concerns: Callable[[httpx.Request], bool]) -> None:
        self._sandbox = httpx.ASGITransport(create_sandbox(now=lambda: now, latency=0, rate_plan="off"))
        self._concerns = concerns
        self.altered = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._sandbox.handle_async_request(request)
        if not self._concerns(request):
            return response
        body = await response.aread()
        self.altered += 1
        return httpx.Response(response.status_code, json=other(json.loads(body)), headers=_headers(response))


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith(("orb-", "content-type"))}


def other(value: Any, key: str = "") -> Any:
    """The same document with every amount, count and name changed."""
    if isinstance(value, dict):
        return {name: other(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [other(each, key) for each in value]
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        return f"{value}7" if "." in value else f"{value}7.5"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + 1000
    return f"{value} changed" if key == "name" and isinstance(value, str) else value


@pytest.fixture(autouse=True)
def _no_page_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a card may be."""
    monkeypatch.setattr("app.web.pages._SOON", 30)


async def seen(service: Whole, customer: str, paths: tuple[str, ...], **token: Any) -> dict[str, Any]:
    """What that viewer gets at each of the paths."""
    async with service.client(customer, **token) as client:
        return {path: _plain(await client.get(path, headers=_accepting(path))) for path in paths}


def _accepting(path: str) -> dict[str, str]:
    """The stream that a path asks for after its `#`, which is never sent."""
    _, _, accept = path.partition("#")
    return {"Accept": accept} if accept else {}


def _plain(response: httpx.Response) -> Any:
    if "json" in response.headers["content-type"] and "ndjson" not in response.headers["content-type"]:
        found = response.json()
        if isinstance(found, dict):
            found.pop("request_id", None)
        return found
    return response.text


async def subscriptions(service: Whole, customer: str) -> list[str]:
    found = await seen(service, customer, ("/api/dashboard?cards=bill",))
    return [
        each["subscription_id"] for each in found["/api/dashboard?cards=bill"]["cards"]["bill"]["data"]["subscriptions"]
    ]


def without(value: Any, subscription: str) -> Any:
    """The document less every part that is of that subscription."""
    if isinstance(value, dict):
        return {name: without(each, subscription) for name, each in value.items()}
    if isinstance(value, list):
        return [without(each, subscription) for each in value if not _is_of(each, subscription)]
    return value


def _is_of(value: Any, subscription: str) -> bool:
    if not isinstance(value, dict):
        return False
    members = [each["subscription_id"] for each in value.get("subscriptions", [])]
    return value.get("subscription_id") == subscription or members == [subscription]


@pytest.mark.parametrize("customer", SEVERAL)
async def test_a_subscriptions_figures_are_in_its_own_parts_alone(customer: str) -> None:
    paths = ("/api/dashboard", *(f"/api/cards/{word}" for word in LATE))
    async with whole() as service:
        *_, last = await subscriptions(service, customer)
        before = await seen(service, customer, paths)
    wire = Altered(NOON, lambda request: last in str(request.url))
    async with whole(wire=wire) as service:
        after = await seen(service, customer, paths)

    assert wire.altered > 1
    assert before != after
    assert without(after, last) == without(before, last)


def hidden(shown: str) -> Callable[[httpx.Request], bool]:
    """Requests whose answers hold what a viewer of `shown` alone must not learn: all but those of that one."""
    return lambda request: shown not in str(request.url) and not request.url.path.endswith("/subscriptions")


class OthersAltered(Altered):
    """Beside that, the list of subscriptions tells other things of all but the one."""

    def __init__(self, now: datetime, shown: str) -> None:
        super().__init__(now, hidden(shown))
        self._shown = shown

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if not request.url.path.endswith("/subscriptions"):
            return response
        page = json.loads(await response.aread())
        page["data"] = [each if each["id"] == self._shown else _another(each) for each in page["data"]]
        return httpx.Response(200, json=page, headers=_headers(response))


def _another(subscription: Any) -> Any:
    """Another subscription of the same customer's: other figures, names and days."""
    return {**other(subscription), "customer": subscription["customer"], "current_billing_period_start_date": None}


SEEN_BY_A_PART_VIEWER = (
    "/", "/api/dashboard", "/api/dashboard?view_mode=cumulative", *(f"/cards/{word}" for word in (*LATE, "spend")),
    *(f"/api/cards/{word}" for word in ("bill", "credits", "spend", "breakdown", *LATE)),
    *(f"/api/export/{word}.csv" for word in ("bill", "credits", "spend", "breakdown", *LATE, "focus")),
    "/api/dashboard#application/x-ndjson", "/api/dashboard#text/event-stream", "/explore",
    "/cards/spend?compare=previous_period", "/cards/spend?view_mode=cumulative&compare=previous_period",
    "/credits/ledger", "/api/credits/ledger?currency=credits", "/api/credits/blocks?currency=credits",
    "/invoices", "/api/invoices", "/licenses", "/api/licenses",
    *(f"{path}/{each}" for path in ("/invoices/upcoming", "/api/invoices/upcoming") for each in ("{shown}", "{other}")),
)  # fmt: skip


@pytest.mark.parametrize("customer", SEVERAL)
async def test_a_viewer_of_one_subscription_cannot_see_or_compute_anything_of_the_others(customer: str) -> None:
    async with whole() as service:
        shown, *_, another = await subscriptions(service, customer)
        paths = tuple(path.replace("{shown}", shown).replace("{other}", another) for path in SEEN_BY_A_PART_VIEWER)
        before = await seen(service, customer, paths, subscriptions=[shown])
    wire = OthersAltered(NOON, shown)
    async with whole(wire=wire) as service:
        after = await seen(service, customer, paths, subscriptions=[shown])

    assert after == before
    assert after[f"/api/invoices/upcoming/{another}"]["status"] == 404
    assert another not in json.dumps({path: each for path, each in after.items() if another not in path})
    assert wire.altered == 0  # nothing of the others was asked for
