"""What a first view weighs, packed as a proxy sends it: the page, its stylesheet and its script."""

import re
from collections.abc import AsyncIterator
from gzip import compress
from pathlib import Path

import pytest

from app.dashboard import WORDS
from app.web.files import Files
from tests.whole import NOON, Whole, whole

pytestmark = pytest.mark.anyio

FILES = Files()
STATIC = Path(__file__).parents[2] / "static"
PAGE, SHEET, SCRIPT, VIEW = 12_000, 6_000, 4_000, 25_000
ELEMENTS = 1_500


def packed(content: bytes) -> int:
    return len(compress(content, 9))


@pytest.fixture
async def service() -> AsyncIterator[Whole]:
    async with whole(NOON.replace(day=30)) as found:  # a page grows with its month
        yield found


def test_the_stylesheet_and_the_script_are_small() -> None:
    assert weight("dashboard.css") <= SHEET
    assert weight("dashboard.js") <= SCRIPT


@pytest.mark.parametrize("view", ["periodic", "cumulative"])
async def test_the_whole_page_with_all_that_it_takes_is_small(service: Whole, view: str) -> None:
    async with service.client("northwind") as client:
        for word in WORDS:  # so that all are on the page, the late ones and those that a busy machine makes late
            await client.get(f"/api/cards/{word}", params={"view_mode": view})
        page = await client.get("/", params={"view_mode": view})

    assert 'data-status="late"' not in page.text
    assert packed(page.content) <= PAGE
    assert packed(page.content) + sum(map(weight, served(page.text))) <= VIEW
    ranges = page.text.count('<div class="plot')  # the script lays one over each chart, in the place of its days
    days = len(re.findall("<rect x=[^>]+><title>", page.text))
    assert len(re.findall("<[a-z]", page.text)) + ranges - 2 * days <= ELEMENTS


def served(page: str) -> list[str]:
    """The files of ours that a page asks for."""
    found = [path.name for path in STATIC.iterdir() if FILES.address(path.name) in page]
    assert sorted(found) == ["dashboard.css", "dashboard.js"]
    return found


def weight(name: str) -> int:
    return len(FILES.find(Path(FILES.address(name)).name).packed)
