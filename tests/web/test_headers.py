"""Every answer of every route, whatever its status, carries exactly the headers of its kind.

The routes are the app's own: one that is not asked here is a failure, and so is a header that nobody wrote down.
"""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import respx
from starlette.routing import Route

from app.main import create_app
from app.settings import Settings
from tests.conftest import Clock, Serve, sign
from tests.orb.answers import SUBSCRIPTION, answer, borealis
from tests.orb.bills import issued, listed, stored

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": r"camera=\(\), microphone=\(\), geolocation=\(\), payment=\(\), usb=\(\)",
    "x-request-id": "[0-9a-f]{32}",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "private, no-store",
    "vary": "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language, Origin",
}
LENGTH = {"content-length": "[0-9]+"}
PAGE = {
    **ALWAYS,
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
}
TIMED = {"server-timing": r"([a-z]+;dur=[0-9.]+, )*(total|head);dur=[0-9.]+"}
THEMED = {"cache-control": "no-cache", "vary": "Accept-Encoding, Origin", "etag": '"[0-9a-f]{16}"'}
KEPT = {"cache-status": "Orrery; .+"}
KINDS: dict[str, dict[str, str]] = {
    "page": PAGE | LENGTH | TIMED,
    "streamed page": PAGE | TIMED | {"x-accel-buffering": "no"},
    "problem page": PAGE | LENGTH,
    "json": ALWAYS | LENGTH | TIMED | KEPT | {"content-type": "application/json", "etag": 'W/"[0-9a-f]{32}"'},
    "description": ALWAYS | LENGTH | TIMED | {"content-type": "application/json"},
    "posted json": ALWAYS | LENGTH | TIMED | KEPT | {"content-type": "application/json"},
    "unchanged": ALWAYS | {"etag": 'W/"[0-9a-f]{32}"'},
    "ndjson": ALWAYS | {"content-type": "application/x-ndjson", "x-accel-buffering": "no"},
    "events": ALWAYS | {"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"},
    "csv": ALWAYS
    | LENGTH
    | {"content-type": "text/csv; charset=utf-8", "content-disposition": r'attachment; filename="[a-z]+\.csv"'},
    "problem": ALWAYS | LENGTH | {"content-type": "application/problem\\+json"},
    "redirect": ALWAYS | {"content-length": "0", "location": "/[a-z#-]*"},
    "session": ALWAYS
    | {"content-length": "0", "location": "/", "set-cookie": "orrery_session=[^;]*; HttpOnly; Max-Age=[0-9]+; .*"},
    "text": ALWAYS | LENGTH | {"content-type": "text/plain; charset=utf-8"},
    "sheet": ALWAYS | LENGTH | THEMED | {"content-type": "text/css; charset=utf-8"},
    "unchanged sheet": ALWAYS | THEMED,
    "static": ALWAYS
    | LENGTH
    | {
        "content-type": "text/(css|javascript); charset=utf-8",
        "cache-control": "public, no-cache",
        "vary": "Accept-Encoding, Origin",
        "cross-origin-resource-policy": "cross-origin",
        "etag": r'"[a-z]+\.[0-9a-f]{12}\.(css|js)"',
    },
}  # fmt: skip
# What comes with one status, whatever the kind.
MORE = {
    401: {"www-authenticate": "Bearer"},
    405: {"allow": "(GET|HEAD|POST)(, (GET|HEAD|POST))*"},
    429: {"retry-after": "[0-9]+"},
    503: {"retry-after": "[0-9]+"},
}


@dataclass(frozen=True)
class Ask:
    """One request and what comes of it; `state` is that of Orb and of who asks."""

    route: str
    path: str
    status: int
    kind: str
    method: str = "GET"
    state: str = "well"
    headers: dict[str, str] = field(default_factory=dict)
    content: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.state} {self.status} {' '.join(self.headers.values())[:24]}"


HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
ABROAD = {"Sec-Fetch-Site": "cross-site"}
UPCOMING = f"/invoices/upcoming/{SUBSCRIPTION}"


