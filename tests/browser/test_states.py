"""The page of all states, for those who work on them."""

import re
from collections import defaultdict

import httpx
import pytest
from playwright.sync_api import Browser

from app.dashboard import CARDS
from tests.running import Running


def test_every_card_is_there_in_every_state(orrery: Running) -> None:
    page = httpx.get(f"{orrery.url}/_states", trust_env=False, timeout=60).text
    found = defaultdict(set)
    for anchor, status in re.findall(r'<section class="card \w+" id="([\w-]+)"[^>]* data-status="(\w+)"', page):
        found[anchor.partition("-")[0]].add(status)
    assert found["bill"] == {"ready", "empty", "failed", "late"}
    assert {word: {"ready", "empty", "late"} - states for word, states in found.items()} == {
        card.word: set() for card in CARDS
    }
    assert page.count("This is the last that is known.") >= len(CARDS)
    assert len(set(re.findall(r'id="([\w-]+)"', page))) == len(re.findall(r'id="([\w-]+)"', page))


@pytest.mark.parametrize("width", [1280, 320])
def test_no_state_overflows_and_none_asks_for_anything(browser: Browser, orrery: Running, width: int) -> None:
    asked: list[str] = []
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark") as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{orrery.url}/_states", timeout=60_000)
        page.locator("details").evaluate_all("all => all.forEach(each => (each.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert not [url for url in asked if "/cards/" in url or "/api/" in url]
