"""What a first view weighs, packed as a proxy sends it: the page, its stylesheet and its script."""

from collections.abc import AsyncIterator
from gzip import compress
from pathlib import Path

import pytest

from app.dashboard import WORDS
from tests.whole import Whole, whole

pytestmark = pytest.mark.anyio

STATIC = Path(__file__).parents[2] / "static"
PAGE, SHEET, SCRIPT, VIEW = 12_000, 6_000, 4_000, 25_000


def packed(content: bytes) -> int:
    return len(compress(content, 9))


@pytest.fixture
async def service() -> AsyncIterator[Whole]:
    async with whole() as found:
        yield found


def test_the_stylesheet_and_the_script_are_small() -> None:
    assert packed((STATIC / "dashboard.css").read_bytes()) <= SHEET
    assert packed((STATIC / "dashboard.js").read_bytes()) <= SCRIPT


@pytest.mark.parametrize("view", ["periodic", "cumulative"])
async def test_the_whole_page_with_all_that_it_takes_is_small(service: Whole, view: str) -> None:
    async with service.client("northwind") as client:
        for word in WORDS:  # so that all are on the page, the late ones and those that a busy machine makes late
            await client.get(f"/api/cards/{word}", params={"view_mode": view})
        page = await client.get("/", params={"view_mode": view})

    assert 'data-status="late"' not in page.text
    assert packed(page.content) <= PAGE
    assert packed(page.content) + sum(packed((STATIC / name).read_bytes()) for name in served(page.text)) <= VIEW


def served(page: str) -> list[str]:
    """The files of ours that a page asks for."""
    found = [name for name in (path.name for path in STATIC.iterdir()) if f"/static/{name}" in page]
    assert sorted(found) == ["dashboard.css", "dashboard.js"]
    return found
