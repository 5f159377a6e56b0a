"""A database for one question: nothing in it but what it is given, no way out of it, and not for long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from app.sandbox.evaluate.refusals import Refused, TookTooLong

#: No files, no network, no spilling to disk, no other settings than these.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
    "memory_limit": "128MB",
    "threads": "1",
    "lock_configuration": "true",
}
#: How long all expressions of a request may run together, in seconds.
PATIENCE = 2.0


@contextmanager
def isolated() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database that sees nothing else, until the block ends."""
    with duckdb.connect(":memory:", config=_SETTINGS) as db:
        yield db


class Patience:
    """Seconds that a request has left for its expressions."""

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = seconds

    def ask(self, db: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Ask a database, and break off when the time is over. Raises Refused with what the engine minds."""
        answered = threading.Event()
        watcher = threading.Thread(target=_break_off, args=(db, self._left, answered))
        began = time.monotonic()
        watcher.start()
        try:
            return db.execute(sql, values).fetchall()
        except duckdb.InterruptException:
            raise TookTooLong(f"took longer than {self._seconds:g} seconds") from None
        except duckdb.Error as error:
            raise Refused(_first_line(error)) from None
        finally:
            answered.set()
            watcher.join()
            self._left = max(0.0, self._left - (time.monotonic() - began))


def _break_off(db: duckdb.DuckDBPyConnection, seconds: float, answered: threading.Event) -> None:
    """Interrupt, and again until it helps: an interruption between two queries is forgotten."""
    while not answered.wait(seconds):
        db.interrupt()
        seconds = 0.01


def _first_line(error: duckdb.Error) -> str:
    # What follows in the line names columns as we call them.
    return str(error).partition("\n")[0].partition(" when casting from source column")[0][:200]