def page(route: str, path: str = "", *, streamed: bool = False, down: bool = False) -> Iterator[Ask]:
    """What a page for people comes to; `down` says that there is none without Orb."""
    path, whole = path or route, "streamed page" if streamed else "page"
    yield Ask(route, path, 200, whole)
    yield Ask(route, path, 401, "problem page", state="out", headers=HTML)
    yield Ask(route, path, 503 if down else 200, "problem page" if down else whole, state="down")
    yield Ask(route, f"{path}?surprise=1", 400, "problem")
    yield Ask(route, f"{path}?surprise=1", 400, "problem page", headers=HTML)
    yield Ask(route, path, 421, "problem", headers={"Host": "evil.example"})


def data(route: str, path: str = "", kind: str = "json", *, down: bool = True) -> Iterator[Ask]:
    """What an address for programs comes to."""
    path = path or route
    yield Ask(route, path, 200, kind)
    yield Ask(route, path, 401, "problem", state="out")
    yield Ask(route, path, 401, "problem", state="out", headers={"Authorization": "Bearer x"} | HTML)
    yield Ask(route, path, 503 if down else 200, "problem" if down else kind, state="down")
    yield Ask(route, f"{path}?surprise=1", 400, "problem", headers={"Accept": "text/html, */*"})
    yield Ask(route, path, 403, "problem", state="cookie", headers=ABROAD)
    yield Ask(route, path, 421, "problem", headers={"Host": "evil.example"})
    if kind == "json":
        yield Ask(route, path, 304, "unchanged", headers={"If-None-Match": "*"})


