"""The names along the charts, as they are seen: in every language and at every width each has its room."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Running
from tests.thorough import some

LANGUAGES = ("en", "de", "fr", "ja", "pt-BR", "ar")
WIDTHS = (320, 390, 1280)
# Of each chart of the page: from where to where each of its names reaches, beside where the chart does.
NAMES = """() => [...document.querySelectorAll(".plot")].filter(plot => plot.checkVisibility()).map(plot => {
  const reach = each => { const box = each.getBoundingClientRect(); return [box.left, box.right] }
  const names = [...plot.querySelectorAll(".bars > text:not(.level)")].filter(each => each.checkVisibility())
  const told = names.map(each => [each.textContent, ...reach(each)]).sort((one, other) => one[1] - other[1])
  return { card: plot.closest(".card").id, chart: reach(plot), names: told }
})"""


def crowded(page: Page) -> list[Any]:
    """What of the names touches another, or leaves its chart."""
    found: list[Any] = []
    for each in page.evaluate(NAMES):
        assert each["names"], each
        found += [
            (each["card"], name)
            for name, left, right in each["names"]
            if left < each["chart"][0] or right > each["chart"][1] + 0.5
        ]
        found += [
            (each["card"], one[0], other[0])
            for one, other in zip(each["names"], each["names"][1:], strict=False)
            if other[1] - one[2] < 2
        ]
    return found


@pytest.fixture
def shown(browser: Browser, orrery: Running) -> Iterator[Callable[[str, str], Page]]:
    """The page of a customer in a language, once its charts are there."""
    with browser.new_context() as context:
        page = context.new_page()

        def show(customer: str, language: str) -> Page:
            page.set_extra_http_headers(
                {"Authorization": f"Bearer {orrery.token(customer)}", "Accept-Language": language}
            )
            page.goto(orrery.url)
            expect(page.locator(f"html[lang^={language[:2]}]")).to_be_attached()
            for word in ("spend", "usage"):
                expect(page.locator(f"#{word} .way").first).to_be_attached()
            return page

        yield show


@pytest.mark.parametrize("customer", ["northwind", "gulf"], ids=["a month", "a year"])
def test_no_name_of_an_axis_touches_another_or_leaves_its_chart(
    shown: Callable[[str, str], Page], customer: str
) -> None:
    for language in some(LANGUAGES, 3):
        page = shown(customer, language)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert crowded(page) == [], (language, width)


@pytest.mark.parametrize("font", ["monospace", "DejaVu Sans"])
def test_nor_where_letters_are_wider(shown: Callable[[str, str], Page], font: str) -> None:
    page = shown("northwind", "ar")
    page.evaluate("font => document.documentElement.style.setProperty('--font', font)", font)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert crowded(page) == []
