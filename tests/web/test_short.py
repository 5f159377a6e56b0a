"""The short way: the very same answer without a handler, while it is the one that the handlers would give."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.orb.path import CustomerRef
from app.web.revoked import NotBefore
from tests.web.test_kept import PATHS, Clock
from tests.whole import NOON, Whole, whole

pytestmark = pytest.mark.anyio

# What differs from one answer to the next though nothing else does.
OF_ONE = ("x-request-id", "server-timing")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON.replace(second=0))


@pytest.fixture(autouse=True)
def _no_page_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.pages._SOON", 30)


@pytest.fixture
async def service(clock: Clock) -> AsyncIterator[Whole]:
    async with whole(now=clock) as found:
        yield found


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests that came to a handler."""
    seen: list[str] = []
    from app.web.session import who  # noqa: PLC0415  before it is replaced

    def watched(request: Any) -> Any:
        seen.append(request.url.path)
        return who(request)

    for module in ("app.web.api", "app.web.pages"):
        monkeypatch.setattr(f"{module}.who", watched)
    return seen


@asynccontextmanager
async def known(
    service: Whole, handled: list[str], path: str = "/api/dashboard", **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has asked until its answer takes the short way."""
    async with service.client("northwind") as client:
        client.headers.update(headers)
        for _ in range(4):  # of the first a part came too late, the second is kept, the third was kept
            handled.clear()
            await client.get(path)
        assert handled == []
        yield client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers", [{}, {"Accept-Encoding": "identity"}, {"Accept-Language": "de"}, {"Origin": "https://host.example"}]
)
async def test_the_answer_is_in_all_it_says_the_one_of_the_long_way(
    service: Whole, handled: list[str], monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str]
) -> None:
    async with known(service, handled, path, **headers) as client:
        short = await client.get(path)
        assert handled == []
        monkeypatch.setattr("app.web.short.Sent.again", lambda *_: None)
        long = await client.get(path)
        assert len(handled) == 1
    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert said(short) == said(long)
    assert short.headers["x-request-id"] != long.headers["x-request-id"]
    assert cards(short) == cards(long)


def said(answer: httpx.Response) -> list[tuple[str, str]]:
    return sorted(pair for pair in answer.headers.multi_items() if pair[0] not in OF_ONE)


def cards(answer: httpx.Response) -> list[str]:
    return [part for part in answer.headers["server-timing"].split(", ") if not part.startswith(("total", "head"))]


async def test_who_has_it_is_told_so_on_the_short_way_too(service: Whole, handled: list[str]) -> None:
    async with known(service, handled) as client:
        tag = (await client.get("/api/dashboard")).headers["etag"]
        client.headers["If-None-Match"] = tag
        answers = [await client.get("/api/dashboard") for _ in range(3)]
        assert [(each.status_code, each.content, each.headers["etag"]) for each in answers] == [(304, b"", tag)] * 3
        assert len(handled) == 1


async def test_what_proxies_write_anew_each_time_changes_nothing(service: Whole, handled: list[str]) -> None:
    async with known(service, handled) as client:
        for name in ("traceparent", "X-Request-Id", "X-Forwarded-For"):
            await client.get("/api/dashboard", headers={name: "another"})
    assert handled == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html"},
        {"Accept-Language": "ja"},
        {"Accept-Encoding": "identity"},
        {"Authorization": "Bearer x.y.z"},
        {"Cookie": "orrery_session=x"},
        {"If-None-Match": "*"},
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Orrery-Frame": "1"},
        {"Anything-Else": "1"},
    ],
    ids=str,
)
async def test_whoever_says_anything_else_is_heard(service: Whole, handled: list[str], headers: dict[str, str]) -> None:
    async with known(service, handled) as client:
        await client.get("/api/dashboard", headers=headers)
    assert len(handled) == 1


async def test_another_address_or_method_is_another_question(service: Whole, handled: list[str]) -> None:
    async with known(service, handled) as client:
        for path in ("/api/dashboard?cards=bill", "/api/dashboard?", "/api/dashboard%20", "/"):
            await client.get(path)
        assert (await client.head("/api/dashboard")).status_code == 200
        assert (await client.get("http://elsewhere.test/api/dashboard")).status_code == 421
    assert len(handled) == 3  # what is no address has no handler


async def test_a_session_in_a_frame_is_told_each_time_how_long_it_lasts(service: Whole, clock: Clock) -> None:
    async with service.client("northwind", ttl=900) as client:
        client.headers["Orrery-Frame"] = "1"
        for left in (900, 899, 898, 897, 896):
            assert (await client.get("/")).headers["orrery-seconds-left"] == str(left)
            clock.moves(1)


async def test_a_token_that_has_ended_or_was_taken_back_ends_the_short_way(
    clock: Clock, handled: list[str], tmp_path: Path
) -> None:
    (tmp_path / "revoked.toml").touch()
    async with (
        whole(now=clock, revoked=str(tmp_path / "revoked.toml")) as service,
        known(service, handled) as client,
    ):
        for later, status in ((0, 200), (1, 401), (0, 200)):
            issued_before = NotBefore(
                {CustomerRef("external_customer_id", "northwind"): int(clock.at.timestamp()) + later}
            )
            service.app.state.desk.tokens.revocations.says = issued_before
            assert (await client.get("/api/dashboard")).status_code == status
        clock.moves(931)
        assert (await client.get("/api/dashboard")).status_code == 401


async def test_what_orb_says_has_changed_is_asked_for(service: Whole, handled: list[str], clock: Clock) -> None:
    async with known(service, handled) as client:
        clock.moves(1)
        await service.app.state.desk.cache.change(("external_customer_id", "halcyon"))
        assert (await client.get("/api/dashboard")).headers["cache-status"].startswith("Orrery; hit")
        await service.app.state.desk.cache.change(("external_customer_id", "northwind"))
        assert "fwd=stale" in (await client.get("/api/dashboard")).headers["cache-status"]


async def test_its_age_and_its_counts_go_on(service: Whole, handled: list[str], clock: Clock) -> None:
    async with known(service, handled) as client:
        first = await client.get("/api/dashboard")
        clock.moves(5)
        later = await client.get("/api/dashboard")
        assert handled == []
        assert [left(each) for each in (first, later)] == [left(first), left(first) - 5]
        before = await served(client)
        await client.get("/api/dashboard")
        assert await served(client) == before + 1
        assert handled == []


def left(answer: httpx.Response) -> int:
    return int(answer.headers["cache-status"].rpartition("ttl=")[2])


async def served(client: httpx.AsyncClient) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith('orrery_cards_total{card="bill"'))


async def test_of_what_is_not_kept_any_more_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, handled: list[str]
) -> None:
    monkeypatch.setattr("app.web.kept._ROOM", 150_000)
    async with whole(now=clock) as service, known(service, handled) as client:
        for customer in ("halcyon", "lumen", "quill"):
            async with service.client(customer) as another:
                await another.get("/")
                await another.get("/")
        await client.get("/api/dashboard")
        assert len(handled) == 7
