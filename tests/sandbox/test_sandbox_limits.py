"""The rate limits: how much each class of each plan lets through, and how the rest is refused."""

from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import httpx
import pytest

from app.sandbox.limits import Limits, class_of
from app.sandbox.problems import Problem
from app.sandbox.routes.table import NAMES

from .sandbox_client import Orb, OrbAt

NOON = "2026-11-20T12:00:00+00:00"
LUMEN = "/customers/external_customer_id/lumen"


class Seconds:
    """A monotonic clock that stands still until it is told to go on; exact, so that a second is a second."""

    def __init__(self) -> None:
        self.now = Fraction(0)

    def __call__(self) -> float:
        return self.now  # type: ignore[return-value]  # a fraction counts as a float does, without its errors

    def pass_by(self, seconds: float | str) -> None:
        self.now += Fraction(seconds)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def limited(orb_at: OrbAt, seconds: Seconds) -> AsyncIterator[Orb]:
    """Give a sandbox with the limits of a live account."""
    async with orb_at(NOON, rate_plan="live", monotonic=seconds) as orb:
        yield orb


async def change(orb: Orb, **order: Any) -> Any:
    answer = await orb.http.post("/_sandbox/limits", json=order)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def statuses(orb: Orb, path: str, calls: int) -> list[int]:
    return [(await orb.get(path)).status_code for _ in range(calls)]


@pytest.mark.parametrize(
    ("plan", "path", "allowed"),
    [
        ("live", f"{LUMEN}/costs", 10),
        ("test", f"{LUMEN}/costs", 5),
        ("trial", f"{LUMEN}/costs", 1),
        ("live", f"{LUMEN}/credits", 10),
        ("test", f"{LUMEN}/credits", 5),
        ("trial", f"{LUMEN}/credits", 1),
        ("live", f"{LUMEN}/credits/ledger", 100),
        ("test", "/ping", 50),
        ("trial", "/subscriptions", 10),
    ],
)
async def test_the_call_after_the_last_allowed_one_is_refused(
    orb_at: OrbAt, seconds: Seconds, plan: str, path: str, allowed: int
) -> None:
    async with orb_at(NOON, rate_plan=plan, monotonic=seconds) as orb:
        assert await statuses(orb, path, allowed + 2) == [200] * allowed + [429] * 2


@pytest.mark.parametrize(("plan", "allowed"), [("live", 50), ("test", 5), ("trial", 1)])
async def test_a_question_that_is_posted_is_a_write(orb_at: OrbAt, seconds: Seconds, plan: str, allowed: int) -> None:
    async with orb_at(NOON, rate_plan=plan, monotonic=seconds) as orb:
        found = [(await orb.groups("unknown")).status_code for _ in range(allowed + 1)]
    assert found == [404] * allowed + [429]


async def test_a_refusal_is_orbs_problem_document_without_retry_after(limited: Orb) -> None:
    await statuses(limited, f"{LUMEN}/costs", 10)
    refused = await limited.get(f"{LUMEN}/costs")
    assert refused.json() == {
        "status": 429,
        "title": "Too many requests",
        "type": "https://docs.withorb.com/reference/error-responses#429-too-many-requests",
        "detail": "Rate limit exceeded (10 per 1 second)",
    }
    assert sorted(refused.headers) == ["content-length", "content-type"]


async def test_all_routes_and_customers_of_a_class_share_one_bucket(limited: Orb) -> None:
    (quiet,) = await limited.subscriptions("quiet")
    assert await statuses(limited, f"/subscriptions/{quiet['id']}/costs", 4) == [200] * 4
    assert await statuses(limited, f"{LUMEN}/costs", 4) == [200] * 4
    by_orbs_id = f"/customers/{quiet['customer']['id']}/costs"
    assert await statuses(limited, by_orbs_id, 3) == [200, 200, 429]
    assert await statuses(limited, f"{LUMEN}/credits", 1) == [200]


async def test_no_second_holds_more_than_the_limit_however_it_is_cut(limited: Orb, seconds: Seconds) -> None:
    passed: list[Fraction] = []
    for _ in range(200):
        if await statuses(limited, f"{LUMEN}/costs", 1) == [200]:
            passed.append(seconds.now)
        seconds.pass_by("1/37")
    assert len(passed) == 10 * 6  # in 200 / 37 seconds, each call refused until a second after the tenth before it
    assert all(later - first >= 1 for first, later in zip(passed, passed[10:], strict=False))


async def test_a_refused_call_does_not_count(limited: Orb, seconds: Seconds) -> None:
    await statuses(limited, f"{LUMEN}/costs", 10)
    seconds.pass_by("0.9")
    assert await statuses(limited, f"{LUMEN}/costs", 30) == [429] * 30
    seconds.pass_by("0.1")
    assert await statuses(limited, f"{LUMEN}/costs", 11) == [200] * 10 + [429]


async def test_the_clock_of_the_sandbox_moves_no_limit(limited: Orb) -> None:
    await statuses(limited, f"{LUMEN}/costs", 10)
    limited.later(3600)
    await limited.http.post("/_sandbox/clock", json={"advance": 3600})
    assert await statuses(limited, f"{LUMEN}/costs", 1) == [429]


