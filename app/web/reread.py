"""A file that says what counts: read at start, and again when it changed. No request ever waits for the disk."""

import os
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from app import log

T = TypeVar("T")
_LOOKS_EVERY = 1.0
_PATIENCE = 5.0  # seconds for a disk to answer


class BadFile(ValueError):
    """What a file says cannot be had; says why, in words that may be logged."""


class Reread(Generic[T]):
    """What the file at `path` `says`. One that gets lost or wrong leaves it as it was, until it is sound again.

    `setting` is what it is called in the log. `read` raises ValueError, which says what is wrong.
    """

    def __init__(self, setting: str, path: str, read: Callable[[bytes], T], most: int) -> None:
        """Raises BadFile."""
        self._setting = setting
        self._path = path
        self._read = read
        self._most = most
        self._seen: tuple[int, ...] | None = None
        self._wrong: str | None = None
        self._looking = Lock()
        try:
            self.says = self._read(self._text())
        except (OSError, ValueError, ArithmeticError, RecursionError) as error:
            raise BadFile(_why(error)) from None

    @property
    def sound(self) -> bool:
        return self._wrong is None

    async def start(self, tasks: TaskGroup) -> None:
        tasks.start_soon(self._watch)

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(_LOOKS_EVERY)
            # A disk that hangs is left to itself: it keeps neither the next look nor the end of the service.
            with anyio.move_on_after(_PATIENCE):
                await anyio.to_thread.run_sync(self.look, abandon_on_cancel=True)

    def look(self) -> None:
        """Reads it again if it is another than was read last, and nobody else is still waiting for the disk."""
        if not self._looking.acquire(blocking=False):
            self._seen = None  # once it answers it is read, or nobody would know that all is well again
            self._tell("it cannot be read: the disk does not answer")
            return
        try:
            self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        try:
            if self._seen == _marks(os.stat(self._path)):
                return
            says = self._read(self._text())
        except Exception as error:  # whatever is wrong with it, what it said stands
            if isinstance(error, OSError):
                self._seen = None
            self._tell(_why(error))
        else:
            self.says = says
            self._tell(None)

    def _text(self) -> bytes:
        with open(self._path, "rb") as file:
            before = _marks(os.fstat(file.fileno()))
            text = file.read(self._most + 1)
            if _marks(os.fstat(file.fileno())) != before:
                raise BadFile("it changes while it is read")
        self._seen = before
        if len(text) > self._most:
            raise BadFile(f"it is larger than {self._most} bytes")
        return text

    def _tell(self, wrong: str | None) -> None:
        if wrong is None:
            log.info("file read again", setting=self._setting)
        elif wrong != self._wrong:
            log.error("file is wrong", setting=self._setting, why=wrong, instead="what it said before")
        self._wrong = wrong


def _marks(found: os.stat_result) -> tuple[int, ...]:
    """What is another after a change, also where a file was put in its place."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _why(error: Exception) -> str:
    return f"{error!s:.200}" if isinstance(error, ValueError) else f"it cannot be read: {type(error).__name__}"
