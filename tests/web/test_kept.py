"""Answers as they left: for who asks the same again they are the very bytes that would be made anew."""

import gc
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.reading import Reading
from tests.thorough import times
from tests.whole import NOON, Whole, at_hand, whole

pytestmark = pytest.mark.anyio

PATHS = ("/api/dashboard", "/")
# From when a refresh asks anew: once that is past, any moment of the same minute says so.
ALLOWED = re.compile(r'"refresh":{"allowed_at":"[^"]*"}')


class Clock:
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def moves(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _no_page_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.pages._SOON", 30)


@pytest.fixture
async def service(clock: Clock) -> AsyncIterator[Whole]:
    async with whole(now=clock) as found:
        yield found


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever is loaded from now on is told here."""
    loaded: list[str] = []
    for module in ("app.web.api", "app.web.pages"):
        monkeypatch.setattr(f"{module}.loading", _told(loaded, module))
    return loaded


def _told(loaded: list[str], module: str) -> Any:
    from app.dashboard import loading  # noqa: PLC0415  before it is replaced

    def told(*asked: Any) -> Any:
        loaded.append(module)
        return loading(*asked)

    return told


async def get(
    service: Whole, path: str, customer: str = "northwind", headers: Any = None, **claims: Any
) -> httpx.Response:
    async with service.client(customer, **claims) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer


@pytest.mark.parametrize("path", PATHS)
async def test_who_asks_the_same_again_has_the_same_without_any_work(
    service: Whole, clock: Clock, idle: list[str], path: str
) -> None:
    await get(service, path)  # of the first, a part came too late for another part
    first = await get(service, path)
    idle.clear()
    clock.moves(5)
    again, bare = await get(service, path), await get(service, path, headers={"Accept-Encoding": "identity"})

    assert idle == []
    assert again.content == bare.content == first.content
    assert again.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in bare.headers
    for name in ("etag", "content-type", "cache-control", "content-security-policy", "vary"):
        assert again.headers.get(name) == bare.headers.get(name) == first.headers.get(name)
    assert "bill;dur=0.0" in again.headers["server-timing"]
    if path != "/":
        assert again.headers["cache-status"].startswith("Orrery; hit; ttl=")


async def test_who_has_it_is_told_so_without_any_work(service: Whole, idle: list[str]) -> None:
    await get(service, "/api/dashboard")
    tag = (await get(service, "/api/dashboard")).headers["etag"]
    idle.clear()
    async with service.client("northwind") as client:
        answer = await client.get("/api/dashboard", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content, idle) == (304, b"", [])


ANOTHER: dict[str, dict[str, Any]] = {
    "another customer": {"customer": "halcyon"},
    "another query": {"query": "?view_mode=cumulative"},
    "another order of cards": {"query": "?cards=bill"},
    "another language of the browser": {"headers": {"Accept-Language": "de"}},
    "another language": {"locale": "ja"},
    "fewer sections": {"scope": "bill spend"},
    "no subscription": {"subscriptions": ["another"]},
    "another look": {"theme": "dark"},
    "all in a token": {"scope": "bill credits spend breakdown usage licenses alerts invoices explore export portal"},
}


async def test_whoever_asks_anything_else_has_what_they_would_have_had(
    service: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.kept._ROOM", 0)
    async with whole() as plain:
        for another in ({}, *ANOTHER.values(), {}, *ANOTHER.values()):
            asked = {name: value for name, value in another.items() if name != "query"}
            for path in PATHS:
                found, expected = [
                    await get(each, path + another.get("query", ""), **asked) for each in (service, plain)
                ]
                assert found.content == expected.content
                assert found.headers.get("etag") == expected.headers.get("etag")
        assert service.app.state.desk.kept.bytes > plain.app.state.desk.kept.bytes == 0


async def test_an_answer_outlives_neither_its_minute_nor_its_words(
    service: Whole, clock: Clock, idle: list[str]
) -> None:
    await get(service, "/api/dashboard")
    as_of = datetime.fromisoformat((await get(service, "/api/dashboard")).json()["as_of"])
    assert as_of < NOON < as_of + timedelta(minutes=2)
    for age in (2, 3):
        flips = as_of + timedelta(minutes=age)
        for boundary in (flips, flips.replace(second=0, microsecond=0) + timedelta(minutes=1)):
            clock.at = boundary - timedelta(seconds=1)
            await get(service, "/api/dashboard")
            idle.clear()
            await get(service, "/api/dashboard")
            assert idle == []
            clock.moves(1)
            words = (await get(service, "/api/dashboard")).json()["updated"]
            assert (len(idle), words) == (1, f"Updated {age} minutes ago")


async def test_a_token_that_has_ended_ends_what_is_kept_for_it(service: Whole, clock: Clock) -> None:
    clock.at = NOON.replace(second=0)
    async with service.client("northwind", ttl=1) as client:
        assert (await client.get("/api/dashboard")).status_code == 200
        clock.moves(32)
        assert (await client.get("/api/dashboard")).status_code == 401


async def test_an_answer_in_which_something_failed_is_made_anew(service: Whole, clock: Clock, idle: list[str]) -> None:
    clock.at = NOON.replace(second=0)
    fault = {"route": "upcoming_invoice", "kind": "status", "status": 500, "times": -1}
    async with httpx.AsyncClient(transport=service.sandbox, base_url="http://127.0.0.1") as panel:
        (await panel.post("/_sandbox/faults", json=fault)).raise_for_status()
        failed = await get(service, "/api/dashboard")
        await panel.delete("/_sandbox/faults")
    clock.moves(10)
    found = await get(service, "/api/dashboard")

    assert [each.json()["cards"]["bill"]["status"] for each in (failed, found)] == ["failed", "ready"]
    assert len(idle) == 2


@pytest.mark.parametrize("seed", range(times(6, 1)))
async def test_whatever_happens_the_answers_are_those_of_a_service_that_keeps_none(
    monkeypatch: pytest.MonkeyPatch, seed: int, idle: list[str]
) -> None:
    dice, clock = random.Random(seed), Clock(datetime(2026, 11, 30, 4, 40, 7, 250000, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        keeping = await stack.enter_async_context(whole(now=clock))
        monkeypatch.setattr("app.web.kept._ROOM", 0)
        plain = await stack.enter_async_context(whole(now=clock))
        loads = 0
        clients = Clients(stack, keeping, plain)
        for _ in range(60):
            customer, claims = dice.choice(
                [("northwind", {}), ("lumen", {}), ("lumen", {"scope": "bill credits alerts"})]
            )
            match dice.randrange(18):
                case 0:
                    clock.moves(dice.choice([7, 61, 299, 301, 1200]))
                case 1:
                    loads += 2
                    await clients.ask("POST", "/api/dashboard/refresh", customer)
                case 2:
                    for each in (keeping, plain):
                        await each.app.state.desk.cache.change(("external_customer_id", customer))
                case 3:
                    word = dice.choice(["usage", "alerts", "bill"])
                    await clients.ask("GET", f"/api/cards/{word}", customer)
                case _:
                    clock.moves(dice.choice([0, 0, 3, 11]))
                    loads += 2
                    await clients.ask("GET", dice.choice(PATHS), customer, **claims)

    assert len(idle) < loads


class Clients:
    """Each asks the two services the same, with one token for as long as it may last."""

    def __init__(self, stack: AsyncExitStack, *services: Whole) -> None:
        self._stack = stack
        self._services = services
        self._open: dict[str, list[httpx.AsyncClient]] = {}

    async def ask(self, method: str, path: str, customer: str, **claims: Any) -> None:
        name = f"{customer} {claims}"
        if name not in self._open:
            opened = [each.client(customer, ttl=3600, **claims) for each in self._services]
            self._open[name] = [await self._stack.enter_async_context(each) for each in opened]
        here, there = self._open[name]
        await both(here, there, method, path)


async def both(here: httpx.AsyncClient, there: httpx.AsyncClient, method: str, path: str) -> None:
    found, expected = await here.request(method, path), await there.request(method, path)
    assert found.status_code == expected.status_code
    assert ALLOWED.sub("", found.text) == ALLOWED.sub("", expected.text)
    assert found.headers.get("etag") == expected.headers.get("etag")


async def test_what_is_kept_is_bounded_and_holds_no_answer_of_orbs(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("app.web.kept._ROOM", 150_000)
    async with whole(now=clock) as service:
        for customer in ("northwind", "halcyon", "lumen", "quill"):
            await get(service, "/api/dashboard", customer)
            await get(service, "/", customer)
        desk = service.app.state.desk
        assert 0 < desk.kept.bytes <= 150_000
        before = readings()
        for customer in ("northwind", "halcyon", "lumen", "quill"):
            for key in [key for key in at_hand(service.app) if customer in key]:
                desk.cache._store.drop(key)
        assert readings() < before / 4


def readings() -> int:
    gc.collect()
    return sum(isinstance(each, Reading) for each in gc.get_objects())
