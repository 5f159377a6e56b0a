"""Other sites' pages: what they can make a signed-in browser do, and what they may read. Over every route there is."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import respx
from starlette.routing import Route

from app.main import create_app
from app.settings import Settings
from tests.conftest import Clock, Serve, sign
from tests.orb.answers import borealis

OURS = "http://orrery.test"
OPEN = {"/livez", "/readyz", "/metrics", "/openapi.json", "/embed", "/enter", "/theme.css", "/theme/{file}"}
OPEN |= {"/static/{name}"}
# A POST that no session stands behind: it is known by its signature.
SIGNED = {"/webhooks/orb"}

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
TEXT = {"Content-Type": "text/plain", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}
IMAGE = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
EVIL = {"Origin": "https://evil.test"}


def request_kinds() -> dict[str, tuple[str, dict[str, str], bool]]:
    """By name: the method, the headers that a browser sends, and whether that may come from a page of ours."""
    site = "Sec-Fetch-Site"
    return {
        "form of another site": ("POST", FORM | EVIL | {site: "cross-site"}, False),
        "form of another site, old browser": ("POST", {"Content-Type": FORM["Content-Type"]} | EVIL, False),
        "form of a sandboxed page": ("POST", FORM | {"Origin": "null", site: "cross-site"}, False),
        "text of another site": ("POST", TEXT | EVIL | {site: "cross-site"}, False),
        "text of another site, old browser": ("POST", {"Content-Type": "text/plain"} | EVIL, False),
        "form of a sibling": ("POST", FORM | {"Origin": "http://www.orrery.test", site: "same-site"}, False),
        "form that was typed": ("POST", FORM | {site: "none"}, False),
        "form of ours": ("POST", FORM | {"Origin": OURS, site: "same-origin"}, True),
        "form of ours, old browser": ("POST", {"Content-Type": FORM["Content-Type"], "Origin": OURS}, True),
        "post of no browser": ("POST", {}, True),
        "image of another site": ("GET", IMAGE | {site: "cross-site"}, False),
        "image of a sibling": ("GET", IMAGE | {site: "same-site"}, False),
        "script of another site, old browser": ("GET", EVIL, False),
        "head of another site": ("HEAD", IMAGE | {site: "cross-site"}, False),
        "link that was typed": ("GET", {site: "none"}, True),
        "script of ours": ("GET", {site: "same-origin"}, True),
        "get of no browser": ("GET", {}, True),
    }


def routes(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every method and path of the service."""
    app = create_app(settings, httpx.MockTransport(lambda request: httpx.Response(500, request=request)))
    for route in app.routes:
        if isinstance(route, Route):
            for method in sorted(route.methods or {"GET", "HEAD", "POST"}):
                yield method, route.path


def needs_a_page_of_ours(method: str, path: str) -> bool:
    return path not in OPEN | SIGNED and (method == "POST" or path.startswith("/api/"))


def address(path: str) -> str:
    """One that ends: a stream does not, but for a question that makes no sense."""
    return re.sub(r"{\w+}", "x", path) + ("?odd=1" if path == "/api/changes" else "")


@pytest.mark.parametrize("kind", request_kinds())
async def test_no_other_site_makes_a_signed_in_browser_act_or_spend(
    serve: Serve, settings: Settings, clock: Clock, orb_router: respx.MockRouter, kind: str
) -> None:
    method, headers, ours = request_kinds()[kind]
    asked = borealis(orb_router)
    wrong: list[str] = []
    tried = 0
    async with serve(None) as client:
        for each, path in routes(settings):
            if each != method or not needs_a_page_of_ours(each, path):
                continue
            tried += 1
            before = sum(len(route.calls) for route in asked.values())
            client.cookies.set("orrery_session", sign(clock, "borealis"))
            response = await client.request(method, address(path), headers=headers)
            refused = response.status_code == 403
            if refused and method != "HEAD":
                refused = response.json()["code"] == "cross_site"
            if refused is ours:
                wrong.append(f"{path}: {response.status_code}")
            elif refused and sum(len(route.calls) for route in asked.values()) > before:
                wrong.append(f"{path}: asked Orb")

    assert wrong == []
    assert tried >= 6


