"""The sandbox's control panel in a real Chromium."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.running import Running


@pytest.fixture(params=["light", "dark"])
def panel(browser: Browser, orrery: Running, request: Any) -> Iterator[Page]:
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=request.param) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(orrery.panel)
        yield page
    httpx.delete(f"{orrery.panel}/faults", trust_env=False)
    httpx.delete(f"{orrery.panel}/clock", trust_env=False)
    refused = "Failed to load resource: the server responded with a status of 400 (Bad Request)"
    assert [each for each in complaints if each != refused] == []


def test_a_fault_is_added_and_cleared_by_its_forms(panel: Page, orrery: Running) -> None:
    panel.get_by_label("Route").select_option("credits_ledger")
    panel.get_by_label("Kind").select_option("drip")
    panel.get_by_label("Times").fill("-1")
    panel.get_by_role("button", name="Add fault").click()
    panel.wait_for_url("**/_sandbox#faults")
    (fault,) = httpx.get(f"{orrery.panel}/faults", trust_env=False).json()["data"]
    assert (fault["route"], fault["kind"], fault["times"]) == ("credits_ledger", "drip", -1)
    panel.get_by_role("button", name="Clear faults").click()
    panel.get_by_text("None is in force.").wait_for()


def test_a_wrong_time_is_named_where_it_was_given(panel: Page) -> None:
    panel.get_by_label("Advance by seconds").fill("1e13")
    panel.get_by_role("button", name="Advance").click()
    assert "advance: must be from 1970" in panel.get_by_role("alert").inner_text()


def test_it_is_styled_and_fits_a_phone(panel: Page) -> None:
    assert panel.evaluate("document.documentElement.scrollWidth") == 390
    assert panel.locator("main").evaluate("e => getComputedStyle(e).display") == "grid"
