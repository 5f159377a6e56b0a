"""A real Chromium, Debian's, and the service that it looks at."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Request, Route, expect, sync_playwright

from tests.browser.framing import elsewhere, order, policy
from tests.browser.host import Host, hosting
from tests.running import Running, running

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


expect.set_options(timeout=60_000)  # a busy machine takes its time
# What Chromium says of every answer to a script that is a failure.
REFUSED = "Failed to load resource: the server responded with a status of"
SECRET = "a-secret-that-the-sandbox-signs-with"


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def shell() -> str | None:
    """The same without what is around a page, at half the work; it knows no owner who forbids sites something."""
    return shutil.which("chromium-headless-shell") or chromium()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = shell()
    if path is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("the browser's tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def orrery() -> Iterator[Running]:
    with running(ORRERY_REFRESH_AGE="0", ORRERY_PATIENCE="60") as found:
        yield found


def blocking(browser: Browser, profile: Path, what: str) -> AbstractContextManager[BrowserContext]:
    """A browser whose owner has forbidden `what` to every site, also to those that they visit."""
    (profile / "Default").mkdir()
    settings = {"profile": {"default_content_setting_values": {what: 2}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(settings))
    return browser.browser_type.launch_persistent_context(profile, executable_path=chromium(), args=QUIET)


def until(page: Page, true: Callable[[], bool]) -> None:
    """Waits for what only a look can tell: our policy allows no page to look by itself, again and again."""
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends
        page.wait_for_timeout(20)


def settled(page: Page) -> None:
    """Waits until its late cards are there: on a busy machine any card may be one, and is replaced when it comes."""
    expect(page.frames[-1].locator("[data-late]")).to_have_count(0)


def listens(page: Page) -> None:
    """Waits until the page's stream is open and its late cards are there."""
    inside = page.frames[-1]
    until(page, lambda: inside.evaluate("typeof stream === 'object' && stream !== null && stream.readyState === 1"))
    settled(page)


def hide(page: Page, *, hidden: bool) -> None:
    """Lets the page, or what it frames, believe that nobody looks at it."""
    page.frames[-1].evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


def mark(page: Page, card: str) -> None:
    """Whatever is put in the place of a marked card has no mark."""
    page.frames[-1].locator(f"#{card}").evaluate("card => card.setAttribute('data-marked', '')")


def is_renewed(page: Page, card: str) -> None:
    expect(page.frames[-1].locator(f"#{card}:not([data-marked])")).to_have_count(1)


Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def signed_in(browser: Browser, orrery: Running) -> Open:
    """The page of a customer, reached as a person does: by the button on the sign-in page.

    The block fails on anything in the browser's console but that an answer was `refused`, and on a request to any
    other host.
    """

    @contextmanager
    def start(name: str, at: Running = orrery, *, refused: int = 0, **context: Any) -> Iterator[Page]:
        complaints: list[str] = []

        def abroad(request: Request) -> None:
            if not request.url.startswith(at.url):
                complaints.append(request.url)

        with browser.new_context(**context) as found:
            page = found.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", abroad)
            page.goto(at.url)
            page.get_by_role("button", name=name).click()
            page.wait_for_url(f"{at.url}/")
            yield page
        expected = f"Failed to load resource: the server responded with a status of {refused} "
        assert [each for each in complaints if not each.startswith(expected)] == []

    return start


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as found:
        yield found


@pytest.fixture(scope="module")
def service(host: Host) -> Iterator[Running]:
    """One that the host may frame, and that hears of what changes at the sandbox."""
    settings = {
        "ORB_WEBHOOK_SECRET": SECRET,
        "ORRERY_FRAME_ANCESTORS": f"{host.url},https://another.example",
        "ORRERY_SIGN_IN_URL": f"{host.url}/sign-in",
        "ORRERY_REFRESH_AGE": "0",
        "ORRERY_PATIENCE": "60",
        "SANDBOX_RATE_PLAN": "off",
    }
    with running(**settings) as found:
        order(found, "webhooks/endpoints", url=f"{found.url}/webhooks/orb", secret=SECRET)
        yield found


@pytest.fixture(scope="module")
def around(browser: Browser) -> Iterator[BrowserContext]:
    """The browser that shows the host's pages."""
    with browser.new_context() as found:
        yield found


@pytest.fixture(scope="module")
def cookieless(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser whose owner has blocked every cookie, also those of the sites that they visit."""
    with blocking(browser, tmp_path_factory.mktemp("profile"), "cookies") as found:
        yield found


Visit = Callable[..., AbstractContextManager[tuple[Page, FrameLocator]]]


@pytest.fixture
def visit(around: BrowserContext, host: Host, service: Running) -> Visit:
    """The host's page with the element in it; what is asked of `routes` the test answers.

    The block fails on what is in the console, in any frame, but for answers of the status `refused` and what holds
    one of the texts `expected`.
    """

    @contextmanager
    def start(
        element: str = "token-url=/token",
        *,
        src: str = f"{service.url}/embed",
        script: str = "",
        clock: bool = False,
        routes: Mapping[str, Callable[[Route], object]] = MappingProxyType({}),
        refused: int = 0,
        expected: tuple[str, ...] = (),
    ) -> Iterator[tuple[Page, FrameLocator]]:
        complaints: list[str] = []
        host.asked.clear()
        host.scripts = {"/own.js": script}
        host.headers = {"Content-Security-Policy": policy(service, host.url, elsewhere(host))}
        host.pages = {
            "/": f'<title>Host</title><usage-dashboard src="{src}" {element}></usage-dashboard>'
            f'<script src="{service.url}/static/embed.js"></script><script src="/own.js"></script>',
            "/sign-in": "<h1>Sign in here</h1>",
        }
        page = around.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if clock:
            page.clock.install()
        for path, answer in routes.items():
            page.route(path, answer)
        page.goto(host.url)
        yield page, page.frame_locator("usage-dashboard iframe")
        page.close()
        borne = (f"{REFUSED} {refused} ", *expected)
        assert [each for each in complaints if not any(text in each for text in borne)] == []

    return start
