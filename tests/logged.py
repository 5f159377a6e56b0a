"""What the log shows while a test runs."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from app import log


@contextmanager
def showing() -> Iterator[StringIO]:
    """The stream that lines go to; takes back what the set-up of the log did to the process."""
    root, own = logging.getLogger(), logging.getLogger("orrery")
    handlers, levels = root.handlers[:], (root.level, own.level)
    stream = StringIO()
    log.set_up(stream=stream)
    try:
        yield stream
    finally:
        root.handlers = handlers
        root.setLevel(levels[0])
        own.setLevel(levels[1])


def lines(shown: StringIO, event: str | None = None) -> list[dict[str, Any]]:
    """Every line, or those of one event. Refuses what is not JSON: `NaN` is none."""
    found = [json.loads(line, parse_constant=_refuse) for line in shown.getvalue().splitlines()]
    return [line for line in found if event in (None, line["event"])]


def _refuse(name: str) -> None:
    raise ValueError(name)
