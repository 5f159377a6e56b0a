"""Orb's response cache, by a clock that the test moves."""

from datetime import timedelta

import pytest

from app.sandbox.snapshots import Snapshots, Wish

from .sandbox_client import CACHED, Orb, OrbAt, at

STAMP = "orb-cache-updated-at"
COSTS = "/customers/external_customer_id/northwind/costs"


async def test_the_first_cached_answer_has_an_honest_age_of_its_own_per_question(orb: Orb) -> None:
    ages = set()
    for query in ({}, {"view_mode": "periodic"}, {"currency": "USD"}):
        answer = await orb.cached(COSTS, **query)
        age = orb.now - at(answer.headers[STAMP])
        assert timedelta(seconds=40) <= age <= timedelta(minutes=4)
        assert answer.headers[STAMP].endswith("+00:00")
        assert "." in answer.headers[STAMP]
        ages.add(age)
    assert len(ages) == 3


async def test_a_snapshot_shows_the_figures_of_its_own_instant(orb: Orb, orb_at: OrbAt) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    answer = await orb.cached("/invoices/upcoming", subscription_id=northwind["id"])
    async with orb_at(answer.headers[STAMP]) as then:
        live = await then.get("/invoices/upcoming", subscription_id=northwind["id"])
    assert answer.content == live.content
    orb.later(1800)
    now = await orb.get("/invoices/upcoming", subscription_id=northwind["id"])
    assert now.content != answer.content


async def test_a_young_snapshot_is_answered_again_and_an_old_one_is_renewed(orb: Orb) -> None:
    first = await orb.cached(COSTS, max_age=0)
    assert at(first.headers[STAMP]) == orb.now
    orb.later(299)
    again = await orb.cached(COSTS, max_age=300)
    assert (again.content, again.headers[STAMP]) == (first.content, first.headers[STAMP])
    orb.later(2)
    renewed = await orb.cached(COSTS, max_age=300)
    assert at(renewed.headers[STAMP]) == orb.now
    assert renewed.content != first.content
    orb.later(3600)
    any_age = await orb.cached(COSTS)
    assert any_age.headers[STAMP] == renewed.headers[STAMP]


async def test_an_answer_without_the_header_is_live_unstamped_and_kept(orb: Orb) -> None:
    await orb.cached(COSTS)
    orb.later(60)
    live = await orb.get(COSTS)
    assert STAMP not in live.headers
    asked = orb.now
    orb.later(60)
    kept = await orb.cached(COSTS)
    assert at(kept.headers[STAMP]) == asked
    assert kept.content == live.content


async def test_the_value_of_the_header_is_compared_exactly(orb: Orb) -> None:
    for value in ("cache", "Cache", "CACHE", "no-cache", "cache, cache"):
        answer = await orb.http.get(f"/v1{COSTS}", headers={"Orb-Cache-Control": value})
        assert answer.status_code == 200
        assert (STAMP in answer.headers) == (value == "cache")


async def test_the_name_of_the_header_is_not(orb: Orb) -> None:
    answer = await orb.http.get(f"/v1{COSTS}", headers={"ORB-cache-CONTROL": "cache"})
    assert STAMP in answer.headers


@pytest.mark.parametrize("age", ["-1", "1.5", "soon", ""])
async def test_a_malformed_age_is_refused(orb: Orb, age: str) -> None:
    answer = await orb.cached(COSTS, max_age=age)
    assert answer.status_code == 400
    assert "Orb-Cache-Max-Age-Seconds" in answer.json()["validation_errors"][0]


async def test_questions_that_mean_the_same_share_a_snapshot(orb: Orb) -> None:
    one = await orb.cached(COSTS, max_age=0, view_mode="cumulative")
    orb.later(30)
    other = await orb.cached(COSTS)
    assert one.headers[STAMP] == other.headers[STAMP]
    different = await orb.cached(COSTS, view_mode="periodic")
    assert different.content != one.content


async def test_routes_that_do_not_cache_never_say_so(orb: Orb) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    for path in ("/subscriptions", "/customers", "/ping", f"/subscriptions/{northwind['id']}"):
        assert STAMP not in (await orb.cached(path)).headers
    span = {"timeframe_start": "2026-11-01T04:00:00Z", "timeframe_end": "2026-11-21T05:00:00Z"}
    path = f"/v1/subscriptions/{northwind['id']}/grouped_costs"
    bodies = []
    for _ in range(2):
        answer = await orb.http.post(path, json={"grouping_keys": ["workspace_id"], **span}, headers=CACHED)
        assert STAMP not in answer.headers
        bodies.append(answer.content)
        orb.later(60)
    assert bodies[0] != bodies[1]


async def test_refusals_are_not_cached(orb: Orb) -> None:
    (quiet,) = await orb.subscriptions("quiet")
    answer = await orb.cached("/invoices/upcoming", subscription_id=quiet["id"])
    assert answer.status_code == 404
    assert STAMP not in answer.headers


async def test_a_snapshot_whose_figures_still_hold_is_of_now(orb: Orb) -> None:
    costs = "/customers/external_customer_id/quiet/costs"
    first = await orb.cached(costs)
    assert at(first.headers[STAMP]) == orb.now
    orb.later(1000)
    again = await orb.cached(costs, max_age=1)
    assert (again.content, at(again.headers[STAMP])) == (first.content, orb.now)

    event = {"event_name": "payg_api", "external_customer_id": "quiet", "properties": {"requests": 5000}}
    sent = event | {"timestamp": orb.now.isoformat(), "idempotency_key": "first"}
    orb.later(1)
    await orb.http.post("/v1/ingest", json={"events": [sent]})
    assert at((await orb.cached(costs)).headers[STAMP]) == orb.now - timedelta(seconds=1)
    renewed = await orb.cached(costs, max_age=0)
    assert renewed.content != first.content


async def test_a_snapshot_is_of_yesterday_once_the_day_has_turned(orb: Orb) -> None:
    costs = "/customers/external_customer_id/quiet/costs"
    await orb.cached(costs)
    before = orb.now
    orb.later(10 * 3600)
    assert at((await orb.cached(costs)).headers[STAMP]) == before


async def test_no_snapshot_is_older_than_what_it_is_of(orb: Orb) -> None:
    now = orb.now
    oldest = now - timedelta(seconds=10)
    snapshot, live = Snapshots().answer("key", Wish(True), now, oldest, lambda _: b"{}", lambda _: False)
    assert (snapshot.computed, live) == (oldest, False)


async def test_snapshots_are_bounded_and_the_least_used_goes_first() -> None:
    snapshots, now = Snapshots(bound=2), at("2026-11-20T20:00:00+00:00")
    wish = Wish(cached=True, max_age=10)
    for key in ("a", "b", "a", "c"):
        snapshots.answer(key, wish, now, now, lambda _: b"{}", lambda _: False)
    assert len(snapshots) == 2
    later = now + timedelta(seconds=5)
    for key, live in (("a", False), ("c", False), ("b", True)):
        answer, _ = snapshots.answer(key, wish, later, later, lambda _: b"{}", lambda _: False)
        assert (answer.computed == later) is live
