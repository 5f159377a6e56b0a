"""Names made to take over the page, in every field of Orb's that somebody typed, in a real Chromium: nothing runs,
nothing is asked of anybody else, and all of it stands there to be read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from app.plain import short
from tests.browser.hostile import ATTACKS, ODD, Poison, bundles, serving

WATCH = """
window.count = 0;
window.ran = window.alert = window.confirm = window.prompt = () => { window.count += 1; };
window.against = [];
document.addEventListener("securitypolicyviolation", (event) => window.against.push(event.violatedDirective));
"""
# Elements and attributes that no page of ours has: markup that came in with a name. Our own script places the ranges.
STRANGERS = """
[...document.querySelectorAll("*")].filter((each) =>
  each.matches("img, iframe, object, embed, base, style, meta[http-equiv], math, xmp, plaintext, noscript, textarea, b")
  || each.matches("script:not([src^='/static/dashboard.']), link[href^='https:'], form[action^='https:']")
  || each.matches("a[href^='javascript:' i], a[href^='data:' i], [style]:not(.plot > .way)")
  || each.getAttributeNames().some((name) => name.startsWith("on") && name !== "on")
).map((each) => each.outerHTML.slice(0, 120))
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMES = bundles()
ROUNDS = 3
CARDS = ("bill", "credits", "spend", "breakdown", "usage", "licenses", "alerts")


@dataclass
class Watched:
    """What pages did that they must not, and all that could be read on them."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    text: str = ""

    def look(self, path: str | None = None) -> None:
        """Opens a page, waits for its late cards, and looks at what has become of it."""
        if path is not None:
            self.page.goto(self.url + path)
        self.page.wait_for_selector("html:not(:has([aria-busy=true]))")
        self.faults += [f"ran on {path}"] * self.page.evaluate("window.count")
        self.faults += self.page.evaluate("window.against") + self.page.evaluate(STRANGERS)
        # As HTML does it: blanks in a row are one.
        self.text += " ".join(self.page.evaluate("document.documentElement.textContent").split())


@contextmanager
def watched(browser: Browser, url: str, **context: Any) -> Iterator[Watched]:
    with browser.new_context(**context) as opened:
        opened.set_default_timeout(90_000)  # a busy machine takes its time
        opened.add_init_script(WATCH)
        page = opened.new_page()
        found = Watched(page, url)

        def abroad(request: Request) -> None:
            if not request.url.startswith((url, "data:,")):
                found.faults.append(request.url)

        page.on("request", abroad)
        page.on("console", lambda message: found.faults.append(message.text))
        page.on("pageerror", lambda error: found.faults.append(str(error)))
        page.on("dialog", lambda dialog: dialog.dismiss())
        yield found


def enter(seen: Watched, customer: int) -> None:
    """By the button on the sign-in page: whose, its name does not tell any more."""
    seen.look("/")
    seen.page.locator("main button").nth(customer).click()
    seen.page.wait_for_url(f"{seen.url}/")


def every_page(seen: Watched) -> None:
    """All that somebody can see of one customer."""
    seen.look()
    seen.look("/?view_mode=cumulative&compare=previous_period&limit=100")
    seen.look("/invoices")
    links = seen.page.locator(".history th > a:first-child").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    for link in links[:3]:
        seen.look(link)
    seen.look("/credits/ledger?currency=credits")
    seen.look("/licenses")
    seen.look("/")
    full = seen.page.locator("a[href^='/invoices/upcoming/']").first
    if full.count():
        seen.look(full.get_attribute("href"))
    seen.look("/explore")
    if seen.page.get_by_role("button", name="Run query").count():
        seen.page.get_by_label("Group by").select_option("Workspace")
        seen.page.get_by_role("button", name="Run query").click()
        seen.page.wait_for_selector("#result, [role=alert]")
        seen.look()


# By their place on the sign-in page: Northwind, Lumen with its credits, Quill with its licenses.
CUSTOMERS = (0, 2, 25)


def test_there_are_enough_of_them() -> None:
    assert len({*ATTACKS, *ODD}) >= 80


def test_no_name_runs_or_hides_or_asks_anybody_and_all_can_be_read(browser: Browser) -> None:
    used, text = set(), ""
    for turn in range(ROUNDS):
        poison = Poison(NAMES, turn)
        with serving(poison) as url, watched(browser, url, viewport={"width": 1280, "height": 900}) as seen:
            enter(seen, CUSTOMERS[turn % 3])
            every_page(seen)
            for word in CARDS[turn % 2 :: 2]:
                seen.look(f"/cards/{word}")
        assert seen.faults == []
        used |= poison.used
        text += seen.text

    assert used == set(NAMES)
    unread = [name for name in NAMES if " ".join(short(name).split()) not in text]
    assert unread == []


OFF = "{{% autoescape false %}}{{{{ {} }}}}{{% endautoescape %}}"
# Each of them lets one field of one page through.
BROKEN = [
    ("statement.html", "{{ bdi(line.name) }}", "<bdi>{{ line.name | safe }}</bdi>"),
    ("identity.html", "{{ bdi(listing.customer.name) }}", OFF.format("listing.customer.name")),
    ("cards/breakdown.html", "{{ bdi(group.label) }}", OFF.format("group.label")),
    ("cards/usage.html", "{{ bdi(metric.name) }}", '<p title="{{ metric.name | safe }}"></p>'),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each[0])
def test_a_field_that_is_let_through_is_seen(browser: Browser, broken: tuple[str, str, str]) -> None:
    poison = Poison(NAMES[:8])
    with serving(poison, broken) as url, watched(browser, url) as seen:
        enter(seen, 0)
        seen.look()
        seen.look("/cards/usage")

    assert any("Content Security Policy" in fault or fault.startswith("script-src") for fault in seen.faults)


def test_without_our_policy_a_field_that_is_let_through_runs(browser: Browser) -> None:
    """So it is not the policy alone that keeps the others quiet."""
    poison = Poison([*NAMES[:3], "<img src=x onerror=ran()>"])
    with serving(poison, BROKEN[0]) as url, watched(browser, url, bypass_csp=True) as seen:
        enter(seen, 0)
        seen.look()
        assert "ran on None" in seen.faults

    with serving(poison) as url, watched(browser, url, bypass_csp=True) as seen:
        enter(seen, 0)
        seen.look()
        assert seen.faults == []


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_long_names_do_not_break_the_page(browser: Browser, width: int) -> None:
    poison = Poison(["x" * 10_000, "Wort " * 2_000, "W" * 190, "\ufdfd" * 20, "Ж" * 5_000], width)
    for customer in CUSTOMERS[:1] if width == 390 else CUSTOMERS[1:]:
        with serving(poison) as url, watched(browser, url, viewport={"width": width, "height": 900}) as seen:
            seen.look("/")
            assert seen.page.evaluate(OVERFLOW) == 0
            enter(seen, customer)
            for path in ("/", "/invoices", "/explore", "/credits/ledger?currency=credits", "/licenses"):
                seen.look(path)
                assert seen.page.evaluate(OVERFLOW) == 0, path


def test_the_whole_of_a_name_that_is_cut_is_in_its_title(browser: Browser) -> None:
    name = "Checkout & <Co> " * 100
    with serving(Poison([name])) as url, watched(browser, url) as seen:
        enter(seen, 0)
        seen.look()
        cut = seen.page.locator(".breakdown tbody th bdi").first
        shown, whole = cut.inner_text(), cut.get_attribute("title")

    assert (len(shown), shown[-1], whole) == (200, "…", name.strip())
    assert re.sub(r"\s+", " ", name).startswith(shown[:-1])
