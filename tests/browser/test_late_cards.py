"""Licenses and alerts as a person meets them: they fill in after the page, and work without script."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

WIDTHS = [{"viewport": {"width": width, "height": 900}} for width in (1280, 390, 320)]


def test_late_cards_fill_in_by_themselves(signed_in: Open) -> None:
    with signed_in("Quill") as page:
        expect(page.locator("#licenses .seats tbody tr")).to_have_count(10)
        expect(page.locator("#alerts .alarms > li.fired").first).to_contain_text("The credits are used up.")
        page.get_by_role("link", name="All licenses").click()
        expect(page.locator(".seats tbody tr")).to_have_count(20)
        page.get_by_role("link", name="Next page").click()
        expect(page.locator(".seats tbody tr")).to_have_count(10)
        page.get_by_role("link", name="By day", exact=True).click()
        expect(page.get_by_role("columnheader", name="Day")).to_be_visible()


def test_without_script_late_cards_are_a_link_away(signed_in: Open) -> None:
    with signed_in("Lumen", java_script_enabled=False) as page:
        # Kept from another look, it stands there at once.
        if page.locator("#alerts").get_attribute("data-status") == "late":
            page.locator("#alerts").get_by_role("link").click()
        expect(page.locator("#alerts .alarms > li.fired")).to_contain_text("Dropped to 28,000 credits or below.")


@pytest.mark.parametrize("size", WIDTHS, ids=lambda each: each["viewport"]["width"])
def test_nothing_overflows_once_they_are_there(signed_in: Open, size: dict[str, Any]) -> None:
    with signed_in("Quill", **size) as page:
        expect(page.locator("#licenses .seats tbody tr")).to_have_count(10)
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) == 0
        page.get_by_role("link", name="All licenses").click()
        page.get_by_role("link", name="By license and day").click()
        expect(page.locator(".seats tbody tr")).to_have_count(20)
        assert page.evaluate(overflow) == 0
