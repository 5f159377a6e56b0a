"""The main job, end to end: one customer's dashboard from real HTTP calls to a sandbox that answers as Orb does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio
import httpx
import pytest

from app.main import create_app
from app.orb.path import CustomerRef
from app.settings import Settings
from tests.running import Running, running

EARLY = ("bill", "credits", "spend", "breakdown")
CACHED = {"orb-cache-control": "cache", "orb-cache-max-age-seconds": "300"}


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    with running(ORRERY_REFRESH_AGE="0") as found:
        yield found


@pytest.fixture(autouse=True)
def quiet(orrery: Running) -> None:
    orrery.forget()


def calls(orrery: Running) -> list[tuple[str, str, dict[str, str]]]:
    """Every call that reached Orb: method, path, cache headers."""
    return [
        (
            each["method"],
            urlsplit(each["path"]).path.removeprefix("/v1"),
            {name.lower(): value for name, value in each["headers"].items() if name.lower().startswith("orb-")},
        )
        for each in orrery.requests()
    ]


def document(client: httpx.Client, path: str = "/api/dashboard") -> Any:
    return client.get(path).raise_for_status().json()


def early(found: Any) -> dict[str, Any]:
    """The cards of first paint; others may come after it."""
    return {word: card for word, card in found["cards"].items() if word in EARLY}


def test_a_first_paint_asks_exactly_what_it_needs(orrery: Running) -> None:
    with orrery.client("northwind") as client:
        subscription = document(client)["cards"]["bill"]["data"]["subscriptions"][0]["subscription_id"]

    customer = "/customers/external_customer_id/northwind"
    assert sorted(calls(orrery)) == sorted([
        ("GET", "/subscriptions", {}),
        ("GET", "/invoices/upcoming", CACHED),
        ("GET", f"{customer}/credits/ledger", CACHED),
        ("GET", f"{customer}/credits", CACHED),
        ("GET", f"/subscriptions/{subscription}/costs", CACHED),
        ("POST", f"/subscriptions/{subscription}/grouped_costs", {}),
    ])  # fmt: skip


def test_the_list_is_asked_for_this_customer_alone(orrery: Running) -> None:
    with orrery.client("atelier") as client:
        document(client)

    (listed,) = (each for each in orrery.requests() if urlsplit(each["path"]).path == "/v1/subscriptions")
    assert parse_qsl(urlsplit(listed["path"]).query) == [
        ("external_customer_id", "atelier"),
        ("status[]", "active"),
        ("status[]", "upcoming"),
        ("limit", "100"),
    ]


def test_several_subscriptions_cost_one_invoice_each_and_one_series_a_currency(orrery: Running) -> None:
    with orrery.client("halcyon") as client:
        cards = document(client)["cards"]

    asked = [path for _, path, _ in calls(orrery)]
    assert asked.count("/invoices/upcoming") == 3
    assert asked.count("/customers/external_customer_id/halcyon/costs") == 2
    assert sum(path.endswith("/grouped_costs") for path in asked) == 3
    assert not any("/subscriptions/" in path and path.endswith("/costs") for path in asked)
    bills = cards["bill"]["data"]["subscriptions"]
    assert [bill["amount_due"]["unit"] for bill in bills].count("USD") == 2
    assert {cards["spend"]["data"]["unit"], cards["spend"]["data"]["other_units"][0]["unit"]} == {"USD", "EUR"}


@pytest.mark.parametrize("customer", ["yamato", "lumen", "meridian"])
def test_all_calls_are_in_flight_together(orrery: Running, customer: str) -> None:
    with orrery.client(customer) as client:
        document(client)

    seen = orrery.requests()
    (listed,) = (each for each in seen if urlsplit(each["path"]).path == "/v1/subscriptions")
    rest = [each for each in seen if each is not listed]
    early = [each for each in rest if "/credits" in each["path"]]
    others = [each for each in rest if each not in early]
    assert len(early) == 2
    assert len(others) == 3
    assert all(each["started"] < listed["ended"] for each in early)
    assert all(each["started"] >= listed["ended"] for each in others)
    assert max(each["started"] for each in others) < min(each["ended"] for each in others)


def test_with_the_list_kept_nothing_waits(orrery: Running) -> None:
    with orrery.client("fresh") as client:
        document(client, "/api/dashboard?cards=credits,bill")
        orrery.forget()
        document(client, "/api/dashboard?cards=spend,breakdown")

    seen = orrery.requests()
    assert len(seen) == 2
    assert max(each["started"] for each in seen) < min(each["ended"] for each in seen)


def test_a_second_look_asks_nothing(orrery: Running) -> None:
    with orrery.client("sunset") as client:
        first = document(client)
        orrery.forget()
        second = document(client)

    assert calls(orrery) == []
    assert early(first) == early(second)


def test_a_refresh_asks_everything_again_without_the_cache_header(orrery: Running) -> None:
    with orrery.client("northwind") as client:
        before = document(client)
        orrery.forget()
        with orrery.clock(advance=3600):
            after = client.post("/api/dashboard/refresh").raise_for_status().json()

    asked = calls(orrery)
    assert len(asked) == 6
    assert [headers for _, _, headers in asked if headers] == []
    assert after["updated"] == "Updated just now"
    assert after["as_of"] > before["as_of"]
    assert due(after) > due(before)


def test_the_freeform_query_is_never_called(orrery: Running) -> None:
    for customer in ("northwind", "lumen"):
        with orrery.client(customer) as client:
            document(client)
            client.post("/api/dashboard/refresh").raise_for_status()

    assert not any("evaluate" in path for _, path, _ in calls(orrery))


def test_quick_cards_arrive_before_the_slow_one_is_done(orrery: Running) -> None:
    with (
        orrery.fault("subscription_costs", "slow", seconds=1.0),
        orrery.client("quiet") as client,
        client.stream("GET", "/api/dashboard", headers={"Accept": "application/x-ndjson"}) as response,
    ):
        messages = (json.loads(line) for line in response.iter_lines())
        for number, message in enumerate(each for each in messages if each.get("status") != "late"):
            (costs,) = [each for each in orrery.requests() if each["path"].partition("?")[0].endswith("/costs")] or [{}]
            if number < 2:
                assert message["card"] in ("bill", "credits")
                assert costs.get("ended") is None
    assert message["done"]


@pytest.mark.parametrize(
    ("customer", "states"),
    [
        ("northwind", ["ready", "no_credits", "ready", "ready"]),
        ("halcyon", ["ready", "no_credits", "ready", "ready"]),
        ("lumen", ["ready", "ready", "ready", "ready"]),
        ("quiet", ["no_upcoming_invoice", "no_credits", "no_usage", "no_usage"]),
        ("sunset", ["subscription_ended", "no_credits", "subscription_ended", "subscription_ended"]),
        ("fresh", ["ready", "no_credits", "no_usage", "no_usage"]),
        ("nobody", ["no_subscription", "no_credits", "no_subscription", "no_subscription"]),
        ("yamato", ["ready", "no_credits", "ready", "ready"]),
        ("atelier", ["ready", "no_credits", "ready", "not_enabled"]),
    ],
)
def test_every_customer_looks_like_the_true_state_it_is_in(orrery: Running, customer: str, states: list[str]) -> None:
    with orrery.client(customer) as client:
        found = document(client)

    assert [card["code"] or card["status"] for card in early(found).values()] == states
    assert found["complete"]


@pytest.mark.parametrize(
    ("route", "word"),
    [
        ("upcoming_invoice", "bill"),
        ("credits_ledger", "credits"),
        ("subscription_costs", "spend"),
        ("grouped_costs", "breakdown"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "code"),
    [("hang", "orb_timeout"), ("garbage", "orb_malformed"), ("cut", "orb_malformed"), ("status", "orb_error")],
)
async def test_one_endpoint_failing_or_hanging_costs_one_card(
    orrery: Running, settings: Settings, route: str, word: str, kind: str, code: str
) -> None:
    app = create_app(replace(settings, orb_base_url=orrery.orb, patience=2))
    async with app.router.lifespan_context(app):  # one that has nothing kept
        token = app.state.desk.tokens.sign(CustomerRef("external_customer_id", "lumen"))
        transport, headers = httpx.ASGITransport(app), {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://orrery.test", headers=headers) as client:
            with orrery.fault(route, kind), anyio.fail_after(2):
                response = await client.get("/api/dashboard")

    found = response.raise_for_status().json()
    assert {name: card["code"] for name, card in early(found).items() if card["status"] != "ready"} == {word: code}
    assert not found["complete"]


@pytest.mark.parametrize("customer", ["northwind", "halcyon", "lumen", "meridian", "yamato"])
def test_the_figures_of_all_cards_agree(orrery: Running, customer: str) -> None:
    now = datetime.now(UTC).isoformat()
    with orrery.clock(now=now), orrery.client(customer) as client:
        daily = client.post("/api/dashboard/refresh").raise_for_status().json()["cards"]
        cumulative = client.post("/api/dashboard/refresh?view_mode=cumulative").raise_for_status().json()["cards"]

    for by_day, growing in zip(series(daily), series(cumulative), strict=True):
        days = [Decimal(day["subtotal"]["amount"]) for day in by_day["days"]]
        assert sum(days) == Decimal(growing["days"][-1]["subtotal"]["amount"]) == amount(by_day["subtotal"])
        members = {member["subscription_id"] for member in by_day["subscriptions"]}
        bills = [bill for bill in daily["bill"]["data"]["subscriptions"] if bill["subscription_id"] in members]
        assert sum(amount(bill["subtotal"]) for bill in bills) == amount(by_day["subtotal"])
    for bill in daily["bill"]["data"]["subscriptions"]:
        walked = amount(bill["subtotal"]) + sum(amount(step["amount"]) for step in bill["bridge"])
        assert walked == amount(bill["amount_due"])
        assert "unexplained" not in [step["kind"] for step in bill["bridge"]]
    for part in daily["breakdown"]["data"]["subscriptions"]:
        if part["subtotal"]:
            groups = sum(amount(group["subtotal"]) for group in part["groups"])
            assert groups + amount(part["residual"]) == amount(part["subtotal"])
    assert any(part["subtotal"] for part in daily["breakdown"]["data"]["subscriptions"]) or customer != "northwind"


def test_an_event_that_is_sent_is_on_the_dashboard_after_a_refresh_to_the_last_digit(orrery: Running) -> None:
    event = {
        "event_name": "gpu_inference",
        "timestamp": "2026-11-20T15:04:00Z",
        "external_customer_id": "northwind",
        "idempotency_key": "one-of-mine",
        "properties": {"tokens": 12_345, "workspace_id": "search-prod", "region": "us-east-1"},
    }
    with orrery.clock(now="2026-11-20T15:04:05Z"), orrery.client("northwind") as client:
        before = client.post("/api/dashboard/refresh").raise_for_status().json()["cards"]
        sent = httpx.post(
            f"{orrery.orb}/ingest",
            json={"events": [event]},
            headers={"Authorization": "Bearer a-key"},
            trust_env=False,
        )
        assert sent.json() == {"validation_failed": []}
        after = client.post("/api/dashboard/refresh").raise_for_status().json()["cards"]

    price = Decimal(12_345) * Decimal("0.00045")
    for figure in (bill_subtotal, spend_subtotal, group_subtotal):
        assert figure(after) - figure(before) == price


def bill_subtotal(cards: Any) -> Decimal:
    return Decimal(cards["bill"]["data"]["subscriptions"][0]["subtotal"]["amount"])


def spend_subtotal(cards: Any) -> Decimal:
    return Decimal(cards["spend"]["data"]["subtotal"]["amount"])


def group_subtotal(cards: Any) -> Decimal:
    groups = cards["breakdown"]["data"]["subscriptions"][0]["groups"]
    return Decimal(next(group["subtotal"]["amount"] for group in groups if group["key"] == "search-prod"))


def test_a_day_on_which_the_clocks_change_has_its_own_length(orrery: Running) -> None:
    with orrery.client("meridian") as client:
        days = document(client)["cards"]["spend"]["data"]["days"]

    lengths = {(instant(day["end"]) - instant(day["start"])).total_seconds() / 3600 for day in days}
    assert lengths in ({24, 25}, {24, 23}, {23, 24, 25})
    assert all(one["end"] == other["start"] for one, other in pairwise(days))
    assert len({day["label"] for day in days}) == len(days)


def series(cards: Any) -> list[Any]:
    spend = cards["spend"]["data"]
    return [spend, *spend["other_units"]]


def amount(money: Any) -> Decimal:
    return Decimal(money["amount"])


def due(found: Any) -> Decimal:
    return amount(found["cards"]["bill"]["data"]["subscriptions"][0]["amount_due"])


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
