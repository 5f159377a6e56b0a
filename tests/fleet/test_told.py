"""A webhook comes to one process, and pages of all hear of it."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest

from app.cache.freshness import Freshness
from app.fleet.once import Once
from tests.conftest import Clock
from tests.figures import read
from tests.fleet.crowd import crowd, token
from tests.fleet.processes import KEY, processes, until
from tests.fleet.real_redis import RealRedis, real_redis
from tests.orb.webhooks import SECRET, event, signed

WHOSE = {"id": "CuOne", "external_customer_id": "one"}


def send(url: str, identity: str) -> httpx.Response:
    body = event("customer.credit_ledger_incremented", identity, customer=WHOSE)
    return httpx.post(f"{url}/webhooks/orb", content=body, headers=signed(body, datetime.now(UTC)), trust_env=False)


class Page:
    """An open page of a customer's, at one of the copies."""

    def __init__(self, url: str, customer: str) -> None:
        self.heard: list[list[str]] = []
        self.open = anyio.Event()
        self._url = url
        self._customer = customer

    async def listen(self) -> None:
        headers = {"Authorization": f"Bearer {token(self._customer)}"}
        async with (
            httpx.AsyncClient(trust_env=False, timeout=None) as client,  # noqa: S113  it ends with the test
            client.stream("GET", f"{self._url}/api/changes", headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                self.open.set()
                if line.startswith("data: "):
                    self.heard.append(json.loads(line[6:])["cards"])


async def test_pages_of_all_processes_hear_of_an_event_that_comes_to_one() -> None:
    with real_redis() as server, crowd(2, ORRERY_REDIS_URL=server.url, ORB_WEBHOOK_SECRET=SECRET) as found:
        pages = [Page(url, customer) for customer in ("one", "two") for url in found.urls]
        async with anyio.create_task_group() as tasks:
            for page in pages:
                tasks.start_soon(page.listen)
            for page in pages:
                await page.open.wait()
            for url in (found.urls[0], found.urls[1], found.urls[1]):
                assert (await asyncio.to_thread(send, url, "evt_1")).status_code == 200
            await until(lambda: all(page.heard for page in pages[:2]))
            await anyio.sleep(0.5)
            tasks.cancel_scope.cancel()
        assert [page.heard for page in pages] == [[["bill", "credits"]]] * 2 + [[]] * 2
        assert found.arrivals() == {}
        assert [sum(outcome(url, name) for url in found.urls) for name in ("accepted", "duplicate")] == [1, 2]


def outcome(url: str, name: str) -> float:
    """How many events had that outcome at one of the copies."""
    return read(httpx.get(f"{url}/metrics", trust_env=False).text).of("orrery_webhooks_total", outcome=name)


@pytest.mark.parametrize("again", [0.1, 1.5])
async def test_a_page_of_another_process_is_told_when_redis_is_back(
    own_server: RealRedis, clock: Clock, monkeypatch: pytest.MonkeyPatch, again: float
) -> None:
    monkeypatch.setattr("app.fleet.news._AGAIN", again)  # it listens again before this process is back, or after it
    heard: list[Any] = []
    async with processes(own_server, clock) as (one, other):
        other.cache._floors.tells(lambda *told: heard.append(told[:2]))
        own_server.stop()
        await until(lambda: not (one.fleet.link.up or other.fleet._news.listening))
        await one.cache.change(KEY[:2], ("upcoming_invoice",))
        assert heard == []
        own_server.start()
        await until(lambda: other.cache.is_changed(KEY, Freshness(clock(), 300)))
    assert heard == [(KEY[:2], "upcoming_invoice")]


async def test_a_floor_is_told_once_however_often_it_is_heard_of(server: RealRedis, clock: Clock) -> None:
    heard: list[Any] = []
    async with processes(server, clock) as (one, other):
        for each in (one, other):
            each.cache._floors.tells(lambda *told: heard.append(told[:2]))
        await one.cache.change(KEY[:2], ("upcoming_invoice",))
        await until(lambda: len(heard) == 2)
        for each in (one, other):
            claim = await each.fleet.answers.claim(KEY, None, live=False)
            if claim.lease is not None:
                await claim.lease.land(None)
        await anyio.sleep(0.1)
    assert heard == [(KEY[:2], "upcoming_invoice")] * 2


async def test_an_event_of_another_account_is_not_taken_for_ours(server: RealRedis, clock: Clock) -> None:
    async with processes(server, clock, 1) as (one,):
        await Once(clock, one.fleet.link, "another").remember("evt_1")
        assert not await one.fleet.once.knows("evt_1")
        await one.fleet.once.remember("evt_1")
        assert await one.fleet.once.knows("evt_1")


@pytest.mark.parametrize("event", ["evt_ü", "a b", "x" * 256, "\r\nFLUSHALL\r\n"])
async def test_an_event_may_be_called_anything(server: RealRedis, clock: Clock, event: str) -> None:
    async with processes(server, clock) as (one, other):
        assert not await one.fleet.once.knows(event)
        await one.fleet.once.remember(event)
        assert await other.fleet.once.knows(event)
