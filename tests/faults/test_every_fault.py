"""Every fault of a request costs one card, for as long as it lasts, and with a kept answer not even that."""

import pytest

from tests.faults.stage import FRESH, LATER, RESTED, codes, stage
from tests.faults.table import FAULTS, ROUTES, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_fault_costs_one_card_in_time_and_the_next_request_is_whole(fault: Fault) -> None:
    async with stage(patience=fault.patience) as orrery:
        before = await orrery.at_rest()
        orrery.front.strikes(ROUTES[fault.card], fault.strike)
        struck = await orrery.document()
        left = await orrery.at_rest()
        orrery.front.mend()
        whole = await orrery.document()

    assert codes(struck) == FRESH | {fault.card: fault.code}
    assert struck["cards"][fault.card]["data"] == {}
    assert orrery.front.hits == fault.arrivals
    assert (codes(whole), whole["complete"]) == (FRESH, True)
    assert left.tasks == before.tasks


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_what_is_kept_is_shown_with_its_age_while_a_fault_lasts(fault: Fault) -> None:
    async with stage(patience=fault.patience) as orrery:
        kept = (await orrery.document())["cards"]
        before = await orrery.at_rest()
        orrery.clock.pass_seconds(LATER)
        orrery.front.strikes(ROUTES[fault.card], fault.strike)
        struck = (await orrery.document())["cards"]
        left = await orrery.at_rest()
        orrery.front.mend()
        orrery.clock.pass_seconds(RESTED)
        whole = await orrery.document()

    card = struck.pop(fault.card)
    old = kept.pop(fault.card)
    assert (card["status"], card["stale"], card["as_of"], card["data"]) == ("ready", True, old["as_of"], old["data"])
    assert card["message"].startswith("This is the last that is known.")
    assert not any(other["stale"] for other in struck.values())
    assert all(other["as_of"] > kept[word]["as_of"] for word, other in struck.items() if other["as_of"])
    assert orrery.front.hits == fault.arrivals
    assert (codes(whole), whole["complete"]) == (FRESH, True)
    assert left.tasks == before.tasks


def test_every_fault_has_its_own_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