def asks() -> Iterator[Ask]:
    yield from (each for each in page("/", streamed=True) if each.state != "out")
    yield Ask("/", "/", 401, "problem page", state="out")
    yield from page("/cards/{card}", "/cards/bill")
    yield Ask("/cards/{card}", "/cards/nothing", 404, "problem")
    yield Ask("/refresh", "/refresh", 303, "redirect", "POST")
    yield Ask("/refresh", "/refresh", 401, "problem page", "POST", "out", HTML)
    yield Ask("/refresh", "/refresh", 403, "problem", "POST", "cookie", ABROAD)
    yield Ask("/refresh", "/refresh", 303, "redirect", "POST", "down")
    yield from (each for each in page("/explore") if "surprise" not in each.path and each.state != "down")
    yield Ask("/explore", "/explore", 503, "problem page", state="down")
    yield Ask("/explore", "/explore?limit=x", 400, "problem page", headers=HTML)
    yield Ask("/explore", "/explore", 503, "problem page", "POST", "down", FORM, b"events=x")
    yield Ask("/explore", "/explore", 415, "problem", "POST")
    yield Ask("/explore", "/explore", 413, "problem", "POST", headers=FORM, content=b"x" * 70_000)
    yield Ask("/explore", "/explore", 401, "problem", "POST", "out")
    yield Ask("/session", "/session", 303, "session", "POST", "out", FORM, "token")
    yield Ask("/session", "/session", 401, "problem", "POST", "out", FORM, b"token=x")
    yield Ask("/session", "/session", 415, "problem", "POST", "out")
    yield Ask("/session", "/session", 403, "problem", "POST", "out", FORM | ABROAD)
    yield Ask("/session/end", "/session/end", 303, "session", "POST")
    yield Ask("/session/end", "/session/end", 403, "problem", "POST", headers=ABROAD)
    yield from data("/api/dashboard", down=False)
    yield Ask("/api/dashboard", "/api/dashboard", 200, "ndjson", headers={"Accept": "application/x-ndjson"})
    yield Ask("/api/dashboard", "/api/dashboard", 200, "events", headers={"Accept": "text/event-stream"})
    yield Ask("/api/dashboard", "/api/dashboard", 406, "problem", headers={"Accept": "image/png"})
    yield Ask("/api/dashboard/refresh", "/api/dashboard/refresh", 200, "posted json", "POST")
    yield Ask("/api/dashboard/refresh", "/api/dashboard/refresh", 401, "problem", "POST", "out")
    yield Ask("/api/dashboard/refresh", "/api/dashboard/refresh", 403, "problem", "POST", "cookie", ABROAD)
    yield from data("/api/cards/{card}", "/api/cards/bill", down=False)
    yield Ask("/api/cards/{card}", "/api/cards/nothing", 404, "problem")
    yield from page("/invoices", down=True)
    yield from page("/invoices/{invoice}", "/invoices/A", down=True)
    yield Ask("/invoices/{invoice}", "/invoices/Nothing", 404, "problem page", headers=HTML)
    yield from page("/invoices/upcoming/{subscription}", UPCOMING, down=True)
    yield from data("/api/invoices")
    yield from data("/api/invoices/{invoice}", "/api/invoices/A")
    yield Ask("/api/invoices/{invoice}", "/api/invoices/Nothing", 404, "problem")
    yield from data("/api/invoices/upcoming/{subscription}", f"/api{UPCOMING}")
    yield Ask("/enter", "/enter", 200, "page", state="out")
    yield Ask("/embed", "/embed", 404, "problem", state="out")
    yield Ask("/api/changes", "/api/changes", 401, "problem", state="out")
    yield Ask("/api/changes", "/api/changes", 403, "problem", state="cookie", headers=ABROAD)
    yield Ask("/api/changes", "/api/changes?surprise=1", 400, "problem")
    yield Ask("/openapi.json", "/openapi.json", 200, "description", state="out")
    yield Ask("/theme.css", "/theme.css", 200, "sheet", state="out")
    yield Ask("/theme.css", "/theme.css", 304, "unchanged sheet", state="out", headers={"If-None-Match": "*"})
    yield Ask("/theme/{file}", "/theme/logo.svg", 404, "problem", state="out")
    yield Ask("/portal", "/portal", 403, "problem", "POST")
    yield Ask("/portal", "/portal", 401, "problem page", "POST", "out", HTML)
    yield from page("/credits/ledger")
    yield from data("/api/credits/ledger")
    yield from data("/api/credits/blocks")
    yield from page("/licenses", down=False)
    yield from data("/api/licenses")
    yield from data("/api/export/focus.csv", kind="csv")
    yield from data("/api/export/{card}.csv", "/api/export/bill.csv", kind="csv")
    yield Ask("/api/explore", "/api/explore", 401, "problem", "POST", "out", JSON, b"{}")
    yield Ask("/api/explore", "/api/explore", 400, "problem", "POST", headers=JSON, content=b"{")
    yield Ask("/api/explore", "/api/explore", 415, "problem", "POST")
    yield Ask("/livez", "/livez", 200, "text", state="out")
    yield Ask("/readyz", "/readyz", 200, "text", state="out")
    yield Ask("/metrics", "/metrics", 404, "problem", state="out", headers={"Via": "1.1 proxy"})
    yield Ask("/static/{name}", "/static/dashboard.css", 200, "static", state="out")
    yield Ask("/static/{name}", "/static/dashboard.js", 200, "static", state="out")
    yield Ask("/static/{name}", "/static/nothing.css", 404, "problem", state="out")
    yield Ask("/static/{name}", "/static/..%2fapp/main.py", 404, "problem", state="out")
    yield Ask("none", "/nowhere", 404, "problem", state="out")
    yield Ask("none", "/nowhere", 404, "problem page", headers=HTML)


ASKS = [*asks()]


def routes(settings: Settings) -> dict[str, set[str]]:
    """Every address of the app's, with its methods."""
    found: dict[str, set[str]] = {}
    for each in create_app(settings).routes:
        methods = (each.methods or set()) if isinstance(each, Route) else {"GET"}
        found.setdefault(getattr(each, "path", ""), set()).update(methods - {"HEAD"})
    return found


def test_every_route_is_asked_in_every_way_that_it_takes(settings: Settings) -> None:
    asked = {(each.route, each.method) for each in ASKS}

    assert asked >= {(path, method) for path, methods in routes(settings).items() for method in methods}


