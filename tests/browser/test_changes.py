"""An open page renews what Orb says has changed, and leaves alone what a person is doing."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import SECRET, Open, hide, is_renewed, listens, mark
from tests.browser.framing import order, pass_until
from tests.running import Running, running


@pytest.fixture(scope="module")
def hooked() -> Iterator[Running]:
    with running(ORB_WEBHOOK_SECRET=SECRET, ORRERY_PATIENCE="60") as found:
        order(found, "webhooks/endpoints", url=f"{found.url}/webhooks/orb", secret=SECRET)
        yield found


def test_an_open_page_shows_the_new_figure_by_itself(signed_in: Open, hooked: Running) -> None:
    with signed_in("Northwind", at=hooked) as page:
        listens(page)
        figure = page.locator("#bill .figure").first
        before = figure.inner_text()
        mark(page, "spend")
        page.locator("#bill details summary").first.click()
        page.locator("#bill details summary").first.focus()
        order(hooked, "clock", advance=3600)
        order(hooked, "webhooks/fire", type="invoice.edited", customer="northwind")
        expect(figure).not_to_have_text(before)
        expect(page.locator("#bill details").first).to_have_attribute("open", "")
        expect(page.locator("#bill details summary").first).to_be_focused()
        expect(page.locator("#spend[data-marked]")).to_have_count(1)
        httpx.delete(f"{hooked.panel}/clock", trust_env=False)


def test_a_renewal_that_fails_leaves_the_card_as_it_was(signed_in: Open, hooked: Running) -> None:
    with signed_in("Halcyon", at=hooked) as page:
        listens(page)
        mark(page, "alerts")
        mark(page, "bill")
        page.route("**/cards/alerts", lambda route: route.fulfill(content_type="text/html", body="<p id=other>"))
        order(hooked, "webhooks/fire", type="customer.edited", customer="halcyon")
        is_renewed(page, "bill")
        expect(page.locator("#alerts[data-marked]")).to_have_count(1)
        assert page.locator("#alerts").get_attribute("aria-busy") is None


def test_a_page_that_nobody_looks_at_gives_its_connection_back(signed_in: Open, hooked: Running) -> None:
    with signed_in("Meridian", at=hooked) as page:
        listens(page)
        page.clock.install()
        hide(page, hidden=True)
        page.clock.run_for(59_000)
        assert page.evaluate("stream !== null")
        page.clock.run_for(2_000)
        assert page.evaluate("stream === null")
        mark(page, "bill")
        hide(page, hidden=False)
        is_renewed(page, "bill")
        assert page.evaluate("stream !== null")


def test_a_short_look_elsewhere_costs_nothing(signed_in: Open, hooked: Running) -> None:
    with signed_in("Quill", at=hooked) as page:
        listens(page)
        page.clock.install()
        mark(page, "bill")
        hide(page, hidden=True)
        page.clock.run_for(10_000)
        hide(page, hidden=False)
        page.clock.run_for(120_000)
        assert page.evaluate("stream !== null && stream.readyState === 1")
        expect(page.locator("#bill[data-marked]")).to_have_count(1)


def test_a_page_without_a_card_listens_to_nobody(signed_in: Open, hooked: Running) -> None:
    with signed_in("Lumen", at=hooked) as page:
        listens(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{hooked.url}/invoices")
        expect(page.locator("h2").first).to_be_visible()
        assert not [each for each in asked if each.endswith("/api/changes")]


def test_without_script_nobody_listens(signed_in: Open, hooked: Running) -> None:
    with signed_in("Lumen", at=hooked, java_script_enabled=False) as page:
        expect(page.locator("#bill")).to_be_visible()
        expect(page.locator("[aria-busy=true]:not([data-late])")).to_have_count(0)


def test_after_an_answer_that_is_no_stream_it_listens_again_in_a_minute(signed_in: Open, hooked: Running) -> None:
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=204)

    with signed_in("Sunset", at=hooked) as page:
        listens(page)
        page.clock.install()
        page.route("**/api/changes", refuse)
        page.reload()
        pass_until(page, lambda: page.evaluate("stream === null"))
        mark(page, "bill")
        page.clock.run_for(30_000)
        assert len(asked) == 1
        page.unroute("**/api/changes")
        pass_until(page, lambda: page.evaluate("stream !== null && stream.readyState === 1"))
        is_renewed(page, "bill")
