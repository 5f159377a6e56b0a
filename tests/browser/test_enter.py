"""A plain link that signs its reader in: the token is in the fragment, and nowhere else, and nowhere afterwards."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request, expect

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens
from tests.browser.host import Host, hosting
from tests.running import Running


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as found:
        yield found


def token() -> str:
    return Tokens([Secret(SANDBOX_SECRET)]).sign(CustomerRef("external_customer_id", "northwind"))


def test_the_link_signs_in_and_leaves_the_token_nowhere(browser: Browser, orrery: Running, host: Host) -> None:
    link = token()
    host.pages = {"/": f'<a href="{orrery.url}/enter#token={link}">My usage</a>'}
    host.headers = {"Referrer-Policy": "unsafe-url"}
    with browser.new_context() as context:
        page = context.new_page()
        requests: list[Request] = []
        complaints: list[str] = []
        page.on("request", lambda request: requests.insert(0, request))
        page.on("console", lambda message: complaints.append(message.text))
        page.add_init_script("addEventListener('beforeunload', () => console.debug(`left ${location.href}`))")
        page.goto(host.url)
        page.get_by_role("link", name="My usage").click()
        page.wait_for_url(f"{orrery.url}/")
        expect(page.get_by_text("Northwind Robotics")).to_be_visible()
        told = [f"{each.url} {each.all_headers().get('referer')}" for each in requests]
        assert any(each.startswith(f"{orrery.url}/session {orrery.url}/enter") for each in told)
        # The browser writes the address of the link with its fragment, which it sends to nobody.
        assert [each for each in told if link in each.replace(f"/enter#token={link} ", "/enter ")] == []
        assert complaints == [f"left {host.url}/", f"left {orrery.url}/enter"]
        (cookie,) = context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")

        page.go_back()
        assert page.url == f"{host.url}/"
        page.go_forward()
        expect(page.get_by_text("Northwind Robotics")).to_be_visible()
        assert page.evaluate("history.length") <= 4


@pytest.mark.parametrize("fragment", ["", "#", "#token=", "#other=x"])
def test_a_link_without_a_token_says_so(browser: Browser, orrery: Running, fragment: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{orrery.url}/enter{fragment}")
        expect(page.get_by_text("This link holds no session.")).to_be_visible()
        assert page.url == f"{orrery.url}/enter"


def test_without_script_it_says_what_is_needed(browser: Browser, orrery: Running) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{orrery.url}/enter#token={token()}")
        expect(page.get_by_text("This link needs JavaScript")).to_be_visible()


def test_a_bad_token_ends_on_a_page_and_the_way_to_sign_in(browser: Browser, orrery: Running) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{orrery.url}/enter#token={token()[:-4]}AAAA")
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        page.get_by_role("link", name="Sign in").click()
        expect(page.get_by_role("heading", name="Whose usage?")).to_be_visible()
