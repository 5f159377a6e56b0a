"""What passes by itself: one more attempt, kept connections that were closed, an Orb that fails for long or is late."""

import anyio
import pytest

from app.orb.transport import Wire
from tests.faults.front import Arrival, Front, Strike
from tests.faults.stage import FRESH, LATER, RESTED, Stage, codes, stage
from tests.faults.strikes import half_closes, hangs_up, is_silent, refuses, resets
from tests.faults.table import ROUTES

ONCE = {
    "reset": resets,
    "hung up": hangs_up,
    "half-closed": half_closes,
    **{str(status): refuses(status) for status in (408, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("strike", ONCE.values(), ids=ONCE)
async def test_what_fails_once_costs_nothing(strike: Strike) -> None:
    async with stage() as orrery:
        orrery.front.strikes(ROUTES["bill"], strike, times=1)
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert (codes(found), found["complete"]) == (FRESH, True)


@pytest.mark.parametrize("strike", [resets, hangs_up], ids=["reset", "hung up"])
async def test_kept_connections_that_are_closed_under_every_request_cost_nothing(strike: Strike) -> None:
    """As behind a firewall that has forgotten them all, and however few retries there may be."""
    async with stage() as orrery:
        await orrery.document()
        orrery.clock.pass_seconds(LATER)
        old, orrery.front.arrivals = orrery.front.tasks, []

        async def dead(arrival: Arrival) -> None:
            await (strike(arrival) if arrival.task in old else arrival.send(arrival.answer.raw()))

        orrery.front.strikes("/v1/", dead)
        found = await orrery.document()

    got = [each for each in orrery.front.arrivals if "grouped_costs" not in each]
    assert codes(found) == FRESH | {"breakdown": codes(found)["breakdown"]}  # what is posted is never sent twice
    assert len(old) == 8  # opened at the start
    assert len(got) > len(set(got))
    assert max(got.count(each) for each in got) == 2


async def test_one_request_gets_past_any_number_of_kept_connections_that_are_closed() -> None:
    async with stage() as orrery:
        await orrery.document()
        orrery.clock.pass_seconds(LATER)
        await orrery.document()
        orrery.clock.pass_seconds(LATER)
        old = orrery.front.tasks

        async def dead(arrival: Arrival) -> None:
            await (resets(arrival) if arrival.task in old else arrival.send(arrival.answer.raw()))

        orrery.front.strikes(ROUTES["bill"], dead)
        card = (await orrery.client.get("/api/cards/bill")).json()

    assert len(old) > 2
    assert orrery.front.hits == 2
    assert (card["status"], card["stale"]) == ("ready", False)


async def test_what_is_posted_on_a_kept_connection_is_never_sent_twice() -> None:
    async with stage() as orrery:
        await orrery.document()
        orrery.clock.pass_seconds(LATER)
        orrery.front.strikes(ROUTES["breakdown"], resets)
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert codes(found) == FRESH | {"breakdown": "stale"}


async def ask(orrery: Stage, times: int) -> int:
    """How many of so many first questions for the bill, each of which has to be asked anew, came back stale."""
    stale = 0
    for _ in range(times):
        orrery.clock.pass_seconds(RESTED)
        card = (await orrery.client.get("/api/cards/bill")).json()
        assert card["status"] == "ready"
        stale += card["stale"]
    return stale


async def test_an_orb_that_fails_for_long_is_asked_less_and_what_is_kept_is_shown() -> None:
    async with stage(max_age=0) as orrery:
        await orrery.document()
        orrery.front.strikes(ROUTES["bill"], refuses(500))
        assert await ask(orrery, 40) == 40
        hits = orrery.front.hits
        began = anyio.current_time()
        assert await ask(orrery, 10) == 10
        took = anyio.current_time() - began

    assert hits <= 22  # half of what counts had failed after so many
    assert orrery.front.hits == hits
    assert took < 10 * 0.1


async def test_an_orb_that_fails_every_other_time_is_not_asked_much_more_often() -> None:
    failing = refuses(503)

    async def every_other(arrival: Arrival) -> None:
        await (failing(arrival) if arrival.front.hits % 3 == 0 else arrival.send(arrival.answer.raw()))

    async with stage(max_age=0) as orrery:
        await orrery.document()
        orrery.front.strikes(ROUTES["bill"], every_other)
        stale = await ask(orrery, 30)

    assert 30 <= orrery.front.hits <= 30 + 1 + 4
    assert 0 < stale <= 12


async def test_what_comes_late_is_kept_for_the_next_who_asks() -> None:
    late = anyio.Event()

    async def waits(arrival: Arrival) -> None:
        await late.wait()
        await arrival.send(arrival.answer.raw())

    async with stage(patience=4) as orrery:
        await orrery.document()
        orrery.clock.pass_seconds(LATER)
        orrery.front.strikes(ROUTES["bill"], waits)
        began = anyio.current_time()
        page = await orrery.client.get("/")
        took = anyio.current_time() - began
        late.set()
        await orrery.at_rest()
        found = await orrery.document()

    assert 0.7 < took < 1.2  # the page's own patience, with something at hand
    assert "A newer answer takes longer than usual." in page.text
    assert codes(found) == FRESH
    assert orrery.front.hits == 1


async def test_a_viewer_who_leaves_takes_no_answer_with_them() -> None:
    there, late = anyio.Event(), anyio.Event()

    async def waits(arrival: Arrival) -> None:
        there.set()
        await late.wait()
        await arrival.send(arrival.answer.raw())

    async with stage() as orrery:
        orrery.front.strikes(ROUTES["bill"], waits)
        async with anyio.create_task_group() as group:
            group.start_soon(orrery.document)
            await there.wait()
            group.cancel_scope.cancel()
        late.set()
        await orrery.at_rest()
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert codes(found) == FRESH


async def test_with_every_connection_taken_the_others_wait_and_then_say_that_it_is_busy() -> None:
    wire = Wire(connections=1, connecting=0.3)
    async with stage(wire=wire) as orrery:
        assert codes(await orrery.document()) == FRESH  # one after the other
        orrery.clock.pass_seconds(LATER)
        orrery.front.strikes("/v1/", is_silent)
        struck = await orrery.document()
        await orrery.at_rest()
        orrery.front.mend()
        orrery.clock.pass_seconds(RESTED)
        whole = await orrery.document()

    messages = {card["message"] for card in struck["cards"].values()}
    assert orrery.front.hits == 1
    assert set(codes(struck).values()) == {"stale"}
    assert len(messages) == 2  # that it took too long, and that nobody could be asked
    assert codes(whole) == FRESH


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_followed_to_another_server(status: int) -> None:
    async with stage() as orrery:
        other = Front(orrery.clock)
        await other.open()
        elsewhere = refuses(status, Location=f"{other.url}/invoices/upcoming")
        orrery.front.strikes(ROUTES["bill"], elsewhere)
        found = await orrery.document()
        seen = (other.arrivals, other.tasks)
        await other.close()

    assert orrery.front.hits == 1
    assert codes(found) == FRESH | {"bill": "orb_error"}
    assert seen == ([], set())


async def test_an_answer_that_says_nothing_of_its_end_costs_its_connection_alone() -> None:
    async def without_length(arrival: Arrival) -> None:
        await arrival.send(arrival.answer.head() + arrival.answer.body)
        await hangs_up(arrival)

    async with stage() as orrery:
        orrery.front.strikes(ROUTES["bill"], without_length)
        found = await orrery.document()

    assert orrery.front.hits == 1
    assert codes(found) == FRESH
