"""What a request took from the cache, and whether the next would take the same."""

# ruff: noqa: ARG002  the signatures are those of the cache

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import anyio
import pytest

from app.cache.floors import Key
from app.cache.freshness import Answer, Freshness
from app.cards.base import Outcome, failed
from app.dashboard import CARDS, Landed, summary
from app.orb.errors import Unreachable
from app.reading import Reading
from app.web.kept import Document, Kept, made
from app.web.noted import Noted
from tests.whole import NOON

pytestmark = pytest.mark.anyio

HOW = Freshness(NOON, 300)
FIRST, SECOND = (Reading(text, None, NOON) for text in ("first", "second"))


@dataclass
class Answers:
    """A cache that gives out what is in it."""

    readings: dict[Key, Reading[Any]] = field(default_factory=dict)
    failed: Exception | None = None
    slow: bool = False
    old: bool = False
    stamped: int = 0

    def last_live(self, customer: Key) -> datetime | None:
        return None

    def is_changed(self, key: Key, how: Freshness) -> bool:
        return False

    def young(self, key: Key, how: Freshness) -> Reading[Any] | None:
        return None if self.old else self.readings.get(key)

    kept = young

    def stamp(self, customer: Key) -> Hashable:
        return self.stamped

    def until(self, key: Key, how: Freshness, reading: Reading[Any]) -> datetime:
        return reading.asked + timedelta(seconds=100)

    async def get(self, key: Key, how: Freshness, ask: Callable[[], Awaitable[Reading[Any]]]) -> Answer[Any]:
        if self.slow:
            await anyio.sleep_forever()
        return Answer(self.readings[key], self.failed)


async def nobody() -> Reading[Any]:
    raise AssertionError("nobody is asked")


@pytest.fixture
def answers() -> Answers:
    return Answers({("a",): FIRST})


async def test_it_holds_while_the_cache_has_the_very_same(answers: Answers) -> None:
    noted = Noted(answers)
    await noted.get(("a",), HOW, nobody)
    assert noted.kept(("b",), HOW) is None
    assert noted.sound
    assert noted.holds(NOON)

    answers.readings["b",] = SECOND
    assert not noted.holds(NOON)
    del answers.readings["b",]
    assert noted.holds(NOON)
    answers.readings["a",] = Reading("first", None, NOON)
    assert not noted.holds(NOON)
    del answers.readings["a",]
    assert not noted.holds(NOON)


async def test_while_nothing_was_touched_it_holds_without_a_look(answers: Answers) -> None:
    noted = Noted(answers)
    noted.kept(("a",), HOW)
    answers.stamped = 1
    assert noted.still(NOON)
    answers.readings["a",] = SECOND
    for seconds, holds in ((0, True), (99, True), (100, False), (-1, False), (50, True)):
        assert noted.still(NOON + timedelta(seconds=seconds)) is holds
    answers.stamped = 2
    assert not noted.still(NOON)
    answers.readings["a",] = FIRST
    assert noted.still(NOON)


async def test_what_was_old_or_became_another_meanwhile_is_not_sound(answers: Answers) -> None:
    answers.failed = Unreachable("x")
    noted = Noted(answers)
    await noted.get(("a",), HOW, nobody)
    assert not noted.sound

    answers.failed, noted = None, Noted(answers)
    noted.kept(("a",), HOW)
    answers.readings["a",] = SECOND
    noted.kept(("a",), HOW)
    assert not noted.sound


async def test_a_question_that_nobody_waited_for_leaves_it_unsound(answers: Answers) -> None:
    answers.slow, noted = True, Noted(answers)
    with anyio.move_on_after(0):
        await noted.get(("a",), HOW, nobody)
    assert not noted.sound


@pytest.mark.parametrize(
    ("sound", "complete", "late_card", "kept"),
    [(True, True, None, True), (False, True, None, False), (True, False, None, False), (True, True, "failed", False)],
)
async def test_an_answer_is_kept_only_where_all_of_it_is_well(
    answers: Answers, *, sound: bool, complete: bool, late_card: str | None, kept: bool
) -> None:
    noted = Noted(answers)
    noted.kept(("a",), HOW)
    if not sound:
        answers.readings["a",] = SECOND
        noted.kept(("a",), HOW)
        answers.readings["a",] = FIRST
    outcomes: dict[str, Outcome] = {} if complete else {"bill": failed(Unreachable("x"))}
    landed = [Landed(CARDS[-1], failed(Unreachable("x")))] if late_card else []
    keeping = Kept(lambda: NOON)
    keeping.keep("question", made(Document(b"body"), noted, landed, summary(None, outcomes, 30, NOON)))

    assert (keeping.find("question") is not None) is kept