async def test_every_route_is_either_open_or_asks_who_is_there(
    serve: Serve, settings: Settings, orb_router: respx.MockRouter
) -> None:
    borealis(orb_router)
    wrong = []
    async with serve(None) as client:
        for method, path in routes(settings):
            if path in OPEN | SIGNED or path.startswith("/session"):
                continue
            response = await client.request(method, address(path))
            if response.status_code != 401:
                wrong.append(f"{method} {path}: {response.status_code}")

    assert wrong == []
    assert not orb_router.calls


# What is close to https://app.example.com:8443, and is not that.
HOSTILE = [
    "https://app.example.com:8443.evil.test",
    "https://evilapp.example.com:8443",
    "https://app.example.com.evil.test",
    "https://app.example.com:8443@evil.test",
    "https://user@app.example.com:8443",
    "http://app.example.com:8443",
    "https://app.example.com",
    "https://app.example.com:443",
    "https://app.example.com:84430",
    "https://app.example.com.:8443",
    "HTTPS://APP.EXAMPLE.COM:8443",
    "https://app.example.com:8443/",
    "https://sub.app.example.com:8443",
    "https://app.example.com:8443, https://evil.test",
    "null",
    "*",
    "",
]


@pytest.mark.parametrize("origin", HOSTILE)
@pytest.mark.parametrize("path", ["/api/dashboard", "/", "/embed", "/static/embed.js", "/nowhere"])
async def test_an_origin_that_is_not_on_the_list_reads_nothing(
    serve: Serve, settings: Settings, orb_router: respx.MockRouter, origin: str, path: str
) -> None:
    borealis(orb_router)
    allowed = replace(settings, cors_origins=("https://app.example.com:8443",))
    async with serve(settings=allowed) as client:
        plain = await client.get(path, headers={"Origin": origin})
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        preflight = await client.options(path, headers=asked | {"Access-Control-Request-Headers": "authorization"})
        posted = await client.post("/session", data={"token": "x"}, headers={"Origin": origin})

    for response in (plain, preflight):
        assert "access-control-allow-origin" not in response.headers
        assert "Origin" in [name.strip() for name in response.headers["vary"].split(",")]
    assert preflight.status_code == 400
    assert posted.status_code == 403


@pytest.mark.parametrize("path", ["/api/dashboard", "/api/nowhere"])
async def test_an_origin_of_the_list_reads_with_a_token_and_never_with_a_cookie(
    serve: Serve, settings: Settings, orb_router: respx.MockRouter, path: str
) -> None:
    borealis(orb_router)
    origin = "https://app.example.com:8443"
    async with serve(settings=replace(settings, cors_origins=(origin, "https://b.example.com"))) as client:
        plain = await client.get(path, headers={"Origin": origin})
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = await client.options(path, headers=asked | {"Access-Control-Request-Headers": "authorization"})
        other = await client.options(path, headers=asked | {"Access-Control-Request-Method": "DELETE"})

    for response in (plain, preflight):
        assert response.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in response.headers
        assert "Origin" in response.headers["vary"]
    assert (preflight.status_code, other.status_code) == (200, 400)
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()


async def test_without_a_list_nobody_reads(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router)
    async with serve() as client:
        for origin in (OURS, "https://a.test", "null"):
            response = await client.get("/api/dashboard", headers={"Origin": origin})
            assert "access-control-allow-origin" not in response.headers


async def test_a_frontend_elsewhere_may_use_etags_and_come_back_to_a_stream(serve: Serve, settings: Settings) -> None:
    origin = "https://app.example.com"
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,if-none-match,last-event-id",
    }
    async with serve(settings=replace(settings, cors_origins=(origin,))) as client:
        assert (await client.options("/api/dashboard", headers=asked)).status_code == 200
        shown = (await client.get("/openapi.json", headers={"Origin": origin})).headers["access-control-expose-headers"]

    assert {"ETag", "Retry-After"} <= {each.strip() for each in shown.split(",")}
