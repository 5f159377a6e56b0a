"""What the tests of the frame and of its element do with the page around it."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import FrameLocator, Page, expect

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens
from tests.browser.host import Host
from tests.running import Running


def token(customer: str = "northwind", **more: Any) -> str:
    return Tokens([Secret(SANDBOX_SECRET)]).sign(CustomerRef("external_customer_id", customer), **more)


def give(page: Page, given: object) -> None:
    """Sets the element's property."""
    page.evaluate(f"document.querySelector('usage-dashboard').token = {json.dumps(given)}")


def figure(frame: FrameLocator) -> str:
    """The amount due that is shown, once it is."""
    shown = frame.locator(".bill .figure").first
    expect(shown).to_contain_text("$")
    return shown.inner_text()


def ended(frame: FrameLocator) -> None:
    """Waits until the frame says that its session has ended, and shows nobody's figures."""
    expect(frame.get_by_role("heading", name="Your session has ended")).to_be_visible()
    expect(frame.locator("body > *")).to_have_count(1)


def pass_until(page: Page, true: Callable[[], bool]) -> None:
    """Lets the page's own clock run, second by second, until something has come of it: answers come by the real one."""
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends
        page.clock.run_for(1_000)
        page.wait_for_timeout(20)


def pass_slowly(page: Page, seconds: int) -> None:
    """Lets the page's own clock run, and the page do what has come meanwhile."""
    for _ in range(seconds):
        page.clock.run_for(1_000)
        page.wait_for_timeout(5)


def times(host: Host, path: str) -> int:
    return sum(1 for asked, _ in host.asked if asked == path)


def elsewhere(host: Host) -> str:
    """The same server, by a name that makes it another site."""
    return host.url.replace("localhost", "127.0.0.1")


def policy(service: Running, *frames: str) -> str:
    """A host that allows us what we need, and nothing inline."""
    framed = " ".join((service.url, *frames))
    return (
        f"default-src 'none'; script-src 'self' {service.url}/static/embed.js; frame-src {framed}; "
        "connect-src 'self'; style-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def order(orrery: Running, what: str, **said: Any) -> None:
    """Tells the sandbox something by its panel."""
    httpx.post(f"{orrery.panel}/{what}", json=said, trust_env=False).raise_for_status()
