"""The usage card in a real browser: it comes by itself after first paint, and by a link where there is no script."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.running import Running


def test_usage_comes_after_first_paint_by_itself(signed_in: Open) -> None:
    with signed_in("Mote") as page:
        card = page.locator("#usage")
        expect(card).to_have_attribute("data-status", "ready")
        expect(card.locator(".metric svg.bars").first).to_be_visible()
        expect(card).not_to_have_attribute("aria-busy", "true")


def test_without_script_usage_is_behind_a_link(signed_in: Open) -> None:
    with signed_in("Calder", java_script_enabled=False) as page:
        # A question that nobody has asked before.
        page.goto(f"{page.url}?group_by=workspace_id&limit=1")
        assert page.locator("#usage").get_attribute("data-status") == "late"
        page.locator("#usage").get_by_role("link", name="Wait for it here").click()
        expect(page.locator("#usage")).to_have_attribute("data-status", "ready")


def test_every_day_of_a_chart_says_what_it_is_and_stands_in_the_table(signed_in: Open) -> None:
    with signed_in("Chorus", java_script_enabled=False) as page:
        page.goto(f"{page.url}cards/usage")
        card = page.locator("#usage")
        expect(card).to_have_attribute("data-status", "ready")
        chart = card.locator(".metric").first
        days = card.locator("tbody tr").count()
        assert chart.locator("rect title").count() == days > 0
        card.locator("summary", has_text="View as table").click()
        expect(card.get_by_role("table")).to_be_visible()


def test_with_script_one_way_takes_the_place_of_all_its_days(signed_in: Open) -> None:
    with signed_in("Chorus") as page:
        chart = page.locator("#usage .metric").first
        expect(chart.locator(".way")).to_be_attached()
        expect(chart.locator(".bars rect")).to_have_count(0)


def test_it_fits_a_narrow_screen_with_groups_too(signed_in: Open, orrery: Running) -> None:
    with signed_in("Northwind", viewport={"width": 320, "height": 700}) as page:
        page.goto(f"{orrery.url}/cards/usage?group_by=workspace_id")
        expect(page.locator("#usage table.groups").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
