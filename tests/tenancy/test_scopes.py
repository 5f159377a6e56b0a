"""A section out of the token's scope is not there: no figure of it, no address of it, and no call for it."""

import re
from typing import Any

import pytest

from tests import unhurried
from tests.tenancy.orb import Watched
from tests.tenancy.ways import CARDS, WAYS, Way
from tests.whole import whole

CUSTOMER = "quill"
ALL = (*CARDS, "invoices", "explore", "refresh", "export", "portal")
# The calls that belong to one section alone.
CALLS = {
    "bill": r"/invoices/upcoming\?",
    "credits": r"/credits",
    "spend": r"/costs\?",
    "breakdown": r"/grouped_costs",
    "usage": r"/subscriptions/[^/]+/usage",
    "licenses": r"/license",
    "alerts": r"/alerts\?",
    "invoices": r"/v1/invoices(\?|/[A-Za-z0-9]{16})",
    "explore": r"/evaluate",
    "portal": r"/portal_sessions",
}


@pytest.fixture
def anyio_backend() -> Any:
    return unhurried.BACKEND


def request(way: Way, word: str, ids: dict[str, str]) -> dict[str, Any]:
    path = way.path.format(card=word, invoice=ids["invoice"], subscription=ids["subscription"])
    days = {"timeframe_start": "2026-11-10", "timeframe_end": "2026-11-12"}
    body: dict[str, Any] = {}
    if way.method == "POST" and path.endswith("/explore"):
        asked = {"price_ids": [ids["price"]], **days}
        body = {"json": asked} if "api" in path else {"data": {"price_id": ids["price"], **days}}
    return {"method": way.method, "url": path, **body}


@pytest.mark.parametrize("missing", ALL)
async def test_without_its_word_a_section_is_nowhere_and_costs_no_call(missing: str) -> None:
    orb = Watched()
    ids = await orb.ids(CUSTOMER)
    others = [word for word in ALL if word != missing]
    async with whole(wire=orb) as service, service.client(CUSTOMER, scope=" ".join(others)) as client:
        for way in WAYS:
            for word in CARDS if "{card}" in way.path else ("",):
                answer = await client.request(**request(way, word, ids))
                needed = {way.scope, word} if way.scope == "export" else {(way.scope or "").format(card=word)}
                refused = missing in needed or (missing == "spend" and way.path.endswith("focus.csv"))
                assert (answer.status_code in (403, 404)) == refused, (str(way), word, answer.status_code)
                if answer.headers.get("content-type", "").startswith("text/html") and not refused:
                    assert f'id="{missing}"' not in answer.text
                    assert not re.search(f'href="/{missing}["?]', answer.text)
                if way.path in ("/api/dashboard", "/api/dashboard/refresh") and not refused:
                    assert set(answer.json()["cards"]) == {*CARDS} - {missing}
    if missing in CALLS:
        assert [each for each in orb.calls if re.search(CALLS[missing], each)] == []


@pytest.mark.parametrize("word", CALLS)
async def test_with_its_word_alone_a_section_is_there_and_asks_for_itself(word: str) -> None:
    orb = Watched()
    ids = await orb.ids(CUSTOMER)
    async with whole(wire=orb) as service, service.client(CUSTOMER, scope=word) as client:
        for way in WAYS:
            if way.scope == word or (way.scope == "{card}" and word in CARDS):
                answer = await client.request(**request(way, word, ids))
                assert answer.status_code in (200, 303), (str(way), answer.text)
        found = (await client.get("/api/dashboard")).json()["cards"]

    assert set(found) == ({word} & {*CARDS})
    assert [each for each in orb.calls if re.search(CALLS[word], each)]


async def test_portal_is_never_implied() -> None:
    async with whole() as service, service.client(CUSTOMER) as client:
        assert (await client.post("/portal")).status_code == 403
