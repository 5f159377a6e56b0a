"""Explore as a person meets it: filled in, run on purpose, read as picture, table and file."""

import csv
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.running import Running

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def fill(page: Page, orrery: Running) -> None:
    page.goto(f"{orrery.url}/explore")
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Group by").select_option("Workspace")


@pytest.mark.parametrize(
    ("name", "script"), [("Meridian", True), ("Quill", False)], ids=["with script", "without script"]
)
def test_a_query_runs_on_the_button_and_comes_as_table_link_and_file(
    signed_in: Open, orrery: Running, tmp_path: Path, name: str, script: bool
) -> None:
    with signed_in(name, java_script_enabled=script) as page:
        orrery.forget()
        fill(page, orrery)
        assert not any("/prices/" in each["path"] for each in orrery.requests())
        page.get_by_role("button", name="Run query").click()
        result = page.get_by_role("region", name="Result")
        rows = result.locator("tbody tr")
        count = rows.count()
        assert count > 1
        assert page.get_by_role("checkbox").first.is_checked()
        with page.expect_download() as downloaded:
            page.get_by_role("button", name="Download CSV").click()
        downloaded.value.save_as(tmp_path / "explore.csv")
        result.get_by_role("link", name="Link to this query").click()
        expect(page.get_by_label("Group by")).to_have_value("workspace_id")
        assert page.get_by_role("checkbox").first.is_checked()
        assert page.get_by_role("region", name="Result").count() == 0

    with (tmp_path / "explore.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == count


def test_hours_are_drawn_and_stand_in_a_table(signed_in: Open, orrery: Running) -> None:
    with signed_in("Calder") as page:
        fill(page, orrery)
        page.get_by_label("Group by").select_option("Hour")
        page.get_by_role("button", name="Run query").click()
        expect(page.locator("footer")).to_be_attached()  # the end of the page
        way = page.locator("#result .way").first
        hours = int(way.get_attribute("max") or 0) - int(way.get_attribute("min") or 0) + 1
        assert 24 < page.locator("#result tbody tr").count() <= hours
        cells = page.locator("#result tbody tr").first.locator("th, td:not(.bar)").all_text_contents()
        way.focus()
        page.keyboard.press("Home")
        expect(page.locator("#result .way").first).to_have_attribute(
            "aria-valuetext", f"{cells[0]}, Quantity {cells[1]}, Subtotal {cells[2]}"
        )
        page.locator("#result summary").click()
        expect(page.locator("#result tbody tr").first).to_be_visible()


def test_an_estimate_says_that_it_is_one(signed_in: Open, orrery: Running) -> None:
    with signed_in("Halcyon") as page:
        page.goto(f"{orrery.url}/explore")
        page.get_by_label("Name of the event").fill("anything")
        page.get_by_role("button", name="Estimate").click()
        expect(page.get_by_role("region", name="Estimate", exact=True)).to_contain_text("An estimate: made-up events")
        expect(page.get_by_label("Name of the event")).to_have_value("anything")


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_overflows(signed_in: Open, orrery: Running, width: int) -> None:
    variant: dict[str, Any] = {"viewport": {"width": width, "height": 900}}
    with signed_in("Mote", **variant) as page:
        fill(page, orrery)
        page.get_by_role("button", name="Run query").click()
        expect(page.get_by_role("region", name="Result")).to_be_visible()
        assert page.evaluate(OVERFLOW) == 0
