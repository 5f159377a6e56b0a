"""The way into Orb's own portal: by name in the token alone, for this customer alone, to a safe address alone."""

import json
from typing import Any

import httpx
import pytest
import respx

from tests.conftest import Clock, Serve, sign
from tests.orb.answers import answer, borealis
from tests.orb.bills import listed

PATH = "/customers/external_customer_id/borealis/portal_sessions"
ADDRESS = "https://portal.withorb.com/view?token=EXAMPLE"
FORM = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}


def session(router: respx.MockRouter, **fields: Any) -> respx.Route:
    document = {"id": "Ps1", "customer_id": "CuBorealis000001", "url": ADDRESS, **fields}
    return router.post(PATH).mock(return_value=httpx.Response(201, json=document))


async def test_a_session_is_minted_that_ends_no_other_and_leads_there(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    route = session(orb_router)
    async with serve(scope="portal") as client:
        response = await client.post("/portal")

    assert (response.status_code, response.headers["location"]) == (303, ADDRESS)
    assert json.loads(route.calls.last.request.content) == {"invalidate_existing": False}


async def test_a_form_in_a_browser_gets_a_page_that_goes_on_by_itself(
    serve: Serve, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    session(orb_router)
    async with serve(scope="portal") as client:
        page = await client.post("/portal", headers=FORM)
        old = await client.post("/portal", headers={"Accept": "text/html", "Origin": "http://orrery.test"})

    for each in (page, old):
        assert each.status_code == 200
        assert f'<meta http-equiv="refresh" content="0; url={ADDRESS}">' in each.text
        assert f'<a href="{ADDRESS}" rel="noopener noreferrer">' in each.text


@pytest.mark.parametrize("scope", [None, "bill invoices"])
async def test_the_portal_is_never_implied(serve: Serve, orb_router: respx.MockRouter, scope: str | None) -> None:
    borealis(orb_router)
    listed(orb_router)
    async with serve(scope=scope) as client:
        page = await client.get("/invoices")
        calls = len(orb_router.calls)
        response = await client.post("/portal")

    assert response.status_code == 403
    assert len(orb_router.calls) == calls
    assert "/portal" not in page.text


async def test_who_may_go_there_finds_the_button_among_the_invoices(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    listed(orb_router)
    async with serve(scope="invoices portal") as client:
        page = await client.get("/invoices")

    assert '<form method="post" action="/portal">' in page.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"url": "http://portal.withorb.com/view"}, "orb_malformed"),
        ({"url": "javascript://x/%0aalert(1)"}, "orb_malformed"),
        ({"url": "https:///view"}, "orb_malformed"),
        ({"url": "https://user@portal.withorb.com/"}, "orb_malformed"),
        ({"url": "https://portal.withorb.com/\r\nSet-Cookie: a=b"}, "orb_malformed"),
        ({"url": "https://[portal"}, "orb_malformed"),
        ({"customer_id": "CuSomebodyElse01"}, "orb_foreign"),
    ],
)
async def test_an_address_that_is_not_safe_or_not_theirs_is_followed_by_nobody(
    serve: Serve, orb_router: respx.MockRouter, fields: dict[str, str], code: str
) -> None:
    borealis(orb_router)
    session(orb_router, **fields)
    async with serve(scope="portal") as client:
        response = await client.post("/portal")

    assert (response.status_code, response.json()["code"]) == (503, code)
    assert "location" not in response.headers


async def test_the_sandboxs_portal_on_this_machine_is_followed(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    session(orb_router, url="http://127.0.0.1:8001/_sandbox/portal?token=x")
    async with serve(scope="portal") as client:
        assert (await client.post("/portal")).status_code == 303


async def test_when_orb_fails_there_is_no_way_in_for_now(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    orb_router.post(PATH).mock(return_value=answer("error_500", 500))
    async with serve(scope="portal") as client:
        response = await client.post("/portal")

    assert (response.status_code, response.json()["code"]) == (503, "orb_error")
    assert int(response.headers["retry-after"]) > 0


async def test_another_site_cannot_mint_a_session(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> None:
    route = session(orb_router)
    async with serve(None) as client:
        client.cookies.set("orrery_session", sign(clock, "borealis", scope="portal"))
        response = await client.post("/portal", headers={"Sec-Fetch-Site": "cross-site"})

    assert (response.status_code, response.json()["code"]) == (403, "cross_site")
    assert not route.called
