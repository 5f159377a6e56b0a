"""Summaries of subscriptions, and single credit blocks."""

from typing import Any

import pytest

from .sandbox_client import Orb


async def test_a_summary_of_subscriptions_has_neither_prices_nor_periods(orb: Orb) -> None:
    full = await orb.subscriptions()
    short = (await orb.read("/subscriptions/summary", limit=100))["data"]
    assert [s["id"] for s in short] == [s["id"] for s in full]
    for subscription, summary in zip(full, short, strict=True):
        plan, customer = subscription["plan"], subscription["customer"]
        alike = ("id", "name", "status", "start_date", "end_date", "created_at", "metadata")
        assert summary == {name: subscription[name] for name in alike} | {
            "plan": {"id": plan["id"], "external_plan_id": plan["external_plan_id"], "name": plan["name"]},
            "customer": {"id": customer["id"], "external_customer_id": customer["external_customer_id"]},
        }


async def test_summaries_of_subscriptions_are_filtered_and_paged(orb: Orb) -> None:
    path = "/subscriptions/summary"
    everything = (await orb.read(path, limit=100))["data"]
    halcyon = [s for s in everything if s["customer"]["external_customer_id"] == "halcyon"]
    one = halcyon[0]
    for query, wanted in (
        ({"external_customer_id": "halcyon"}, halcyon),
        ({"customer_id": one["customer"]["id"]}, halcyon),
        ({"plan_id": one["plan"]["id"]}, [one]),
        ({"external_plan_id": one["plan"]["external_plan_id"]}, [one]),
        ({"status": "ended"}, [s for s in everything if s["status"] == "ended"]),
        ({"status": "upcoming"}, [s for s in everything if s["status"] == "upcoming"]),
        ({"created_at[gt]": one["created_at"]}, [s for s in everything if s["created_at"] > one["created_at"]]),
        ({"customer_id": "x"}, []),
    ):
        assert (await orb.read(path, **query, limit=100))["data"] == wanted, query
    first = await orb.read(path, limit=2)
    cursor = first["pagination_metadata"]["next_cursor"]
    second = await orb.read(path, limit=2, cursor=cursor)
    assert first["data"] + second["data"] == everything[:4]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("nope=1", "nope"),
        ("status=gone", "status"),
        ("customer_id=a&customer_id=b", "customer_id"),
        ("limit=0", "limit"),
    ],
)
async def test_a_malformed_question_for_summaries_is_refused_by_name(orb: Orb, query: str, named: str) -> None:
    answer = await orb.http.get(f"/v1/subscriptions/summary?{query}")
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith(f"{named}: ")


async def test_a_credit_block_is_found_by_its_id_lapsed_or_not(orb: Orb) -> None:
    path = "/customers/external_customer_id/lumen/credits"
    blocks = (await orb.read(path, include_all_blocks="true", limit=100))["data"]
    assert any(block["balance"] == 0 for block in blocks)
    for block in blocks:
        assert await orb.read(f"/credit_blocks/{block['id']}") == block


async def test_a_credit_block_that_is_not_given_yet_is_not_found(orb: Orb) -> None:
    before = {b["id"] for b in await all_blocks(orb)}
    orb.later(10 * 86_400)
    (new,) = [b["id"] for b in await all_blocks(orb) if b["id"] not in before]
    assert (await orb.get(f"/credit_blocks/{new}")).status_code == 200
    orb.later(-10 * 86_400)
    assert (await orb.get(f"/credit_blocks/{new}")).status_code == 404


async def all_blocks(orb: Orb) -> list[Any]:
    path = "/customers/external_customer_id/lumen/credits"
    found: list[Any] = (await orb.read(path, include_all_blocks="true", limit=100))["data"]
    return found
