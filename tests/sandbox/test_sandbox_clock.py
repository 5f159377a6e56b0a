"""The sandbox's clock, and the instant around which its stories are told."""

from .sandbox_client import Orb


async def test_time_that_passes_moves_no_story(orb: Orb) -> None:
    (await orb.http.post("/_sandbox/clock", json={"advance": 40 * 86_400})).raise_for_status()
    (northwind,) = await orb.subscriptions("northwind")
    assert northwind["start_date"].startswith("2025-09-01")
    assert northwind["current_billing_period_start_date"].startswith("2026-12-01")


async def test_a_clock_that_is_set_tells_the_story_anew(orb: Orb) -> None:
    (await orb.http.post("/_sandbox/clock", json={"now": "2027-06-15T00:00:00Z"})).raise_for_status()
    (northwind,) = await orb.subscriptions("northwind")
    assert northwind["start_date"].startswith("2026-04-01")
