"""Every kind of page, and every state, as axe and a validator see it: light and dark, wide and narrow."""

import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.dashboard import CARDS
from tests.browser.pages import PAGES, Seen
from tests.running import Running, running
from tests.thorough import times

HERE = Path(__file__).parent
AXE = HERE / "node_modules/axe-core/axe.min.js"
VALIDATE = HERE / "node_modules/.bin/html-validate"
# With each width once in either scheme all rules are asked; in the other scheme nothing can differ but the colours.
LOOKS: tuple[tuple[int, Literal["light", "dark"], tuple[str, ...]], ...] = (
    (1280, "light", ()), (390, "dark", ()), (1280, "dark", ("color-contrast",)), (390, "light", ("color-contrast",)),
)  # fmt: skip


def there(path: Path) -> Path:
    if not path.exists() or shutil.which("node") is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say(f"{path.name} is not there: make setup, with Node and npm")
    return path


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    """One of its own: so many are looked at here that elsewhere nobody would be new."""
    with running(ORRERY_REFRESH_AGE="0") as found:
        yield found


@pytest.fixture(scope="module")
def axe() -> str:
    return there(AXE).read_text()


def show(page: Page, orrery: Running, seen: Seen) -> None:
    """As its reader finds it once all of it is there."""
    if seen.customer is not None:
        page.context.set_extra_http_headers({"Authorization": f"Bearer {orrery.token(seen.customer)}"})
    answer = page.goto(orrery.url + seen.path)
    assert answer is not None
    assert answer.status == seen.status
    for name in seen.opens:
        page.get_by_role("button", name=name).click()
    expect(page.locator("[data-late], [aria-busy=true]")).to_have_count(0)
    page.locator("details").evaluate_all("all => all.forEach(each => (each.open = true))")


@pytest.mark.parametrize("seen", PAGES, ids=str)
def test_axe_finds_nothing(browser: Browser, orrery: Running, axe: str, seen: Seen) -> None:
    found: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        show(page, orrery, seen)
        for width, scheme, only in LOOKS[: times(4, 2)]:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {each}" for each in violations(page, axe, seen.but, only)]
    assert found == []


def violations(page: Page, axe: str, but: tuple[str, ...] = (), only: tuple[str, ...] = ()) -> list[str]:
    """What breaks a rule, of `only` these where there are some, and of all `but` those."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)  # past our policy, which allows no script of others
    options: dict[str, Any] = {"resultTypes": ["violations"], "rules": {each: {"enabled": False} for each in but}}
    if only:
        options |= {"runOnly": {"type": "rule", "values": only}}
    result: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


def test_what_axe_should_find_it_does(browser: Browser, orrery: Running, axe: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        show(page, orrery, PAGES[0])
        page.evaluate("document.querySelector('.refresh button').textContent = ''")
        page.evaluate("document.querySelector('.figure').style.color = '#ccc'")
        assert {each.partition(":")[0] for each in violations(page, axe)} == {"button-name", "color-contrast"}


def test_the_markup_of_every_page_is_valid(orrery: Running, tmp_path: Path) -> None:
    for number, seen in enumerate(PAGES):
        (tmp_path / f"{number}-{seen.name}.html").write_text(source(orrery, seen))
    for each in httpx.get(f"{orrery.panel}/customers", trust_env=False).json()["data"]:
        (tmp_path / f"{each['external_customer_id']}.html").write_text(
            source(orrery, Seen("", "/", each["external_customer_id"]))
        )
    assert wrong(tmp_path) == []


def source(orrery: Running, seen: Seen) -> str:
    headers = {"Accept": "text/html"}
    if seen.customer is not None:
        headers["Authorization"] = f"Bearer {orrery.token(seen.customer)}"
    answer = httpx.get(orrery.url + seen.path, headers=headers, trust_env=False, timeout=60)
    assert answer.status_code == seen.status
    return answer.text


def wrong(folder: Path) -> list[str]:
    command = [str(there(VALIDATE)), "-c", str(HERE / ".htmlvalidate.json"), "-f", "json", str(folder / "*.html")]
    with (folder / "told").open("w+") as told:  # into a pipe it writes no more than fits
        subprocess.run(command, stdout=told, check=False)
        told.seek(0)
        pages = json.load(told)
    return [
        f"{Path(page['filePath']).name}:{each['line']}: {each['ruleId']}: {each['message']}"
        for page in pages
        for each in page["messages"]
    ]


def test_what_the_validator_should_find_it_does(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(
        '<!doctype html>\n<html lang="en"><title>x</title><p><div id="a"></div></p><i id="a">\n'
    )
    assert {each.split(": ")[1] for each in wrong(tmp_path)} >= {"close-order", "no-dup-id"}


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
