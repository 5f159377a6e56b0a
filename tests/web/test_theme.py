"""How pages are dressed, and what of it everybody may fetch."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import respx

from app.settings import Settings
from app.theme import read as read_themes
from tests.conftest import Serve
from tests.orb.answers import borealis
from tests.orb.bills import issued, listed, stored
from tests.test_artwork import png, svg, woff2

LOGO, DARK, FONT = svg("<path d='M0 0h9v9z'/>"), png(60, 30), woff2(b"\x2f\x07")
ACCENT = {"light": "#0a6b4f", "dark": "#3fc79a"}
THEME = {
    "name": "Aurora & Söhne",
    "logo": "logo.svg",
    "logo_dark": "dark.png",
    "accent": ACCENT,
    "s2": "#3a7bd5",
    "radius": 0,
    "font": "Aurora Sans, serif",
    "font_file": "aurora.woff2",
    "themes": {
        "night": {"scheme": "dark"},
        "partner": {"name": "<Partner>", "accent": {"light": "#123456"}},
    },
}
HTML = {"Accept": "text/html"}
Themed = Callable[..., Settings]


@pytest.fixture
def themed(settings: Settings, tmp_path: Path) -> Themed:
    def start(**more: object) -> Settings:
        for name, data in {"logo.svg": LOGO, "dark.png": DARK, "aurora.woff2": FONT}.items():
            (tmp_path / name).write_bytes(data)
        found = read_themes(THEME | more, tmp_path)
        return replace(settings, theme=found, frame_ancestors=("https://app.example.com",), sandbox=False)

    return start


def world(orb_router: respx.MockRouter) -> None:
    """An Orb in which every page has something to show."""
    borealis(orb_router)
    listed(orb_router, issued("A"))
    stored(orb_router, issued("A"))
    nothing = {"data": [], "pagination_metadata": {"has_more": False, "next_cursor": None}}
    orb_router.route().mock(return_value=httpx.Response(200, json=nothing))


def links(page: str) -> list[str]:
    """Their addresses, without the hash that files of ours have in theirs."""
    return [
        re.sub(r"\.[0-9a-f]{12}\.", ".", each) for each in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    ]


def scheme(page: str) -> str | None:
    found = re.search(r'<html [^>]*data-theme="(\w+)"', page)
    return found[1] if found else None


async def pages(client: httpx.AsyncClient) -> dict[str, str]:
    """A page of each shell."""
    paths = ("/", "/cards/bill", "/explore", "/invoices", "/licenses", "/embed", "/enter", "/nowhere")
    return {path: (await client.get(path, headers=HTML)).text for path in paths}


async def test_without_a_theme_no_page_asks_for_one_and_the_sheet_is_empty(
    serve: Serve, settings: Settings, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    async with serve(settings=replace(settings, frame_ancestors=("https://app.example.com",))) as client:
        found = await pages(client)
        sheet = await client.get("/theme.css")

    assert {(*links(page),) for page in found.values()} == {("/static/dashboard.css",)}
    assert not any("brand" in page or scheme(page) for page in found.values())
    assert (sheet.status_code, sheet.content) == (200, b"")


async def test_every_page_names_the_sheet_after_ours_and_by_what_is_in_it(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    async with serve(settings=themed()) as client:
        found = await pages(client)
        (address,) = {links(page)[-1] for page in found.values()}
        sheet = await client.get(address)
    async with serve(settings=themed(radius=1)) as client:
        changed = links((await client.get("/")).text)[-1]

    assert {links(page)[0] for page in found.values()} == {"/static/dashboard.css"}
    assert re.fullmatch(r"/theme\.css\?v=[0-9a-f]{16}", address)
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert changed != address


async def test_the_sheet_says_what_differs_from_ours_and_nothing_else(serve: Serve, themed: Themed) -> None:
    async with serve(None, settings=themed()) as client:
        sheet = (await client.get("/theme.css")).text

    assert re.findall(r"(--[\w-]+): ([^;]+);", sheet) == [
        ("--accent", "light-dark(#0a6b4f, #3fc79a)"),
        ("--s2", "light-dark(#3a7bd5, #3a7bd5)"),
        ("--radius", "0px"),
        ("--font", '"Aurora Sans", serif, system-ui, sans-serif'),
    ]
    assert re.search(r'@font-face \{ font-family: "Aurora Sans"; src: url\("/theme/font-[0-9a-f]{16}\.woff2"\)', sheet)
    assert "font-weight: 100 900" in sheet
    assert "@layer" not in sheet
    assert "http" not in sheet


async def test_the_address_of_the_contract_answers_with_a_tag_and_with_304(serve: Serve, themed: Themed) -> None:
    async with serve(None, settings=themed()) as client:
        found = await client.get("/theme.css")
        again = await client.get("/theme.css", headers={"If-None-Match": f'"x", W/{found.headers["etag"]}'})
        other = await client.get("/theme.css", headers={"If-None-Match": '"x"'})
        gone = await client.get("/theme.css?v=0123456789abcdef")

    assert found.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", found.headers["etag"])
    assert (other.status_code, other.content) == (200, found.content)
    assert (gone.content, gone.headers["cache-control"]) == (found.content, "no-cache")


async def test_logo_and_font_come_from_here_and_never_change(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    async with serve(settings=themed()) as client:
        page, sheet = (await client.get("/")).text, (await client.get("/theme.css")).text
        named = sorted(set(re.findall(r'"(/theme/[^"]+)"', page + sheet)))
        found = [await client.get(path) for path in named]
        missing = [await client.get(path) for path in ("/theme/logo.svg", "/theme/..%2ftheme.toml", "/theme/")]

    assert [(each.content, each.headers["content-type"]) for each in found] == [
        (FONT, "font/woff2"),
        *sorted([(LOGO, "image/svg+xml"), (DARK, "image/png")], key=lambda each: named_like(named, each[1])),
    ]
    for each in found:
        assert each.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["cross-origin-resource-policy"] == "same-origin"
        policy = "default-src 'none'; frame-ancestors 'none'"
        is_drawing = each.content == LOGO
        assert each.headers["content-security-policy"] == (f"{policy}; sandbox" if is_drawing else policy)
    assert [each.status_code for each in missing] == [404, 404, 404]
    assert {each.headers["cache-control"] for each in missing} == {"private, no-store"}


def named_like(named: list[str], media_type: str) -> int:
    suffix = "svg" if "svg" in media_type else "png"
    return next(place for place, path in enumerate(named) if path.endswith(suffix))


async def test_the_logo_stands_before_the_title_and_is_read_out_by_its_name(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    async with serve(settings=themed()) as client:
        found = await pages(client)

    assert "<title>Invoices – Usage – Aurora &amp; Söhne</title>" in found["/invoices"]
    assert "<title>Usage – Aurora &amp; Söhne</title>" in found["/nowhere"]
    heading = found["/"].split("<h1>")[1].split("</h1>")[0]
    assert re.search(r'<img src="/theme/logo-\w+\.svg" width="112" height="28" alt="Aurora &amp; Söhne">', heading)
    assert re.search(r'<source srcset="/theme/logo-\w+\.png" .*media="\(prefers-color-scheme: dark\)">', heading)
    assert heading.endswith("Usage</a>")
    assert "/theme/logo-" in found["/nowhere"]
    assert "/theme/logo-" not in found["/embed"]


async def test_without_a_logo_the_name_stands_there(serve: Serve, themed: Themed, orb_router: respx.MockRouter) -> None:
    world(orb_router)
    async with serve(settings=themed(), theme="partner") as client:
        page = (await client.get("/")).text

    assert '<span class="brand beside"><bdi>&lt;Partner&gt;</bdi></span> Usage' in page
    assert "<img" not in page


@pytest.mark.parametrize(
    ("claim", "dressed", "accent"),
    [
        (None, None, "#0a6b4f"), ("dark", "dark", "#0a6b4f"), ("light", "light", "#0a6b4f"),
        ("night", "dark", "#0a6b4f"), ("partner", None, "#123456"), ("unknown", None, "#0a6b4f"),
    ],
)  # fmt: skip
async def test_the_token_picks_a_theme_or_a_scheme_and_what_is_unknown_is_as_none(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter, claim: str | None, dressed: str | None, accent: str
) -> None:
    world(orb_router)
    async with serve(settings=themed(), **({"theme": claim} if claim else {})) as client:
        page = (await client.get("/")).text
        missing = [
            (await client.get(path, headers=HTML)).text for path in ("/invoices/Nothing", "/nowhere", "/refresh")
        ]
        sheet = (await client.get(links(page)[-1])).text

    assert scheme(page) == dressed
    assert f"--accent: light-dark({accent}, " in sheet
    for answer in missing:
        assert (links(answer)[-1], scheme(answer)) == (links(page)[-1], dressed)
    assert f'<meta name="color-scheme" content="{dressed or "light dark"}">' in page


@pytest.mark.parametrize("claim", ["dark", "light"])
async def test_without_a_theme_the_token_still_picks_the_scheme(
    serve: Serve, orb_router: respx.MockRouter, claim: str
) -> None:
    world(orb_router)
    async with serve(theme=claim) as client:
        page = (await client.get("/")).text

    assert (scheme(page), links(page)) == (claim, ["/static/dashboard.css"])


async def test_a_dark_page_has_the_dark_logo_whatever_the_system_says(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    async with serve(settings=themed(), theme="night") as client:
        page = (await client.get("/")).text

    assert re.findall(r"<(source|img) \w+=\"/theme/logo-\w+\.(\w+)", page) == [("img", "png")]


async def test_a_theme_of_one_scheme_is_so_on_every_page(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    async with serve(settings=themed(scheme="light")) as client:
        found = await pages(client)

    assert {scheme(page) for page in found.values()} == {"light"}


async def test_the_frame_takes_light_or_dark_from_the_page_around_and_nothing_else(
    serve: Serve, themed: Themed
) -> None:
    async with serve(None, settings=themed(scheme="light")) as client:
        shells = [(await client.get(f"/embed{query}")).text for query in ("", "?theme=dark", "?theme=light")]
        refused = [await client.get(f"/embed?theme={word}") for word in ("", "night", "partner", "Dark", "x%22%3E")]

    assert [scheme(shell) for shell in shells] == ["light", "dark", "light"]
    assert [re.findall(r'data-picked="(\w+)"', shell) for shell in shells] == [[], ["dark"], ["light"]]
    assert {each.status_code for each in refused} == {400}
    assert {each.json()["code"] for each in refused} == {"bad_query"}


async def test_a_document_is_the_same_whatever_the_look(
    serve: Serve, themed: Themed, orb_router: respx.MockRouter
) -> None:
    world(orb_router)
    tags = []
    for claim in ("night", "partner"):
        async with serve(settings=themed(), theme=claim) as client:
            tags.append((await client.get("/api/cards/bill")).headers["etag"])

    assert tags[0] == tags[1]


async def test_nobody_has_to_be_signed_in_to_be_dressed(serve: Serve, themed: Themed) -> None:
    async with serve(None, settings=themed()) as client:
        page = await client.get("/")
        sheet = await client.get(links(page.text)[-1])

    assert page.status_code == 401
    assert "/theme/logo-" in page.text
    assert sheet.status_code == 200
