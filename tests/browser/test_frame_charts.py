"""The way through a chart inside the frame of another site: pointer, keyboard, what is told, and where."""

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.framing import token
from tests.browser.host import Host
from tests.browser.test_charts import box


def charted(page: Page, frame: FrameLocator, width: int) -> None:
    """Waits until the cost by day and the charts of usage are there, in a window of that width."""
    page.set_viewport_size({"width": width, "height": 800})
    expect(frame.locator("#spend .way")).to_be_attached()
    expect(frame.locator("[data-late]")).to_have_count(0)
    frame.locator("#spend .way").scroll_into_view_if_needed()


def point(page: Page, frame: FrameLocator, share: float) -> None:
    """Moves the pointer to a place of the range, so far from its left end; the host's page is what it moves over."""
    way = box(frame.locator("#spend .way"))
    page.mouse.move(way["x"] + way["width"] * share, way["y"] + way["height"] / 2)


def stays_inside(page: Page, frame: FrameLocator) -> None:
    """What is told of a day is seen whole: the card, and the frame around it, reach as far."""
    tip = box(frame.locator(".tip"))
    for around in (box(frame.locator("#spend")), box(page.locator("iframe"))):
        assert around["x"] <= tip["x"]
        assert tip["x"] + tip["width"] <= around["x"] + around["width"]
        assert around["y"] <= tip["y"]
        assert tip["y"] + tip["height"] <= around["y"] + around["height"]


def day(frame: FrameLocator, n: int) -> str:
    """What the table calls the day of its row `n`."""
    return " ".join((frame.locator("#spend tr[data-at] th").nth(n).text_content() or "").split())


@pytest.mark.parametrize("cards", ["", "cards=spend,usage"], ids=["whole", "single cards"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_pointer_finds_each_day_and_what_is_told_stays_in_the_frame(
    visit: Visit, host: Host, width: int, cards: str
) -> None:
    host.token = token()
    with visit(f"token-url=/token {cards}") as (page, frame):
        charted(page, frame, width)
        count = frame.locator("#spend tr[data-at]").count()
        height = page.locator("iframe").get_attribute("height")
        for n in (0, count // 2, count - 1):
            point(page, frame, (n + 0.5) / count)
            expect(frame.locator(".tip p").first).to_have_text(day(frame, n))
            stays_inside(page, frame)
        assert page.locator("iframe").get_attribute("height") == height  # nothing below the frame moves
        page.mouse.move(2, 2, steps=20)  # as a hand does, through the frame's own margin
        expect(frame.locator(".tip")).to_have_count(0)


def test_the_keyboard_walks_from_the_host_into_a_chart_and_through_its_days(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit() as (page, frame):
        charted(page, frame, 1280)
        way = frame.locator("#spend .way")
        frame.locator(".spend .views a").last.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(way).to_be_focused()
        assert page.evaluate("document.activeElement.tagName") == "IFRAME"
        last = frame.locator("#spend tr[data-at]").count() - 1
        for key, n in (("Home", 0), ("ArrowRight", 1), ("End", last), ("ArrowLeft", last - 1)):
            page.keyboard.press(key)
            expect(way).to_have_attribute("aria-valuetext", re.compile(f"^{re.escape(day(frame, n))}, .*Subtotal "))
            stays_inside(page, frame)
        page.keyboard.press("Escape")
        expect(frame.locator(".tip")).to_have_count(0)


def test_a_page_that_took_the_place_of_another_has_its_ways_too(visit: Visit, host: Host) -> None:
    host.token = token()
    with visit() as (page, frame):
        charted(page, frame, 1280)
        frame.get_by_role("link", name="Invoices").click()
        expect(frame.locator(".history")).to_be_visible()
        frame.get_by_role("link", name="Overview").click()
        charted(page, frame, 1280)
        assert frame.locator("#spend .way").count() == 1
        point(page, frame, 0.01)
        expect(frame.locator(".tip p").first).to_have_text(day(frame, 0))
        stays_inside(page, frame)
