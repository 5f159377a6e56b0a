"""The log: one line of JSON per event, whatever is in it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
import respx
from hypothesis import given, settings
from hypothesis import strategies as st

from app import log
from app.account.account import Account
from app.cards.base import Outcome
from app.dashboard import CARDS
from app.query import Query
from app.secret import Secret
from tests.conftest import Serve
from tests.logged import lines, showing
from tests.orb.answers import borealis


@pytest.fixture
def shown() -> Iterator[StringIO]:
    with showing() as stream:
        yield stream


def test_an_event_is_one_line_with_its_fields(shown: StringIO) -> None:
    log.info("orb_answered", call="ping", status=200)
    log.warning("orb_foreign", call="costs")
    first, second = lines(shown)
    assert {**first, "at": ""} == {"at": "", "level": "info", "event": "orb_answered", "call": "ping", "status": 200}
    assert (second["level"], second["event"], second["call"]) == ("warning", "orb_foreign", "costs")


def test_the_time_is_in_utc_to_the_millisecond(shown: StringIO) -> None:
    record = logging.makeLogRecord({"created": 1795186800.25, "msg": "tick", "levelno": logging.WARNING})
    logging.getLogger().handle(record)
    assert lines(shown)[0]["at"] == "2026-11-20T15:00:00.250+00:00"


def test_the_id_of_the_request_runs_through_its_lines_and_no_others(shown: StringIO) -> None:
    token = log.request_id.set("r-1")
    log.info("inside")
    log.request_id.reset(token)
    log.info("outside")
    inside, outside = lines(shown)
    assert inside["request_id"] == "r-1"
    assert "request_id" not in outside


@pytest.mark.parametrize(
    "text", ["a\nb", '{"level": "error"}\r\n{', "\x1b[2J", "\u2028", "\x85", "\ud800", "50% %s"], ids=ascii
)
def test_nothing_in_a_value_starts_a_second_line(text: str) -> None:
    with showing() as shown:  # here, so that pytest notes nothing of it: its own reports could not be written
        log.info(text, value=text, nested={"name": [text]})
    written = shown.getvalue()
    assert written.endswith("\n")
    assert written[:-1].isprintable()
    assert written.isascii()
    line = json.loads(written)
    assert (line["event"], line["value"], line["nested"]) == (text, text, {"name": [text]})


def test_a_value_that_json_does_not_know_is_written_by_its_name_and_a_secret_not_at_all(shown: StringIO) -> None:
    log.info("started", key=Secret("orb-key-nobody-may-see"), kinds={str})
    (line,) = lines(shown)
    assert (line["key"], line["kinds"]) == ("Secret(***)", "{<class 'str'>}")


def test_a_mistake_of_ours_carries_its_traceback_on_the_same_line(shown: StringIO) -> None:
    wrong = ZeroDivisionError("two\nlines")
    log.bug("card_failed", wrong, card="bill")
    (line,) = lines(shown)
    assert (line["level"], line["event"], line["card"]) == ("error", "card_failed", "bill")
    assert "ZeroDivisionError: two\nlines" in line["traceback"]


def test_of_libraries_only_warnings_are_kept_in_the_same_form(shown: StringIO) -> None:
    logging.getLogger("some.library").info("chatter %s", 1)
    logging.getLogger("some.library").warning("trouble %s", 2)
    (line,) = lines(shown)
    assert (line["level"], line["event"]) == ("warning", "trouble 2")


def test_the_level_decides_what_is_kept(shown: StringIO) -> None:
    log.set_up("WARNING", shown)
    log.info("quiet")
    log.warning("loud")
    assert [line["event"] for line in lines(shown)] == ["loud"]


# Whatever a program may hold, and whatever a stranger may send.
TEXTS = st.text(st.characters(codec=None), max_size=40)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.binary(max_size=9), st.just(object()))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.tuples(TEXTS), inner, max_size=3),
    max_leaves=6,
)


@settings(derandomize=True, max_examples=300)
@given(event=TEXTS, value=VALUES, mistake=TEXTS)
def test_one_event_is_one_line_of_json_whatever_is_in_it(event: str, value: object, mistake: str) -> None:
    with showing() as shown:
        log.warning(event, value=value)
        log.bug(event, ValueError(mistake), value=value)
    written = shown.getvalue()
    assert written.isascii()
    assert [line["event"] for line in lines(shown)] == [event, event]
    assert written.count("\n") == 2


def test_the_id_of_the_customer_is_in_no_traceback(shown: StringIO) -> None:
    token = log.private.set({"acme-7 (north)"})
    log.bug("card failed", KeyError("acme-7 (north)"))
    log.bug("card failed", KeyError("acme-7 (northern)"))
    log.private.reset(token)
    log.bug("card failed", KeyError("acme-7 (north)"))
    hidden, other, outside = (line["traceback"] for line in lines(shown))
    assert "***" in hidden
    assert "acme" not in hidden
    assert "acme-7 (northern)" in other
    assert "acme-7 (north)" in outside


def test_both_ids_of_the_customer_are_hidden_also_where_one_begins_as_the_other(shown: StringIO) -> None:
    log.hide("nobody's request")
    token = log.private.set({"acme"})
    log.hide("acme-7", None, "")
    log.bug("card failed", KeyError("acme-7 and acme"))
    log.private.reset(token)
    (line,) = lines(shown)
    assert "KeyError: '*** and ***'" in line["traceback"]


async def test_a_mistake_of_ours_tells_neither_id_of_the_customer_also_once_the_list_is_kept(
    shown: StringIO,
    serve: Serve,
    orb_router: respx.MockRouter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    borealis(orb_router)

    async def wrong(account: Account, _: Query) -> Outcome:
        raise KeyError((await account.listing()).customer)

    broken = tuple(replace(card, load=wrong) if card.word == "bill" else card for card in CARDS)
    monkeypatch.setattr("app.dashboard.CARDS", broken)
    async with serve() as client:
        for _ in range(2):
            await client.get("/api/dashboard?cards=bill")
    first, second = (line["traceback"] for line in lines(shown, "card failed"))
    assert "KeyError: Customer(id='***', name=" in first
    assert "external_customer_id='***'" in first
    assert not any(each in first + second for each in ("borealis", "CuBorealis000001"))
