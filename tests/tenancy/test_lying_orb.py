"""An Orb that answers with another customer's document: whatever names its customer is dropped, and nothing of it is
shown, kept, or told to anybody."""

import re
from typing import Any

import httpx
import pytest

from tests import unhurried
from tests.tenancy.orb import Lie, Watched
from tests.tenancy.ways import CARDS, WAYS
from tests.whole import Whole, whole

MINE, THEIRS = "halcyon", "quill"
LONG = 6  # a shorter text may be anybody's
MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
QUESTIONS = {
    "the list": r"^/v1/subscriptions\?",
    "the upcoming invoice": r"^/v1/invoices/upcoming\?",
    "invoices": r"^/v1/invoices\?",
    "one invoice": r"^/v1/invoices/[A-Za-z0-9]{16}$",
    "the ledger": r"/credits/ledger\?",
    "alerts": r"^/v1/alerts\?external_customer_id",  # an alert of a plan names nobody
    "the portal": r"/portal_session",
}


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return unhurried.BACKEND


@pytest.fixture(scope="module")
async def told() -> str:
    """Everything that is shown when Orb tells the truth."""
    orb = Watched()
    async with whole(wire=orb) as service:
        return "".join((await everything(service, await orb.ids(MINE))).values())


def lying(pattern: str, mine: dict[str, str], theirs: dict[str, str]) -> Lie:
    """What is asked about mine is answered as if it had been asked about theirs."""

    def lie(request: httpx.Request) -> httpx.Request | None:
        if not re.search(pattern, request.url.raw_path.decode()):
            return None
        url = str(request.url)
        for kind in ("external", "customer", "subscription", "invoice"):
            url = url.replace(mine[kind], theirs[kind])
        return httpx.Request(request.method, url, headers=request.headers, content=request.content)

    return lie


async def everything(service: Whole, mine: dict[str, str]) -> dict[str, str]:
    """Every answer to every route, asked in the usual way."""
    found = {}
    async with service.client(
        MINE, scope=" ".join((*CARDS, "invoices", "explore", "refresh", "export", "portal"))
    ) as c:
        for way in WAYS:
            for word in CARDS if "{card}" in way.path else ("",):
                path = way.path.format(card=word, invoice=mine["invoice"], subscription=mine["subscription"])
                days = {"timeframe_start": "2026-11-10", "timeframe_end": "2026-11-12"}
                body: dict[str, Any] = {"data": {"price_id": mine["price"], **days}} if path == "/explore" else {}
                if path == "/api/explore":
                    body = {"json": {"price_ids": [mine["price"]], **days}}
                answer = await c.request(way.method, path, **body if way.method == "POST" else {})
                assert answer.status_code < 500 or answer.status_code == 503, (str(way), answer.text)
                found[f"{way.method} {path}"] = answer.text + str(answer.headers.get("location"))
    return found


@pytest.mark.parametrize("question", QUESTIONS)
async def test_nothing_of_the_other_customers_is_shown(question: str, told: str) -> None:
    orb = Watched()
    whose = "trollheim" if question == "the ledger" else THEIRS
    mine, theirs = await orb.ids(MINE), await orb.ids(whose)
    orb.lie = lying(QUESTIONS[question], mine, theirs)
    async with whole(wire=orb) as service:
        found = await everything(service, mine)

    foreign = {each for each in orb.said if len(each) >= LONG and not MOMENT.match(each) and each not in told}
    assert orb.lies > 0
    assert theirs["customer"] in foreign
    for route, text in found.items():
        assert {each for each in foreign if each in text} == set(), route


async def test_the_lie_would_be_seen() -> None:
    """The same search finds what it searches for in the other customer's own answers."""
    orb = Watched()
    theirs = await orb.ids(THEIRS)
    async with whole(wire=orb) as service, service.client(THEIRS) as client:
        text = (await client.get("/api/dashboard")).text
    assert theirs["subscription"] in text
    assert "Quill" in text
