"""A real Chromium, Debian's, and the service that it looks at."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from tests.running import Running, running

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


expect.set_options(timeout=20_000)  # a busy machine takes its time


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("the browser's tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def orrery() -> Iterator[Running]:
    with running(ORRERY_REFRESH_AGE="0") as found:
        yield found


def blocking(browser: Browser, profile: Path, what: str) -> AbstractContextManager[BrowserContext]:
    """A browser whose owner has forbidden `what` to every site, also to those that they visit."""
    (profile / "Default").mkdir()
    settings = {"profile": {"default_content_setting_values": {what: 2}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(settings))
    return browser.browser_type.launch_persistent_context(profile, executable_path=chromium(), args=QUIET)


def until(page: Page, true: Callable[[], bool]) -> None:
    """Waits for what only a look can tell: our policy allows no page to look by itself, again and again."""
    ends = time.monotonic() + 20
    while not true():
        assert time.monotonic() < ends
        page.wait_for_timeout(20)


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
