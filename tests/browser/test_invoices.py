"""The invoices as a person meets them, and the way into Orb's portal, which Chromium's rules for forms stand before."""

import pytest
from playwright.sync_api import Browser, expect

from app.orb.path import CustomerRef
from app.secret import Secret
from app.settings import SANDBOX_SECRET
from app.web.tokens import Tokens
from tests.browser.conftest import Open
from tests.running import Running


def test_the_button_leads_into_the_portal(browser: Browser, orrery: Running) -> None:
    token = Tokens([Secret(SANDBOX_SECRET)]).sign(
        CustomerRef("external_customer_id", "northwind"), scope="invoices portal"
    )
    with browser.new_context() as context:
        context.request.post(f"{orrery.url}/session", form={"token": token})
        page = context.new_page()
        page.goto(f"{orrery.url}/invoices")
        page.get_by_role("button", name="Open the billing portal").click()
        page.wait_for_url(f"{orrery.panel}/portal?token=*")
        expect(page.get_by_text("Northwind Robotics")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_way_from_the_history_to_one_invoice_and_back(signed_in: Open, orrery: Running, width: int) -> None:
    with signed_in("Halcyon", viewport={"width": width, "height": 900}) as page:
        page.goto(f"{orrery.url}/invoices?limit=3")
        numbers = page.locator(".history th > a:first-child")
        expect(numbers).to_have_count(3)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        number = numbers.first.inner_text()
        numbers.first.click()
        expect(page.get_by_role("heading", name=f"Invoice {number}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="All invoices").click()
        page.goto(f"{orrery.url}/invoices?limit=3")
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("link", name=number)).to_have_count(0)
        page.get_by_role("link", name="Newest").click()
        expect(page.get_by_role("link", name=number)).to_have_count(1)
