"""A theme in a real browser: the colours that are seen, in both schemes, and in a frame."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens
from tests.browser.conftest import Open, settled
from tests.browser.host import Host, hosting
from tests.running import Running, running
from tests.test_artwork import svg

THEME = """
name = "Aurora"
logo = "logo.svg"
logo_dark = "dark.svg"
accent = {light = "#0a6b4f", dark = "#3fc79a"}
background = {light = "#f6f4ee", dark = "#101512"}
radius = 0
font = "monospace"

[themes.night]
scheme = "dark"
radius = 24

[themes.partner]
name = "A partner with a name that is rather long"
"""
# What stays in its own colours only where the drawing's own style counts.
DRAWING = (
    "<style>.a{{fill:{0}}}</style><rect class='a' width='60' height='30'/><path style='fill:{0}' d='M60 0h60v30h-60z'/>"
)
LIGHT, DARK = "rgb(246, 244, 238)", "rgb(16, 21, 18)"


def token(**more: str) -> str:
    return Tokens([Secret(SANDBOX_SECRET)]).sign(CustomerRef("external_customer_id", "northwind"), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as found:
        yield found


@pytest.fixture(scope="module")
def themed(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("theme")
    (folder / "theme.toml").write_text(THEME)
    (folder / "logo.svg").write_bytes(svg(DRAWING.format("#ff0000")))
    (folder / "dark.svg").write_bytes(svg(DRAWING.format("#00ff00")))
    settings = {
        "ORRERY_THEME": str(folder / "theme.toml"),
        "ORRERY_FRAME_ANCESTORS": host.url,
        "SANDBOX_RATE_PLAN": "off",
    }
    with running(**settings) as found:
        yield found


@pytest.mark.parametrize(
    ("scheme", "background", "accent"), [("light", LIGHT, "10, 107, 79"), ("dark", DARK, "63, 199, 154")]
)
def test_the_colours_are_the_operators_in_both_schemes(
    signed_in: Open, themed: Running, scheme: str, background: str, accent: str
) -> None:
    with signed_in("Northwind", at=themed, color_scheme=scheme) as page:
        expect(page.locator("body")).to_have_css("background-color", background)
        expect(page.locator(".places a[aria-current]")).to_have_css("border-bottom-color", f"rgb({accent})")
        expect(page.locator(".card").first).to_have_css("border-radius", "0px")
        expect(page.locator(".refresh button")).to_have_css("border-radius", "0px")
        expect(page.locator("body")).to_have_css("font-family", re.compile("^monospace"))
        expect(page).to_have_title("Usage – Aurora")
        expect(page.get_by_role("heading", name="Aurora Usage")).to_be_visible()


@pytest.mark.parametrize(("scheme", "colour"), [("light", "255,0,0"), ("dark", "0,255,0")])
def test_the_logo_is_shown_in_its_own_colours_under_its_own_policy(
    signed_in: Open, themed: Running, scheme: str, colour: str
) -> None:
    with signed_in("Northwind", at=themed, color_scheme=scheme) as page:
        shown = page.evaluate(
            """() => {
              const [logo, canvas] = [document.querySelector(".brand img"), document.createElement("canvas")];
              const brush = canvas.getContext("2d", { willReadFrequently: true });
              brush.drawImage(logo, 0, 0, 120, 30);
              return [20, 100].map((x) => brush.getImageData(x, 15, 1, 1).data.slice(0, 3).join());
            }"""
        )
        assert shown == [colour, colour]


def test_a_token_picks_the_dark_theme_where_the_system_is_light(browser: Browser, themed: Running) -> None:
    context = browser.new_context(color_scheme="light")
    cookie = {"name": "orrery_session", "value": token(theme="night"), "url": themed.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(themed.url)
    expect(page.locator("body")).to_have_css("background-color", DARK)
    expect(page.locator(".card").first).to_have_css("border-radius", "24px")
    page.goto(f"{themed.url}/invoices/nothing")
    expect(page.locator("body")).to_have_css("background-color", DARK)
    page.emulate_media(media="print")
    expect(page.locator("body")).to_have_css("background-color", LIGHT)  # on paper it is light all the same
    context.close()


@pytest.mark.parametrize("width", [320, 600, 800])
def test_a_long_name_lies_under_nothing_and_makes_no_page_wider(browser: Browser, themed: Running, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 600})
    cookie = {"name": "orrery_session", "value": token(theme="partner"), "url": themed.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(themed.url)
    settled(page)
    title, stamp = page.evaluate(
        """() => ["h1", "[data-stamp]"].map((selector) => {
          const range = document.createRange();
          range.selectNodeContents(document.querySelector(selector));
          return range.getBoundingClientRect().toJSON();
        })"""
    )
    assert title["right"] <= stamp["left"] or title["bottom"] <= stamp["top"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


@pytest.mark.parametrize(
    ("attribute", "claim", "background", "radius"),
    [
        ("", {}, LIGHT, "0px"),
        ("theme=dark", {}, DARK, "0px"),
        ("", {"theme": "night"}, DARK, "24px"),
        ("theme=light", {"theme": "night"}, LIGHT, "24px"),
        ("theme=night", {}, LIGHT, "0px"),
    ],
)
def test_a_frame_is_dressed_by_its_token_and_light_or_dark_as_the_page_around_says(
    browser: Browser, themed: Running, host: Host, attribute: str, claim: dict[str, str], background: str, radius: str
) -> None:
    host.token = token(**claim)
    host.pages = {
        "/": f'<usage-dashboard src="{themed.url}/embed" token-url="/token" {attribute}></usage-dashboard>'
        f'<script src="{themed.url}/static/embed.js"></script>'
    }
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(host.url)
    frame = page.frame_locator("usage-dashboard iframe")
    expect(frame.locator(".bill .figure").first).to_contain_text("$")
    expect(frame.locator(".card").first).to_have_css("border-radius", radius)
    expect(frame.locator("body")).to_have_css("background-color", background)
    expect(frame.locator(".brand")).to_have_count(0)
    if attribute == "":
        page.evaluate("document.querySelector('usage-dashboard').setAttribute('theme', 'dark')")
        expect(frame.locator("body")).to_have_css("background-color", DARK)
        expect(page.locator("iframe")).to_have_attribute("src", re.compile(r"/embed\?theme=dark$"))
    assert complaints == []
    context.close()
