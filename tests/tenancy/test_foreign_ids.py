"""Another customer's ids get what ids get that do not exist, byte for byte, on every route and by every way in."""

import re
from collections.abc import AsyncIterator
from itertools import product
from string import ascii_lowercase
from typing import Any

import httpx
import pytest

from tests import unhurried
from tests.tenancy.orb import Watched
from tests.tenancy.ways import CARDS, WAYS, Way
from tests.whole import Whole, whole

MINE, THEIRS = "lumen", "quill"
LEDGERS = "trollheim"  # another one's, who has credits
WAYS_IN = ("bearer", "cookie")


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return unhurried.BACKEND


@pytest.fixture(scope="module")
def orb() -> Watched:
    return Watched()


@pytest.fixture(scope="module")
async def service(orb: Watched) -> AsyncIterator[Whole]:
    async with whole(wire=orb, cors_origins=()) as found:
        async with found.client(MINE) as client:
            for word in CARDS:
                (await client.get(f"/api/cards/{word}")).raise_for_status()
        yield found


@pytest.fixture(scope="module")
async def theirs(orb: Watched) -> dict[str, str]:
    found = await orb.ids(LEDGERS) | await orb.ids(THEIRS)
    found |= {kind: each for kind, each in (await orb.ids(LEDGERS)).items() if kind not in await orb.ids(THEIRS)}
    assert {"customer", "subscription", "invoice", "price", "block", "ledger entry", "license", "license type"} <= {
        *found
    }
    return found


def unknown(known: str) -> str:
    """An id of the same form that nobody has."""
    letters = ascii_lowercase
    return known.translate(str.maketrans(letters, letters[1:] + letters[:1]))


def requests(way: Way, value: str) -> list[dict[str, Any]]:
    """The way's requests with that value in each place that could take an id, one place at a time."""
    found: list[dict[str, Any]] = []
    names = re.findall(r"{(\w+)}", way.path)
    for word in CARDS if "card" in names else ("",):
        path = way.path.replace("{card}", word)
        ids = [name for name in names if name != "card"]
        found += [{"url": path.format(**{name: value})} for name in ids]
        plain = re.sub(r"{\w+}", "none", path)
        found += [{"url": plain, "params": {name: value}} for name in way.query]
        for name in way.fields:
            days = {"timeframe_start": "2026-11-10", "timeframe_end": "2026-11-12"}
            body = {"json": {name: [value], **days}} if "api" in path else {"data": {name: value, **days}}
            found.append({"url": plain, **body})
    return found


async def answered(client: httpx.AsyncClient, way: Way, request: dict[str, Any], value: str) -> tuple[int, str, str]:
    """Status, media type and body, without the id that was asked for and the id of the request."""
    answer = await client.request(way.method, **request)
    body = re.sub(r'"request_id":"[0-9a-f]{32}"', "", answer.text).replace(value, "ID")
    return answer.status_code, answer.headers.get("content-type", ""), body


PLACED = [way for way in WAYS if requests(way, "x")]


@pytest.mark.parametrize(("way", "way_in"), list(product(PLACED, WAYS_IN)), ids=str)
async def test_an_id_of_anothers_is_as_unknown_as_one_of_nobodys(
    service: Whole, orb: Watched, theirs: dict[str, str], way: Way, way_in: str
) -> None:
    async with service.client(MINE) as client:
        if way_in == "cookie":
            token = client.headers.pop("authorization").removeprefix("Bearer ")
            client.cookies.set("orrery_session", token)
        for kind, value in theirs.items():
            nobodys = unknown(value)
            assert nobodys != value
            for foreign, other in zip(requests(way, value), requests(way, nobodys), strict=True):
                if "cursor" in kind and "cursor" in foreign.get("params", {}):
                    continue  # a place in a list, not a thing: see below
                orb.calls.clear()
                found = await answered(client, way, foreign, value)
                calls = [each.replace(value, "ID") for each in orb.calls]
                orb.calls.clear()
                assert found == await answered(client, way, other, nobodys), (kind, foreign)
                assert calls == [each.replace(nobodys, "ID") for each in orb.calls], (kind, foreign)
                assert found[0] in (200, 303, 400, 404, 429), (kind, foreign, found)


CURSORS = [way for way in WAYS if "cursor" in way.query]


@pytest.mark.parametrize("way", CURSORS, ids=str)
async def test_a_cursor_of_anothers_list_leads_to_nothing_of_theirs(
    service: Whole, orb: Watched, theirs: dict[str, str], way: Way
) -> None:
    async with service.client(MINE) as client:
        for kind in ("invoice cursor", "ledger cursor"):
            orb.calls.clear()
            answer = await client.request(way.method, way.path, params={"cursor": theirs[kind]})
            assert answer.status_code in (200, 400)
            assert not any(each in answer.text for name, each in theirs.items() if "cursor" not in name)
            assert all(MINE in each or "license" in each for each in orb.calls if "cursor" in each)


async def test_an_id_of_ones_own_is_known(service: Whole, orb: Watched) -> None:
    mine = await orb.ids(MINE)
    async with service.client(MINE) as client:
        for path in (
            f"/api/invoices/{mine['invoice']}",
            f"/api/invoices/upcoming/{mine['subscription']}",
            f"/api/dashboard?subscription_id={mine['subscription']}",
            f"/api/licenses?subscription_id={mine['subscription']}",
        ):
            assert (await client.get(path)).status_code == 200
