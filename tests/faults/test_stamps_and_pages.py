"""What Orb says of the age of its figures, and of pages to come: never a figure that is younger than it is, nor a part
that passes for the whole."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.faults.front import STAMP, Answer, Arrival, Strike, truth
from tests.faults.stage import FRESH, LATER, RESTED, codes, stage
from tests.faults.strikes import answers, headed, refuses
from tests.faults.table import ROUTES

LIST = "/subscriptions?"
UNKNOWN: dict[str, str | None] = {
    "missing": None,
    "malformed": "yesterday",
    "empty": "",
    "without a zone": "2026-11-20T20:15:30",
    "a number": "1795206930",
    "year 1": "0001-01-01T00:00:00+00:00",
    "year 1, ahead": "0001-01-01T00:00:00+14:00",
    "year 9999": "9999-12-31T23:59:59+00:00",
    "year 9999, behind": "9999-12-31T23:59:59-14:00",
    "days ahead": "2026-11-23T20:15:30+00:00",
}


def stamped(stamp: str | None) -> Strike:
    return headed(**{STAMP: stamp})


@pytest.mark.parametrize("stamp", UNKNOWN.values(), ids=UNKNOWN)
async def test_an_age_that_nobody_can_tell_is_unknown_and_the_figures_are_shown(stamp: str | None) -> None:
    async with stage() as orrery:
        orrery.front.strikes(ROUTES["bill"], stamped(stamp))
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert codes(found) == FRESH
    assert found["cards"]["bill"]["as_of"] is None
    assert found["as_of"] is not None  # that of the others


async def test_a_clock_of_orbs_that_is_ahead_makes_no_age_below_zero() -> None:
    async with stage() as orrery:
        orrery.front.strikes(ROUTES["bill"], stamped((orrery.clock() + timedelta(hours=1)).isoformat()))
        found = await orrery.document()
        now = orrery.clock().isoformat().replace("+00:00", "Z")

    assert orrery.front.hits == 1
    assert found["cards"]["bill"]["as_of"] == now
    assert found["updated"] == "Updated just now"


@pytest.mark.parametrize("stamp", ["2026-11-20T19:00:00+00:00", "1999-01-01T00:00:00+00:00"])
async def test_figures_that_are_older_than_those_at_hand_do_not_replace_them(stamp: str) -> None:
    def older(answer: Answer) -> Answer:
        return answer.having(json.dumps({**json.loads(answer.body), "total": "999.00"}).encode(), {STAMP: stamp})

    async with stage() as orrery:
        kept = (await orrery.document())["cards"]["bill"]
        orrery.clock.pass_seconds(LATER)
        orrery.front.strikes(ROUTES["bill"], answers(older))
        found = (await orrery.document())["cards"]["bill"]

    assert orrery.front.hits == 1
    assert (found["as_of"], found["data"]) == (kept["as_of"], kept["data"])


async def test_what_is_new_in_an_answer_is_let_pass_and_what_may_be_missing_may_be() -> None:
    def other(answer: Answer) -> Answer:
        document: dict[str, Any] = json.loads(answer.body)
        document.pop("target_date")
        document["line_items"][0]["price"]["model_type"] = "of_tomorrow"
        document["line_items"][0]["price"]["price_type"] = "of_tomorrow_too"
        return answer.having(json.dumps({**document, "status": "unheard_of", "new": {"deep": [1]}}).encode())

    async with stage() as orrery:
        orrery.front.strikes(ROUTES["bill"], answers(other))
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert codes(found) == FRESH
    assert found["cards"]["bill"]["data"]["subscriptions"][0]["lines"]


def paged(strike: Strike) -> Strike:
    """A list whose first page says that there is another one, and whose other pages are struck."""

    def first(answer: Answer) -> Answer:
        paging = {"has_more": True, "next_cursor": "the-next"}
        return answer.having(json.dumps({**json.loads(answer.body), "pagination_metadata": paging}).encode())

    async def either(arrival: Arrival) -> None:
        await (strike if "cursor=" in arrival.target else answers(first))(arrival)

    return either


async def test_a_list_whose_second_page_fails_is_no_list() -> None:
    async with stage() as orrery:
        orrery.front.strikes(LIST, paged(refuses(500)))
        struck = await orrery.document()
        hits = orrery.front.hits
        orrery.front.mend()
        whole = await orrery.document()

    failed = dict.fromkeys(("bill", "spend", "breakdown"), "orb_error")
    assert codes(struck) == FRESH | failed  # a balance needs no list
    assert hits == 3  # the first page, and the second twice
    assert codes(whole) == FRESH


async def test_a_list_that_is_kept_stands_in_for_one_whose_second_page_fails() -> None:
    async with stage() as orrery:
        kept = (await orrery.document())["cards"]["bill"]["data"]
        orrery.clock.pass_seconds(901)
        orrery.front.strikes(LIST, paged(refuses(500)))
        struck = await orrery.document()
        orrery.front.mend()
        orrery.clock.pass_seconds(RESTED)
        whole = await orrery.document()

    assert {struck["cards"][word]["stale"] for word in ("bill", "spend", "breakdown")} == {True}
    assert struck["cards"]["bill"]["data"] == kept
    assert codes(whole) == FRESH


async def test_a_list_that_names_the_same_page_for_ever_is_read_once() -> None:
    def again(answer: Answer) -> Answer:
        paging = {"has_more": True, "next_cursor": "the-same"}
        return answer.having(json.dumps({**json.loads(answer.body), "pagination_metadata": paging}).encode())

    async def for_ever(arrival: Arrival) -> None:
        first = await truth("GET", arrival.target.partition("&cursor=")[0])
        await arrival.send(again(first).raw())

    async with stage() as orrery:
        whole = await orrery.document()
    async with stage() as orrery:
        orrery.front.strikes(LIST, for_ever)
        found = await orrery.document()

    assert orrery.front.hits == 2
    assert codes(found) == FRESH
    assert found["cards"]["bill"]["data"] == whole["cards"]["bill"]["data"]