def test_every_route_with_data_is_asked_by_somebody_who_is_not_signed_in(settings: Settings) -> None:
    probes = {"/livez", "/readyz", "/metrics"}
    files = {"/static/{name}", "/theme.css", "/theme/{file}"}
    open_to_all = probes | files | {"/openapi.json", "/enter", "/embed", "/session/end"}
    refused = {each.route for each in ASKS if each.state == "out" and each.status == 401}

    assert refused >= routes(settings).keys() - open_to_all


@pytest.fixture
def ask(serve: Serve, orb_router: respx.MockRouter, clock: Clock) -> Any:
    @asynccontextmanager
    async def start(each: Ask) -> AsyncIterator[httpx.Response]:
        if each.state == "down":
            orb_router.route().mock(return_value=answer("error_500", 500))
        else:
            borealis(orb_router)
            listed(orb_router, issued("A"))
            stored(orb_router, issued("A"))
            nothing = {"data": [], "pagination_metadata": {"has_more": False, "next_cursor": None}}
            orb_router.route().mock(return_value=httpx.Response(200, json=nothing))
        customer = None if each.state in ("out", "cookie") else "borealis"
        async with serve(customer) as client:
            if each.state == "cookie":
                client.cookies.set("orrery_session", sign(clock, "borealis"))
            content = f"token={sign(clock, 'borealis')}" if each.content == "token" else each.content
            headers = {"Accept-Encoding": "identity", **each.headers}
            yield await client.request(each.method, each.path, headers=headers, content=content)

    return start


@pytest.mark.parametrize("each", ASKS, ids=str)
async def test_an_answer_has_exactly_the_headers_of_its_kind(ask: Any, each: Ask) -> None:
    async with ask(each) as response:
        found = dict(response.headers)

    wanted = KINDS[each.kind] | MORE.get(response.status_code, {})
    assert response.status_code == each.status, response.text[:300]
    if (
        each.status == 503 or each.state == "down"
    ):  # pages of which the figures alone are missing are answers of their kind
        found = {name: value for name, value in found.items() if name not in ("cache-status", "server-timing")}
        wanted = {name: value for name, value in wanted.items() if name not in ("cache-status", "server-timing")}
    assert found.keys() == wanted.keys()
    assert [name for name in found if not re.fullmatch(wanted[name], found[name])] == []


@pytest.mark.parametrize("path", [path for path, _ in sorted({(each.path.partition("?")[0], 0) for each in ASKS})])
async def test_a_method_that_an_address_does_not_take_is_a_problem(serve: Serve, path: str) -> None:
    async with serve() as client:
        response = await client.request("DELETE", path)

    assert response.status_code in (404, 405)
    wanted = KINDS["problem"] | MORE.get(response.status_code, {})
    if path.startswith("/static/"):
        wanted = {**wanted, **({} if response.status_code == 404 else {"allow": response.headers.get("allow", "")})}
    found = dict(response.headers)
    assert found.keys() - {"allow"} == wanted.keys() - {"allow"}
    assert [name for name in found if not re.fullmatch(wanted[name], found[name])] == []


async def test_on_https_the_browser_is_told_to_stay_there(
    settings: Settings, orb_router: respx.MockRouter, clock: Clock
) -> None:
    borealis(orb_router)
    app = create_app(settings, httpx.MockTransport(orb_router.async_handler), now=clock)
    headers = {"Authorization": f"Bearer {sign(clock, 'borealis')}"}
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://orrery.test", headers=headers) as client:
            for path in ("/", "/api/dashboard", "/static/dashboard.css", "/nowhere", "/livez"):
                response = await client.get(path)
                assert response.headers["strict-transport-security"] == "max-age=31536000"


async def test_the_page_names_who_may_frame_it_and_nothing_else_changes(
    serve: Serve, orb_router: respx.MockRouter, settings: Settings
) -> None:
    borealis(orb_router)
    async with serve(settings=replace(settings, frame_ancestors=("https://app.example.com",))) as client:
        response = await client.get("/")

    wanted = PAGE["content-security-policy"].replace(
        "frame-ancestors 'none'", "frame-ancestors https://app.example.com"
    )
    assert response.headers["content-security-policy"] == wanted
