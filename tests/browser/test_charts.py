"""The way through a chart: one range over its days, for pointer, touch, keyboard and screen reader alike."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import Open, until
from tests.running import Running

NORTHWIND = "Northwind Robotics"
WIDTHS = [pytest.param({"viewport": {"width": width, "height": 800}}, id=str(width)) for width in (1280, 390, 320)]
# Of each row of the table: its day, the prices that are told one by one, the others as one, the subtotal.
TOLD = """card => [...card.querySelectorAll("tr[data-at]")].map(row => {
  const text = cell => cell.textContent.replace(/\\s+/g, " ").trim()
  const heads = [...row.closest("table").tHead.rows[0].cells].map(text)
  const cells = [...row.cells].map(text)
  const last = cells.length - 1
  const told = [1, 2, 3, 4, 5].map(n => `${heads[n]} ${cells[n]}`)
  return [cells[0], ...told, `${heads[last]} ${cells[last]}`]
})"""


@pytest.fixture
def charted(signed_in: Open) -> Open:
    """The page of a customer whose cost by day is there: on a busy machine that card may come late."""

    @contextmanager
    def start(name: str = NORTHWIND, path: str = "", **context: Any) -> Iterator[Page]:
        with signed_in(name, **context) as page:
            if path:
                page.goto(page.url.rstrip("/") + path)
            expect(way(page)).to_be_attached()
            yield page

    return start


def way(page: Page) -> Locator:
    return page.locator("#spend .way").first


def told(page: Page) -> str:
    return way(page).get_attribute("aria-valuetext") or ""


def box(element: Locator) -> FloatRect:
    found = element.bounding_box()
    assert found
    return found


def place(page: Page, share: float) -> tuple[float, float]:
    """A point of the range, so far from its left end."""
    way(page).scroll_into_view_if_needed()
    found = box(way(page))
    return found["x"] + found["width"] * share, found["y"] + found["height"] / 2


def inside(page: Page, inner: str, outer: str) -> bool:
    """Whether all that is seen of one element lies in another, from left to right."""
    first, second = box(page.locator(inner)), box(page.locator(outer))
    return second["x"] <= first["x"] and first["x"] + first["width"] <= second["x"] + second["width"]


def test_every_day_is_told_in_the_words_of_the_table(charted: Open) -> None:
    with charted() as page:
        rows = page.locator("#spend").evaluate(TOLD)
        way(page).focus()
        page.keyboard.press("Home")
        for day, *figures in rows:
            said = told(page)
            assert said.startswith(f"{day}, ")
            assert re.sub(
                r", Other prices \(\d+\) [^,]*?(?=, Subtotal)", "", said.removeprefix(f"{day}, ")
            ) == ", ".join(figures)
            page.keyboard.press("ArrowRight")
        assert told(page).startswith(rows[-1][0])  # nothing comes after today


def test_the_keyboard_reaches_it_and_walks_it(charted: Open) -> None:
    with charted() as page:
        page.locator(".spend .views a").last.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(way(page)).to_be_focused()
        expect(page.locator(".tip")).to_contain_text("so far")
        last = int(way(page).input_value())
        page.keyboard.press("ArrowLeft")
        assert int(way(page).input_value()) == last - 1
        page.keyboard.press("Home")
        assert way(page).input_value() == "0"
        page.keyboard.press("End")
        assert int(way(page).input_value()) == last
        page.keyboard.press("Escape")
        expect(page.locator(".tip")).to_have_count(0)
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".tip")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.locator(".tip")).to_have_count(0)


@pytest.mark.parametrize("context", WIDTHS)
def test_the_pointer_finds_the_day_that_it_is_at_and_nothing_leaves_the_card(
    charted: Open, signed_in: Open, context: dict[str, Any]
) -> None:
    with charted(**context) as page, signed_in(NORTHWIND, **context, java_script_enabled=False) as plain:
        until(plain, lambda: plain.reload() is not None and plain.locator("#spend .bars rect").count() > 0)
        days = page.locator("#spend tr[data-at]")
        count = days.count()
        for day in (0, count // 2, count - 1):
            page.mouse.move(*place(page, (day + 0.5) / count))
            expect(page.locator(".tip p").first).to_have_text(days.nth(day).locator("th").text_content() or "")
            assert inside(page, ".tip", "#spend")
            assert page.evaluate("document.documentElement.scrollWidth") <= context["viewport"]["width"]
            # The band stands where that very day is pointed at without script.
            bar, band = box(plain.locator("#spend .bars rect").nth(day)), box(page.locator(".band"))
            assert (band["x"], band["width"]) == pytest.approx((bar["x"], bar["width"]), abs=1)
        page.mouse.move(2, 2)
        expect(page.locator(".tip")).to_have_count(0)


def test_a_pressed_thumb_stands_where_the_pointer_is(charted: Open) -> None:
    with charted() as page:
        count = page.locator("#spend tr[data-at]").count()
        page.mouse.move(*place(page, 0.5 / count))
        page.mouse.down()
        for day in range(count):
            page.mouse.move(*place(page, (day + 0.5) / count))
            assert way(page).input_value() == str(day)
        page.mouse.up()


def test_a_finger_chooses_a_day_which_stays_until_another_place_is_touched(charted: Open) -> None:
    with charted(has_touch=True, viewport={"width": 390, "height": 800}) as page:
        count = page.locator("#spend tr[data-at]").count()
        page.touchscreen.tap(*place(page, 3.5 / count))
        expect(way(page)).to_have_value("3")
        expect(page.locator(".tip")).to_be_visible()
        assert inside(page, ".tip", "#spend")
        page.touchscreen.tap(*place(page, 6.5 / count))
        expect(way(page)).to_have_value("6")
        expect(page.locator(".tip")).to_have_count(1)


def test_a_small_chart_tells_its_own_metric_alone(charted: Open) -> None:
    with charted("Chorus") as page:
        card = page.locator("#usage")
        expect(card).to_have_attribute("data-status", "ready")
        chart = card.locator(".metric").first
        range_, cells = chart.locator(".way"), card.locator("tr[data-at]").last.locator("th, td")
        expect(range_).to_have_attribute("aria-label", re.compile(re.escape(chart.locator("h4").inner_text())))
        day, quantity = " ".join((cells.nth(0).text_content() or "").split()), cells.nth(1).text_content()
        assert range_.get_attribute("aria-valuetext") == f"{day}, {quantity}"
        assert chart.locator(".bars").get_attribute("aria-hidden") == "true"


def test_from_right_to_left_time_runs_as_the_chart_does(charted: Open) -> None:
    with charted(locale="ar", viewport={"width": 320, "height": 800}) as page:
        assert page.evaluate("document.documentElement.dir") == "rtl"
        way(page).focus()
        last = int(way(page).input_value())
        page.keyboard.press("ArrowLeft")
        assert int(way(page).input_value()) == last - 1
        expect(page.locator(".tip")).to_have_attribute("dir", "rtl")
        assert inside(page, ".tip", "#spend")


def test_a_renewed_card_has_its_way_and_keeps_the_day(charted: Open) -> None:
    with charted() as page:
        way(page).focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        page.evaluate("document.querySelector('#spend').dataset.old = 'yes'")
        page.evaluate("fill(document.querySelector('#spend'))")
        until(page, lambda: page.locator("#spend[data-old]").count() == 0)
        expect(way(page)).to_be_focused()
        expect(way(page)).to_have_value("1")
        expect(page.locator("#spend .tip")).to_be_visible()
        assert page.locator("#spend .way").count() == page.locator("#spend .plot").count()


def test_forced_colours_keep_the_bars_and_the_band(charted: Open) -> None:
    with charted(forced_colors="active") as page:
        way(page).focus()
        fills = page.locator("#spend .bars path").evaluate_all("all => all.map(each => getComputedStyle(each).fill)")
        assert len(set(fills)) > 3
        band = page.locator(".band").evaluate("each => getComputedStyle(each).backgroundColor")
        assert band != page.locator(".tip").evaluate("each => getComputedStyle(each).backgroundColor")


def test_the_lines_of_thresholds_bear_their_amounts(charted: Open, orrery: Running) -> None:
    with orrery.client("northwind") as client:
        client.get("/api/cards/alerts").raise_for_status()  # at hand now: nobody has to wait for them
    with charted(path="/?view_mode=cumulative") as page:
        names = page.locator("#spend text.level").all_text_contents()
        assert names == ["Alert at $3,000.00", "Alert at $4,500.00"]
        lines = page.locator("#spend line.level").evaluate_all("all => all.map(each => each.getBoundingClientRect().y)")
        gridline = box(page.locator("#spend .ticks text", has_text="$3,000"))
        assert lines[0] == pytest.approx(gridline["y"] + gridline["height"] / 2, abs=4)
        assert lines[1] < lines[0]
        expect(page.locator("#spend")).to_contain_text("The next alert is further up, at $50,000.00.")


def test_a_day_below_zero_hangs_from_a_zero_line_that_is_seen(charted: Open, orrery: Running) -> None:
    with orrery.client("gulf") as client:
        days = client.get("/api/cards/spend").json()["data"]["days"]
    corrected = next(day["end"][:10] for day in days if day["subtotal"]["amount"].startswith("-"))
    first = date.fromisoformat(corrected) - timedelta(days=7)
    path = f"/cards/spend?timeframe_start={first}&timeframe_end={first + timedelta(days=14)}"
    with charted("الخليج للحوسبة", path) as page:
        zero = page.locator("#spend line.zero")
        expect(zero).to_have_count(1)
        line = zero.evaluate("each => [each.getBoundingClientRect().y, getComputedStyle(each).stroke]")
        other = page.locator("#spend .bars > line:not(.zero)").first.evaluate("each => getComputedStyle(each).stroke")
        lowest = page.locator("#spend .bars path").evaluate_all(
            "all => Math.max(...all.map(each => each.getBoundingClientRect().bottom))"
        )
        assert lowest > line[0] + 1
        assert line[1] != other


# How far each figure of a table's rows stands from the end of its cell, at which all of them stand.
FIGURES = ":is(#bill, #breakdown, .figures) tbody td:not(:empty, .bar)"
APART = """([figures, rtl]) => [...document.querySelectorAll(figures)].map(cell => {
  const range = document.createRange()
  range.selectNodeContents(cell)
  const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()]
  return Math.round(rtl ? text.left - box.left : box.right - text.right)
})"""


@pytest.mark.parametrize(("locale", "rtl"), [("en", False), ("ar", True)])
def test_figures_stand_at_the_end_of_their_column_whichever_way_they_run(
    charted: Open, locale: str, *, rtl: bool
) -> None:
    with charted(locale=locale) as page:
        page.locator("#spend details").evaluate("each => { each.open = true }")
        expect(page.locator("#breakdown tbody td")).not_to_have_count(0)
        apart = page.evaluate(APART, [FIGURES, rtl])

    assert len(apart) > 100
    assert set(apart) <= {0, 1}
