"""One structured line per event, on standard error, with the request's id through all of them."""

import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO

from app.metrics import counted

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
# What no line may hold although the text of a mistake might: the ids of the customer whose request it is. One set for
# all tasks of a request, which share what one of them learns.
private: ContextVar[set[str] | None] = ContextVar("private", default=None)

_logger = logging.getLogger("orrery")
_lines: "_Lines | None" = None
_encode = json.JSONEncoder(default=str, allow_nan=False).encode


class _Line(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {**getattr(record, "fields", {})}
        if record.exc_info:
            fields["traceback"] = _without_private(self.formatException(record.exc_info))
        return _line(record.created, record.levelname, record.getMessage(), fields)


def _line(at: float, level: str, event: str, fields: dict[str, object]) -> str:
    """An event as one line of JSON; control characters in values cannot start a second line."""
    line: dict[str, object] = {
        "at": f"{_second(int(at))}.{int(at % 1 * 1000):03}+00:00",
        "level": level.lower(),
        "event": event,
    }
    if (asked := request_id.get()) is not None:
        line["request_id"] = asked
    line.update(fields)
    try:
        return _encode(line)
    except (TypeError, ValueError):  # a number or a key that JSON does not have
        return json.dumps({name: str(value) for name, value in line.items()})


@lru_cache(8)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()


class _Lines(logging.StreamHandler[TextIO]):
    """Where lines go. While nobody else listens they go there by themselves: a record takes as long as its line."""

    def takes(self, level: int, event: str, fields: dict[str, object]) -> bool:
        if logging.root.handlers != [self]:
            return False
        try:
            self.stream.write(_line(time.time(), logging.getLevelName(level), event, fields) + "\n")
            self.stream.flush()
        except Exception:  # which logging has its own way to bear
            return False
        return True


def hide(*ids: str | None) -> None:
    """These too are ids of the customer whose request it is."""
    known = private.get()
    if known is not None:
        known.update(filter(None, ids))


def _without_private(text: str) -> str:
    # The longest first: one may begin as another does.
    known = "|".join(re.escape(each) for each in sorted(private.get() or (), key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{known})(?!\w)", "***", text) if known else text


def set_up(level: str = "INFO", stream: TextIO = sys.stderr) -> None:
    """Sends our lines, and warnings of libraries, to standard error. Call once, at start."""
    global _lines  # noqa: PLW0603  one process, one log
    _lines = _Lines(stream)
    _lines.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[_lines], force=True)
    _logger.setLevel(level)
    # What no line says is not found out for each: see "Optimization" in Python's logging HOWTO.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def info(event: str, **fields: object) -> None:
    _write(logging.INFO, event, fields)


def warning(event: str, **fields: object) -> None:
    _write(logging.WARNING, event, fields)


def error(event: str, **fields: object) -> None:
    """Something that an operator has to mend."""
    _write(logging.ERROR, event, fields)


def _write(level: int, event: str, fields: dict[str, object]) -> None:
    if _logger.isEnabledFor(level) and not (_lines and _lines.takes(level, event, fields)):
        # Whence it is called nobody reads.
        _logger.handle(_logger.makeRecord(_logger.name, level, "", 0, event, (), None, extra={"fields": fields}))


def bug(event: str, error: BaseException, **fields: object) -> None:
    """A mistake of ours: the line carries the traceback."""
    counted.bug()
    _logger.error(event, exc_info=error, extra={"fields": fields})
