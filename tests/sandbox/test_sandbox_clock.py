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


async def test_no_answer_of_another_story_is_kept(orb: Orb) -> None:
    await orb.cached("/customers/external_customer_id/sparkworks/costs")
    (await orb.http.post("/_sandbox/clock", json={"now": "2026-12-05T20:15:40Z"})).raise_for_status()
    (sparkworks,) = await orb.subscriptions("sparkworks")
    cached = await orb.cached("/customers/external_customer_id/sparkworks/costs")
    assert cached.json()["data"][0]["timeframe_start"] == sparkworks["current_billing_period_start_date"]


async def test_a_clock_that_is_set_and_moved_at_once_tells_the_story_of_where_it_was_set(orb: Orb) -> None:
    await orb.http.post("/_sandbox/clock", json={"now": "2026-11-20T20:15:30Z"})
    await orb.http.post("/_sandbox/clock", json={"advance": 20 * 86_400})
    (sparkworks,) = await orb.subscriptions("sparkworks")
    assert sparkworks["start_date"].startswith("2026-10-11")
