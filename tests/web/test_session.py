"""The ways in and out, and who is kept out."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import respx

from app.settings import Settings
from tests.conftest import Clock, Serve, sign
from tests.orb.answers import borealis

OURS = "http://orrery.test"


async def signed_in(client: httpx.AsyncClient, clock: Clock) -> httpx.Response:
    return await client.post("/session", data={"token": sign(clock, "borealis")})


async def test_a_token_becomes_a_cookie_that_scripts_cannot_read(serve: Serve, clock: Clock) -> None:
    async with serve(None) as client:
        response = await signed_in(client, clock)

    cookie = response.headers["set-cookie"]
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert cookie.startswith("orrery_session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=900"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_on_https_the_cookie_is_bound_to_the_host(serve: Serve, clock: Clock) -> None:
    async with serve(None) as client:
        client.base_url = httpx.URL("https://orrery.test")
        response = await signed_in(client, clock)

    assert response.headers["set-cookie"].startswith("__Host-orrery_session=")
    assert "Secure" in response.headers["set-cookie"].split("; ")
    assert "strict-transport-security" in response.headers


async def test_the_cookie_opens_the_page_until_signing_out(
    serve: Serve, clock: Clock, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve(None) as client:
        await signed_in(client, clock)
        inside = await client.get("/")
        await client.post("/session/end")
        outside = await client.get("/")

    assert (inside.status_code, outside.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": OURS}, True),
        ({"Origin": "https://elsewhere.test"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": "http://orrery.test.evil.test"}, False),
        ({}, True),
    ],
)
@pytest.mark.parametrize("path", ["/refresh", "/api/dashboard/refresh", "/session/end"])
async def test_a_post_with_the_cookie_comes_from_a_page_of_ours_or_from_no_browser(
    serve: Serve, clock: Clock, orb_router: respx.MockRouter, path: str, headers: dict[str, str], allowed: bool
) -> None:
    routes = borealis(orb_router)
    async with serve(None) as client:
        await signed_in(client, clock)
        response = await client.post(path, headers=headers)

    assert (response.status_code != 403) is allowed
    if not allowed:
        assert response.json()["code"] == "cross_site"
        assert not any(route.called for route in routes.values())


@pytest.mark.parametrize(
    ("site", "allowed"), [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)]
)
async def test_another_site_cannot_make_a_signed_in_browser_spend_calls(
    serve: Serve, clock: Clock, orb_router: respx.MockRouter, site: str, allowed: bool
) -> None:
    routes = borealis(orb_router)
    async with serve(None) as client:
        await signed_in(client, clock)
        response = await client.get("/api/dashboard", headers={"Sec-Fetch-Site": site})

    assert response.status_code == (200 if allowed else 403)
    assert routes["subscriptions"].called is allowed


async def test_a_bearer_token_needs_no_such_check(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        response = await client.post("/api/dashboard/refresh", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "authorization", ["Bearer nonsense", "Bearer ", "Basic Ym9yZWFsaXM6", "bearer a.b.c", "Bearer a b c"]
)
async def test_every_doubt_is_one_constant_answer_and_no_call(
    serve: Serve, orb_router: respx.MockRouter, authorization: str
) -> None:
    routes = borealis(orb_router)
    async with serve(None) as client:
        response = await client.get("/api/dashboard", headers={"Authorization": authorization})

    assert response.status_code == 401
    assert response.json() | {"request_id": ""} == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Sign in to see this.",
        "code": "not_signed_in",
        "request_id": "",
    }
    assert not any(route.called for route in routes.values())


async def test_an_ended_token_is_no_token(serve: Serve, clock: Clock, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        assert (await client.get("/api/dashboard")).status_code == 200
        clock.pass_seconds(900 + 31)
        assert (await client.get("/api/dashboard")).status_code == 401


@pytest.mark.parametrize("place", ["?token=", "/", "?access_token="])
async def test_a_token_in_the_address_counts_for_nothing(serve: Serve, clock: Clock, place: str) -> None:
    async with serve(None) as client:
        response = await client.get(f"/api/dashboard{place}{sign(clock, 'borealis')}")

    assert response.status_code in (401, 404)


async def test_a_session_form_is_small_and_a_form(serve: Serve) -> None:
    async with serve(None) as client:
        large = await client.post("/session", data={"token": "x" * 10_000})
        other = await client.post("/session", json={"token": "x"})
        wrong = await client.post("/session", data={"token": "x"})

    assert [each.status_code for each in (large, other, wrong)] == [413, 415, 401]
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    ("origin", "status"), [("https://app.example.com", 303), ("https://evil.example.com", 403), ("null", 403)]
)
@pytest.mark.parametrize("site", ["same-site", "cross-site", None])
async def test_a_page_of_the_host_application_may_sign_its_user_in(
    serve: Serve, clock: Clock, settings: Settings, origin: str, status: int, site: str | None
) -> None:
    headers = {"Origin": origin} | ({"Sec-Fetch-Site": site} if site else {})
    async with serve(None, settings=replace(settings, cors_origins=("https://app.example.com",))) as client:
        response = await client.post("/session", data={"token": sign(clock, "borealis")}, headers=headers)
        ended = await client.post("/session/end", headers=headers)

    assert response.status_code == status
    assert ended.status_code == 403


async def test_a_head_request_is_checked_as_its_get_is(
    serve: Serve, clock: Clock, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    async with serve(None) as client:
        await signed_in(client, clock)
        typed = await client.head("/api/dashboard", headers={"Sec-Fetch-Site": "none"})
        foreign = await client.head("/api/dashboard", headers={"Sec-Fetch-Site": "cross-site"})

    assert (typed.status_code, foreign.status_code) == (200, 403)


@pytest.mark.parametrize("path", ["/", "/cards/bill", "/api/dashboard"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_every_401_says_how_to_sign_in(serve: Serve, path: str, accept: str) -> None:
    async with serve(None) as client:
        response = await client.get(path, headers={"Accept": accept})

    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "body",
    ["token=TOKEN&token=TOKEN", "token=TOKEN&next=https://evil.test", "token=TOKEN&extra=", "token=TOKEN&token=", ""],
)
async def test_a_form_of_any_field_but_the_one_is_refused(serve: Serve, clock: Clock, body: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with serve(None) as client:
        response = await client.post(
            "/session", content=body.replace("TOKEN", sign(clock, "borealis")), headers=headers
        )

    assert (response.status_code, response.json()["code"]) == (400, "bad_form")
    assert "set-cookie" not in response.headers


async def test_the_cookie_lasts_no_longer_than_its_token(serve: Serve, clock: Clock) -> None:
    token = sign(clock, "borealis", ttl=300)
    async with serve(None) as client:
        clock.pass_seconds(100)
        response = await client.post("/session", data={"token": token})

    assert "Max-Age=200" in response.headers["set-cookie"].split("; ")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("other", ["another", "the same"])
async def test_two_cookies_of_our_name_are_a_doubt(
    serve: Serve, clock: Clock, orb_router: respx.MockRouter, scheme: str, other: str
) -> None:
    routes = borealis(orb_router)
    name = "__Host-orrery_session" if scheme == "https" else "orrery_session"
    token = sign(clock, "borealis")
    second = token if other == "the same" else sign(clock, "aurora")
    async with serve(None) as client:
        client.base_url = httpx.URL(f"{scheme}://orrery.test")
        two = await client.get("/api/dashboard", headers={"Cookie": f"{name}={token}; a=b; {name}={second}"})
        lines = httpx.Headers([("Cookie", f"{name}={token}"), ("Cookie", f"{name}={second}")])
        apart = await client.get("/api/dashboard", headers=lines)
        refused = [route.called for route in routes.values()]
        one = await client.get("/api/dashboard", headers={"Cookie": f"a=b; {name}={token}; c=d"})

    assert [two.status_code, apart.status_code, one.status_code] == [401, 401, 200]
    assert not any(refused)


async def test_on_https_a_cookie_that_is_not_bound_to_the_host_is_nobodys(serve: Serve, clock: Clock) -> None:
    async with serve(None) as client:
        headers = {"Cookie": f"orrery_session={sign(clock, 'borealis')}"}
        response = await client.get("https://orrery.test/api/dashboard", headers=headers)

    assert response.status_code == 401


@pytest.mark.parametrize(
    ("scheme", "origin", "allowed"),
    [
        ("https", "https://orrery.test", True),
        ("https", "http://orrery.test", False),
        ("http", "https://orrery.test", True),  # behind a proxy that ends TLS
        ("http", "ftp://orrery.test", False),
        ("http", "http://orrery.test:81", False),
    ],
)
async def test_our_own_origin_has_our_scheme(
    serve: Serve, clock: Clock, scheme: str, origin: str, allowed: bool
) -> None:
    async with serve(None) as client:
        data, headers = {"token": sign(clock, "borealis")}, {"Origin": origin}
        response = await client.post(f"{scheme}://orrery.test/session", data=data, headers=headers)

    assert (response.status_code == 303) is allowed


async def test_a_person_with_an_ended_token_sees_a_page_that_leads_to_the_sign_in(
    serve: Serve, clock: Clock, settings: Settings
) -> None:
    ended = sign(clock, "borealis")
    clock.pass_seconds(2000)
    async with serve(None, settings=replace(settings, sign_in_url="https://app.test/login")) as client:
        accept = {"Accept": "text/html"}
        posted = await client.post("/session", data={"token": ended}, headers=accept)
        shown = await client.get("/invoices", headers=accept)
        program = await client.post("/session", data={"token": ended})

    for page in (posted, shown):
        assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert '<a href="https://app.test/login">' in page.text
    assert program.headers["content-type"] == "application/problem+json"


async def test_the_landing_of_a_link_has_a_form_and_no_script_but_ours(serve: Serve) -> None:
    async with serve(None) as client:
        page = await client.get("/enter")
        (source,) = re.findall(r'<script src="([^"]+)">', page.text)
        script = await client.get(source)

    assert (page.status_code, script.status_code) == (200, 200)
    assert '<form method="post" action="/session" autocomplete="off">' in page.text
    assert page.text.count("<script") == 1
    assert re.fullmatch(r"/static/enter\.[0-9a-f]{12}\.js", source)
    assert "form-action 'self'" in page.headers["content-security-policy"]


async def test_a_token_that_no_cookie_holds_is_refused_and_not_dropped_without_a_word(
    serve: Serve, clock: Clock
) -> None:
    fits, large = (sign(clock, "borealis", scope="bill " + "x" * size) for size in (2_700, 2_880))
    assert len(fits) < 4096 - len("orrery_session") < len(large) <= 4096
    async with serve(None) as client:
        answers = [await client.post("/session", data={"token": each}) for each in (fits, large)]

    assert [each.status_code for each in answers] == [303, 413]


@pytest.mark.parametrize("path", ["/session", "/session/end", "/portal", "/explore", "/api/explore"])
@pytest.mark.parametrize("query", ["x=1", "token=abc", "x", "%F0%9F%92%B0=2"])
async def test_what_is_posted_takes_no_parameters_in_its_address(
    serve: Serve, clock: Clock, path: str, query: str
) -> None:
    async with serve(None) as client:
        token = sign(clock, "borealis", scope="portal explore")
        await client.post("/session", data={"token": token})
        body: dict[str, Any] = {"json": {}} if path == "/api/explore" else {"data": {"token": token}}
        response = await client.post(f"{path}?{query}", **body)

    named = unquote(query.partition("=")[0])
    assert (response.status_code, response.json()["code"]) == (400, "bad_query")
    assert response.json()["detail"] == f"'{named}' is not a parameter; there is none here"
    assert "set-cookie" not in response.headers