async def test_a_call_without_a_key_or_with_too_long_a_body_takes_nothing(orb_at: OrbAt, seconds: Seconds) -> None:
    async with orb_at(NOON, rate_plan="trial", monotonic=seconds) as orb:
        path = "/v1/subscriptions/x/grouped_costs"
        strange = [
            (await orb.http.post(path, content=b"{}", headers={"Authorization": ""})).status_code,
            (await orb.http.post(path, content=b" " * (2 << 20))).status_code,
            (await orb.http.post("/v1/nothing", content=b"{}")).status_code,
        ]
        assert strange == [401, 413, 404]
        assert [(await orb.groups("x")).status_code for _ in range(2)] == [404, 429]
        assert (await orb.http.post(path, content=b"{}", headers={"Authorization": ""})).status_code == 401


async def test_the_limit_comes_before_a_fault(limited: Orb) -> None:
    await limited.http.post("/_sandbox/faults", json={"route": "customer_costs", "kind": "status", "times": -1})
    assert await statuses(limited, f"{LUMEN}/costs", 11) == [500] * 10 + [429]
    (fault,) = (await limited.http.get("/_sandbox/faults")).json()["data"]
    assert fault["hits"] == 10


async def test_the_panel_shows_what_is_taken(limited: Orb, seconds: Seconds) -> None:
    async def taken() -> int:
        shown = (await limited.http.get("/_sandbox/limits")).json()
        count: int = shown["classes"]["analytics"]["taken"]
        return count

    await statuses(limited, f"{LUMEN}/costs", 3)
    assert await taken() == 3
    seconds.pass_by(1)
    assert await taken() == 0


async def test_the_panel_changes_the_plan(limited: Orb) -> None:
    await statuses(limited, f"{LUMEN}/costs", 11)
    shown = await change(limited, plan="test")
    assert (shown["plan"], shown["retry_after"]) == ("test", None)
    assert shown["classes"]["analytics"] == {"limit": 5, "per": "second", "taken": 0}
    assert shown["classes"]["events"] == {"limit": 2000, "per": "minute", "taken": 0}
    assert await statuses(limited, f"{LUMEN}/costs", 6) == [200] * 5 + [429]
    assert await change(limited, plan="off") == {"plan": "off", "retry_after": None, "classes": {}}
    assert await statuses(limited, f"{LUMEN}/costs", 30) == [200] * 30


async def test_retry_after_is_sent_only_if_it_was_asked_for(limited: Orb) -> None:
    async def refused() -> httpx.Response:
        return [await limited.get(f"{LUMEN}/costs") for _ in range(11)][-1]

    assert "retry-after" not in (await refused()).headers
    await change(limited, retry_after=7)
    answer = await refused()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert (await change(limited, retry_after=None))["plan"] == "live"
    assert "retry-after" not in (await refused()).headers


@pytest.mark.parametrize(
    "order", [{"plan": "gold"}, {"plan": None}, {"retry_after": -1}, {"retry_after": "soon"}, {"limit": 5}, []]
)
async def test_an_order_to_the_limits_must_make_sense(limited: Orb, order: Any) -> None:
    assert (await limited.http.post("/_sandbox/limits", json=order)).status_code == 400
    shown = (await limited.http.get("/_sandbox/limits")).json()
    assert (shown["plan"], shown["retry_after"]) == ("live", None)


@pytest.mark.parametrize(
    ("plan", "requests", "events"), [("live", 100, 10_000), ("test", 10, 2_000), ("trial", 2, 100)]
)
def test_ingest_is_bound_by_its_requests_a_second_and_its_events_a_minute(
    seconds: Seconds, plan: Any, requests: int, events: int
) -> None:
    limits = Limits(plan, seconds)
    for _ in range(requests):
        limits.take("ingest")
    with pytest.raises(Problem) as many:
        limits.take("ingest")
    assert many.value.detail == f"Rate limit exceeded ({requests} per 1 second)"

    limits.take_events(events - 1)
    limits.take_events(0)
    with pytest.raises(Problem) as much:
        limits.take_events(2)
    assert (much.value.status, much.value.detail) == (429, f"Rate limit exceeded ({events} per 1 minute)")
    limits.take_events(1)
    seconds.pass_by("59.9")
    with pytest.raises(Problem):
        limits.take_events(1)
    seconds.pass_by("0.1")
    limits.take_events(events)


def test_every_route_has_the_class_that_orb_gives_it() -> None:
    assert {"subscription_costs", "customer_costs", "credit_blocks"} <= NAMES
    named = {"usage": "analytics", "subscription_costs": "analytics", "customer_costs": "analytics"}
    assert {name: class_of(name, "GET") for name in named} == named
    assert class_of("credit_blocks", "GET") == "ledger"
    assert class_of("ingest", "POST") == "ingest"
    assert {class_of(name, "GET") for name in ("credits_ledger", "invoices", "alerts", "ping")} == {"read"}
    assert {class_of("evaluate", method) for method in ("POST", "PUT", "PATCH", "DELETE")} == {"write"}
    assert class_of("grouped_costs", "POST") == "write"
