"""`ETag` and 304: who has a document already is told so, nobody learns from a tag what another customer sees."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import Settings
from app.web.reader import reader
from app.web.render import locale_of
from app.web.validated import Validators
from app.web.viewer import Viewer
from tests.conftest import Clock, Serve
from tests.orb.answers import answer, borealis
from tests.orb.bills import issued, listed, stored

PATHS = ["/api/dashboard", "/api/cards/bill", "/api/invoices", "/api/invoices/A", "/api/credits/ledger"]


def everything(router: respx.MockRouter) -> None:
    borealis(router)
    listed(router, issued("A"))
    stored(router, issued("A"))


def known(response: httpx.Response) -> dict[str, str]:
    return {"If-None-Match": response.headers["etag"]}


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_a_document_is_told_so_without_its_body(
    serve: Serve, orb_router: respx.MockRouter, path: str
) -> None:
    everything(orb_router)
    async with serve() as client:
        first = await client.get(path)
        again = await client.get(path, headers=known(first))
        head = await client.head(path)

    assert re.fullmatch(r'W/"[0-9a-f]{32}"', first.headers["etag"])
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == head.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "private, no-store"
    assert again.headers["vary"] == first.headers["vary"]
    assert not {"content-type", "content-length"} & set(again.headers)


async def test_time_alone_changes_no_tag_and_the_age_in_words_is_all_that_it_changes(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    stamped = answer("invoices_upcoming", Orb_Cache_Updated_At="2026-05-20T14:58:30+00:00")
    borealis(orb_router, upcoming_invoice=stamped)
    async with serve() as client:
        before = await client.get("/api/dashboard")
        clock.pass_seconds(120)
        after = await client.get("/api/dashboard")

    changed = {name for name in before.json() if before.json()[name] != after.json()[name]}
    assert changed == {"updated", "refresh"}
    assert before.headers["etag"] == after.headers["etag"]


async def test_a_document_changes_once_when_a_refresh_is_allowed(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    tags = []
    async with serve() as client:
        for seconds in (0, 5, 20, 30):
            clock.pass_seconds(seconds)
            tags.append((await client.get("/api/dashboard")).headers["etag"])

    waiting, still_waiting, allowed, still_allowed = tags
    assert waiting == still_waiting != allowed == still_allowed


async def test_another_figure_is_another_tag(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        before = await client.get("/api/cards/bill")
        routes["upcoming_invoice"].mock(return_value=answer("error_404_resource", 404))
        clock.pass_seconds(600)
        after = await client.get("/api/cards/bill", headers=known(before))

    assert (after.status_code, after.json()["status"]) == (200, "empty")
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("*", 304),
        ("{tag}", 304),
        ('"x", {tag}', 304),
        ('W/"x" , {tag},W/"y"', 304),
        ("{strong}", 304),
        ("{bare}", 200),
        ('"x"', 200),
        ("", 200),
        ("W/", 200),
        ('"' * 99, 200),
    ],
)
async def test_any_of_the_tags_that_are_named_will_do(
    serve: Serve, orb_router: respx.MockRouter, asked: str, status: int
) -> None:
    borealis(orb_router)
    async with serve() as client:
        tag = (await client.get("/api/cards/bill")).headers["etag"]
        asked = asked.format(tag=tag, strong=tag.removeprefix("W/"), bare=tag.removeprefix("W/").strip('"'))
        response = await client.get("/api/cards/bill", headers={"If-None-Match": asked})

    assert response.status_code == status


@pytest.mark.parametrize(
    ("token", "language"),
    [({"scope": "bill credits"}, "en"), ({"subscriptions": ["SuBorealis000001"]}, "en"), ({}, "de"), ({}, "en-GB")],
)
async def test_another_viewer_of_the_same_customer_has_another_tag(
    serve: Serve, orb_router: respx.MockRouter, token: dict[str, Any], language: str
) -> None:
    borealis(orb_router)
    async with serve() as client:
        usual = (await client.get("/api/cards/bill")).headers["etag"]
    async with serve(**token) as client:
        response = await client.get("/api/cards/bill", headers={"Accept-Language": language, "If-None-Match": usual})

    assert response.status_code == 200
    assert response.headers["etag"] != usual


async def test_a_tag_opens_nothing_to_who_may_not_see_it(serve: Serve, orb_router: respx.MockRouter) -> None:
    everything(orb_router)
    async with serve() as client:
        tag = known(await client.get("/api/cards/bill"))
    calls = len(orb_router.calls)
    async with serve(None) as nobody, serve(scope="credits") as other:
        for asked in (tag, {"If-None-Match": "*"}):
            assert (await nobody.get("/api/cards/bill", headers=asked)).status_code == 401
            assert (await other.get("/api/cards/bill", headers=asked)).status_code == 404
            assert (await other.get("/api/invoices/A", headers=asked)).status_code == 403
    assert len(orb_router.calls) == calls


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/dashboard", {"Accept": "application/x-ndjson"}),
        ("/api/dashboard", {"Accept": "text/event-stream"}),
        ("/api/dashboard?limit=0", {}),
        ("/api/export/bill.csv", {}),
        ("/", {}),
    ],
)
async def test_streams_refusals_files_and_pages_have_none(
    serve: Serve, orb_router: respx.MockRouter, path: str, more: dict[str, str]
) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.get(path, headers={**more, "If-None-Match": "*"})

    assert response.status_code in (200, 400)
    assert "etag" not in response.headers


async def test_a_refresh_is_never_cut_short(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.post("/api/dashboard/refresh", headers={"If-None-Match": "*"})

    assert (response.status_code, "etag" in response.headers) == (200, False)


async def test_processes_with_one_key_agree_and_those_with_another_do_not(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    tags = []
    for key in ("one", "one", "other"):
        async with serve(settings=replace(settings, orb_api_key=Secret(key))) as client:
            tags.append((await client.get("/api/cards/bill")).headers["etag"])

    assert tags[0] == tags[1] != tags[2]


EQUAL = b'{"figures": "the same"}'


@pytest.mark.parametrize(
    "other",
    [
        {"customer": CustomerRef("external_customer_id", "lumen")},
        {"customer": CustomerRef("customer_id", "borealis")},
        {"scope": frozenset(("bill", "credits"))},
        {"subscriptions": frozenset(("A",))},
        {"named": frozenset(("credits",))},
    ],
)
def test_equal_bodies_of_two_viewers_have_different_tags(other: dict[str, Any]) -> None:
    viewer = Viewer(CustomerRef("external_customer_id", "borealis"), frozenset(("bill",)), None, 0)
    tag, english = Validators(Secret("key")).tag, reader(locale_of("en"))

    assert tag(replace(viewer, **other), english, EQUAL) != tag(viewer, english, EQUAL)
    assert tag(replace(viewer, expires=9), english, EQUAL) == tag(viewer, english, EQUAL)
    assert tag(viewer, reader(locale_of("de")), EQUAL) != tag(viewer, english, EQUAL)
