"""How many templates are drawn for a page from the cache: counted in a service in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import jinja2

from tests.bench.documents import customer, first_paint
from tests.bench.upstream import Upstream
from tests.bench.wire import Wire
from tests.whole import whole


async def renders(path: str, hits: int) -> tuple[int, int]:
    """For a first look at the page, and for so many more of the same minute."""
    now = datetime.now(UTC)
    wire = Wire(Upstream(await first_paint(now)))
    async with whole(now, wire, orb_credit_currency=("credits",)) as service, service.client(customer(0)) as browser:
        with drawn() as first:
            (await browser.get(path)).raise_for_status()
        with drawn() as later:
            for _ in range(hits):
                (await browser.get(path)).raise_for_status()
    return len(first), len(later)


@contextmanager
def drawn() -> Iterator[list[str | None]]:
    """The names of the templates that are drawn until the block ends."""
    names: list[str | None] = []
    draw = jinja2.Template.render

    def render(template: jinja2.Template, *args: Any, **data: Any) -> str:
        names.append(template.name)
        return draw(template, *args, **data)

    with patch.object(jinja2.Template, "render", render):
        yield names
