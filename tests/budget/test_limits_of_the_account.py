"""Many customers at once, through the service as it is started: Orb's limits hold, and nobody's page is lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.running import Running, running
from tests.thorough import times
from tests.whole import CUSTOMERS

FIRST_PAINT = ("bill", "credits", "spend", "breakdown")


def documents(orrery: Running) -> list[dict[str, Any]]:
    """The dashboard of every customer, all asked for at once."""

    def ask(customer: str) -> dict[str, Any]:
        with orrery.client(customer) as client:
            answer = client.get("/api/dashboard")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    with ThreadPoolExecutor(len(CUSTOMERS)) as pool:
        return list(pool.map(ask, CUSTOMERS))


@pytest.mark.parametrize("plan", ["live", "test"][: times(2, 1)])
def test_all_customers_opening_at_once_never_exceed_the_plan(plan: str) -> None:
    with running(SANDBOX_RATE_PLAN=plan) as orrery:
        orrery.forget()
        found = documents(orrery)
        asked = orrery.requests()

    assert len(asked) > 60
    assert [each["path"] for each in asked if each["status"] == 429] == []
    codes = {
        card["code"] for each in found for word in FIRST_PAINT if (card := each["cards"][word])["status"] == "failed"
    }
    assert codes <= {"busy"}


def test_while_orb_wants_a_pause_the_last_answer_is_shown_with_its_age_and_nobody_is_asked() -> None:
    with running(ORRERY_MAX_AGE="0", ORRERY_REFRESH_AGE="0") as orrery, orrery.client("northwind") as client:
        first = client.get("/api/cards/spend").json()
        with orrery.fault("subscription_costs", "status", status=429, retry_after=60):
            refused = client.get("/api/cards/spend").json()
            orrery.forget()
            paused = client.post("/api/dashboard/refresh").json()["cards"]["spend"]
        asked = [each["class"] for each in orrery.requests()]

    assert (first["status"], first["stale"]) == ("ready", False)
    for card in (refused, paused):
        assert (card["status"], card["stale"], card["as_of"]) == ("ready", True, first["as_of"])
    assert refused["message"].endswith("The billing system is busy. Try again in a few seconds.")
    assert paused["message"].endswith("Too many questions at once. Try again in a few seconds.")
    assert "analytics" not in asked
