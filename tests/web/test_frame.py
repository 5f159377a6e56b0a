"""The frame's shell, and what its script is told."""

from dataclasses import replace

import httpx
import pytest
import respx

from app.settings import Settings
from tests.conftest import Clock, Serve, sign
from tests.orb.answers import borealis

HOST = "https://app.example.com"
FRAME = {"Orrery-Frame": "1"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, frame_ancestors=(HOST, "https://other.example.com"), sign_in_url=f"{HOST}/login")


async def test_there_is_no_frame_unless_somebody_may_frame_it(serve: Serve, settings: Settings) -> None:
    async with serve(None, settings=replace(settings, frame_ancestors=())) as client:
        response = await client.get("/embed")
        element = await client.get("/static/embed.js")

    assert (response.status_code, element.status_code) == (404, 200)


async def test_the_shell_is_the_same_for_all_and_asks_nothing(serve: Serve, orb_router: respx.MockRouter) -> None:
    routes = borealis(orb_router)
    async with serve() as client:
        known = await client.get("/embed")
        unknown = await client.get("/embed", headers={"Authorization": "Bearer x"})

    assert known.status_code == 200
    assert known.content == unknown.content
    assert f'data-origins="{HOST} https://other.example.com"' in known.text
    assert f'<a href="{HOST}/login" target="_top">' in known.text
    assert not any(route.called for route in routes.values())


async def test_the_shell_may_be_framed_by_the_allowed_alone_also_where_the_page_around_is_isolated(
    serve: Serve,
) -> None:
    async with serve(None) as client:
        headers = (await client.get("/embed")).headers

    assert f"frame-ancestors {HOST} https://other.example.com;" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["cache-control"] == "private, no-store"
    assert "x-frame-options" not in headers


@pytest.mark.parametrize("name", ["embed.js", "frame.js", "stream.js", "enter.js", "dashboard.css"])
async def test_other_sites_may_load_what_is_static_and_nothing_else(
    serve: Serve, orb_router: respx.MockRouter, name: str
) -> None:
    borealis(orb_router)
    async with serve() as client:
        static = await client.get(f"/static/{name}")
        others = [await client.get(path) for path in ("/", "/api/dashboard", "/enter", "/embedded", "/staticky")]

    assert static.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "Origin" in static.headers["vary"]
    assert {each.headers["cross-origin-resource-policy"] for each in others} == {"same-origin"}


async def test_only_the_frame_is_told_of_the_session_and_never_in_the_clear(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    routes = borealis(orb_router)
    async with serve(ttl=300) as client:
        clock.pass_seconds(100)
        told = (await client.head("/", headers=FRAME)).headers
        assert not any(route.called for route in routes.values())
        untold = (await client.head("/")).headers

    assert told["orrery-seconds-left"] == "200"
    assert len(told["orrery-viewer"]) == 32
    assert "borealis" not in str(told)
    assert not any(name.startswith("orrery-") for name in untold)


async def test_a_renewed_token_is_of_the_same_viewer_and_another_is_not(serve: Serve, clock: Clock) -> None:
    async def viewer(client: httpx.AsyncClient, customer: str, **more: object) -> str:
        headers = FRAME | {"Authorization": f"Bearer {sign(clock, customer, **more)}"}
        found: str = (await client.head("/", headers=headers)).headers["orrery-viewer"]
        return found

    async with serve(None) as client:
        first = await viewer(client, "borealis")
        clock.pass_seconds(60)
        again = await viewer(client, "borealis", ttl=600)
        others = [
            await viewer(client, "aurora"),
            await viewer(client, "borealis", scope="bill"),
            await viewer(client, "borealis", subscriptions=["sub_1"]),
            await viewer(client, "borealis", locale="de"),
            await viewer(client, "borealis", theme="dark"),
        ]

    assert first == again
    assert len({first, *others}) == 6


async def test_a_refresh_tells_the_frame_where_to_go_on(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        framed = await client.post("/refresh?view_mode=cumulative", headers=FRAME)
        other = await client.post("/refresh?view_mode=cumulative")

    assert framed.status_code == 204
    assert framed.headers["orrery-onward"] == other.headers["location"]
    assert other.status_code == 303
    assert framed.headers["orrery-onward"].startswith("/?view_mode=cumulative")


async def test_beside_a_cookie_the_frame_is_its_tokens(
    serve: Serve, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    async with serve() as client:
        mine = (await client.head("/", headers=FRAME)).headers["orrery-viewer"]
        cookie = {"Cookie": f"orrery_session={sign(clock, 'aurora')}"}
        both = (await client.head("/", headers=FRAME | cookie)).headers["orrery-viewer"]
        bad = await client.get("/", headers=FRAME | cookie | {"Authorization": "Bearer x"})

    assert both == mine
    assert bad.status_code == 401


@pytest.mark.parametrize(
    ("query", "start"),
    [("", "/"), ("?cards=bill", "/?cards=bill"), ("?cards=spend,bill&theme=dark", "/?cards=spend,bill")],
)
async def test_the_frame_starts_with_the_cards_that_it_is_for(serve: Serve, query: str, start: str) -> None:
    async with serve(None) as client:
        assert f'data-start="{start}"' in (await client.get(f"/embed{query}")).text


@pytest.mark.parametrize("cards", ["", "bill,", "nothing", "bill spend", "bill&limit=1%22", "//evil.test", "invoices"])
async def test_a_frame_for_a_card_that_there_is_not_is_refused(serve: Serve, cards: str) -> None:
    async with serve(None) as client:
        refused = await client.get("/embed", params={"cards": cards})
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("cards: ")
