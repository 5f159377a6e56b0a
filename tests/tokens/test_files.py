"""Files that say what counts: read again when they changed, and kept as they were while they are wrong."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from app.web import reread
from app.web.reread import BadFile, Reread
from app.web.rings import FiledKeys
from tests.logged import lines, showing
from tests.tokens.signers import ec_key, jwks, rsa_key
from tests.virtual import BACKEND


def number(text: bytes) -> int:
    return int(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("1")
    return tmp_path / "file"


def put(path: Path, text: str) -> None:
    """Puts another file in its place, as one should."""
    (path.parent / "next").write_text(text)
    (path.parent / "next").replace(path)


def write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.mark.parametrize("change", [put, write])
def test_what_a_file_says_counts_once_it_has_changed(path: Path, change: Callable[[Path, str], None]) -> None:
    file = Reread("ORRERY_FILE", str(path), number, 100)
    assert file.says == 1
    change(path, "22")
    assert file.says == 1
    file.look()
    assert (file.says, file.sound) == (22, True)


def test_a_file_that_did_not_change_is_not_read(path: Path) -> None:
    read: list[bytes] = []
    file = Reread("ORRERY_FILE", str(path), read.append, 100)
    for text in ("", "1", "", "2"):
        if text:
            put(path, text)
        for _ in range(3):
            file.look()
    assert read == [b"1", b"1", b"2"]


def into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


WRONG: list[tuple[str, Callable[[Path], object]]] = [
    ("it cannot be read: FileNotFoundError", lambda path: path.unlink()),
    ("it cannot be read: IsADirectoryError", into_a_folder),
    ("it is larger than 100 bytes", lambda path: path.write_text("1" * 101)),
    ("invalid literal for int", lambda path: path.write_text("one")),
    ("invalid literal for int", lambda path: path.write_text("")),
]


@pytest.mark.parametrize(("why", "spoil"), WRONG)
def test_a_file_that_gets_lost_or_wrong_leaves_what_it_said_and_an_error_in_the_log(
    path: Path, why: str, spoil: Callable[[Path], object]
) -> None:
    file = Reread("ORRERY_FILE", str(path), number, 100)
    with showing() as shown:
        spoil(path)
        for _ in range(3):
            file.look()
        assert (file.says, file.sound) == (1, False)
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        put(path, "2")
        file.look()
        assert (file.says, file.sound) == (2, True)

    wrong, again = lines(shown)
    assert (wrong["level"], wrong["setting"], again["event"]) == ("error", "ORRERY_FILE", "file read again")
    assert why in wrong["why"]


def test_a_disk_that_goes_and_comes_back_as_it_was_is_sound_again(path: Path) -> None:
    (path.parent / "disk").mkdir()
    (path.parent / "disk" / "file").write_text("1")
    file = Reread("ORRERY_FILE", str(path.parent / "disk" / "file"), number, 100)
    (path.parent / "disk").rename(path.parent / "away")
    file.look()
    assert (file.says, file.sound) == (1, False)
    (path.parent / "away").rename(path.parent / "disk")
    file.look()
    assert (file.says, file.sound) == (1, True)


@pytest.mark.parametrize(("why", "spoil"), WRONG)
def test_a_file_that_is_lost_or_wrong_from_the_start_is_refused(
    path: Path, why: str, spoil: Callable[[Path], object]
) -> None:
    spoil(path)
    with pytest.raises(BadFile, match=why):
        Reread("ORRERY_FILE", str(path), number, 100)


def test_a_file_that_changes_while_it_is_read_is_read_once_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Reread("ORRERY_FILE", str(path), number, 100)
    real, looks = os.fstat, 0

    def stat(number: int) -> os.stat_result:
        nonlocal looks
        looks += 1
        if looks == 2:
            os.utime(number, (1, 1))
        return real(number)

    monkeypatch.setattr(os, "fstat", stat)
    put(path, "2")
    file.look()
    assert (file.says, file.sound) == (1, False)
    file.look()
    assert (file.says, file.sound) == (2, True)


@pytest.mark.parametrize("anyio_backend", [pytest.param(BACKEND, id="virtual")])
async def test_it_is_looked_at_once_a_second(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []

    async def run(look: Callable[[], None], *, abandon_on_cancel: bool) -> None:
        looked.append(anyio.current_time())
        assert abandon_on_cancel
        look()

    monkeypatch.setattr(anyio.to_thread, "run_sync", run)
    file = Reread("ORRERY_FILE", str(path), number, 100)
    async with anyio.create_task_group() as tasks:
        await file.start(tasks)
        put(path, "2")
        await anyio.sleep(3.5)
        tasks.cancel_scope.cancel()
    assert (looked, file.says) == ([1, 2, 3], 2)


async def test_a_disk_that_hangs_holds_up_neither_the_service_nor_its_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reread, "_LOOKS_EVERY", 0)
    began, goes_on = threading.Event(), threading.Event()

    class Hanging(Reread[int]):
        def look(self) -> None:
            began.set()
            goes_on.wait(10)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            await Hanging("ORRERY_FILE", str(path), number, 100).start(tasks)
            while not began.is_set():
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    assert not goes_on.is_set()
    goes_on.set()


@pytest.mark.parametrize("anyio_backend", [pytest.param(BACKEND, id="virtual")])
async def test_after_a_disk_that_hangs_it_is_looked_at_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []

    async def run(look: Callable[[], None], *, abandon_on_cancel: bool) -> None:  # noqa: ARG001
        looked.append(anyio.current_time())
        if len(looked) == 1:
            await anyio.sleep_forever()

    monkeypatch.setattr(anyio.to_thread, "run_sync", run)
    async with anyio.create_task_group() as tasks:
        await Reread("ORRERY_FILE", str(path), number, 100).start(tasks)
        await anyio.sleep(8.5)
        tasks.cancel_scope.cancel()
    assert looked == [1, 7, 8]


def test_a_disk_that_does_not_answer_is_told_of_once_and_waited_for_by_one_thread(path: Path) -> None:
    file = Reread("ORRERY_FILE", str(path), number, 100)
    path.unlink()
    os.mkfifo(path)  # to open it takes until somebody writes
    with showing() as shown:
        waiting = threading.Thread(target=file.look)
        waiting.start()
        while not file._looking.locked():
            pass
        for _ in range(3):
            file.look()
        told = lines(shown, "file is wrong")
        assert ([each["why"] for each in told], file.sound) == (["it cannot be read: the disk does not answer"], False)
        path.write_text("2")
        waiting.join()
        put(path, "3")
        file.look()
    assert (file.says, file.sound) == (3, True)


def test_a_disk_that_answers_again_with_the_same_file_is_sound(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, goes_on = Reread("ORRERY_FILE", str(path), number, 100), threading.Event()
    marks = reread._marks

    def hanging(found: os.stat_result) -> tuple[int, ...]:
        goes_on.wait(10)
        return marks(found)

    monkeypatch.setattr(reread, "_marks", hanging)
    waiting = threading.Thread(target=file.look)
    waiting.start()
    while not file._looking.locked():
        pass
    file.look()
    assert not file.sound
    goes_on.set()
    waiting.join()
    file.look()
    assert (file.says, file.sound) == (1, True)


def test_keys_in_a_file_are_those_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(rsa_key()))
    ring = FiledKeys(str(path))
    path.write_bytes(jwks(ec_key()))
    ring.look()
    assert (ring.find("rsa"), ring.find("ec") is not None, ring.keys.usable[0].kid) == (None, True, "ec")
    path.write_bytes(b"{}")
    ring.look()
    assert ring.find("ec") is not None
