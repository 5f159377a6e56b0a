"""Licenses and alerts over real sockets: every customer of the sandbox, and what reaches Orb for them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.running import Running, running
from tests.web.test_api import keys, numbers

CUSTOMERS = [
    "northwind", "halcyon", "lumen", "quiet", "sunset", "fresh", "meridian", "nobody", "yamato", "atelier",
    "sparkworks", "faro", "trollheim", "zeroth", "springboard", "lattice", "babel", "mote", "chorus", "orchard",
    "orchard-east", "orchard-west", "gulf", "himal", "calder", "quill",
]  # fmt: skip
STATES = {
    "licenses": {"quill": "ready"},
    "alerts": dict.fromkeys(("northwind", "halcyon", "lumen", "yamato", "quill"), "ready"),
}


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    with running() as found:
        yield found


def card(client: httpx.Client, word: str) -> Any:
    return client.get(f"/api/cards/{word}").raise_for_status().json()


def amount(money: Any) -> Decimal:
    return Decimal(money["amount"])


def test_alerts_cost_one_call_a_subscription_and_one_for_the_whole(orrery: Running) -> None:
    with orrery.client("halcyon") as client:
        client.get("/api/dashboard")
        orrery.forget()
        card(client, "alerts")

    seen = [urlsplit(each["path"]) for each in orrery.requests()]
    assert {each.path for each in seen} == {"/v1/alerts"}
    whose = sorted(next(iter(parse_qs(each.query))) for each in seen)
    assert whose == ["external_customer_id", *["subscription_id"] * 3]


def test_a_customer_without_licenses_costs_one_call_a_subscription(orrery: Running) -> None:
    with orrery.client("halcyon") as client:
        client.get("/api/dashboard")
        orrery.forget()
        card(client, "licenses")

    assert [urlsplit(each["path"]).path for each in orrery.requests()] == ["/v1/licenses"] * 3


@pytest.mark.parametrize("word", ["licenses", "alerts"])
@pytest.mark.parametrize("customer", CUSTOMERS)
def test_every_customer_is_in_a_true_state(orrery: Running, customer: str, word: str) -> None:
    with orrery.client(customer) as client:
        client.get("/api/dashboard")
        found = card(client, word)
        html = client.get(f"/cards/{word}").raise_for_status().text

    assert found["status"] == STATES[word].get(customer, "empty")
    assert (numbers(found), "amount_due" in keys(found)) == ([], False)
    assert f'id="{word}"' in html
    assert 'data-status="failed"' not in html


def test_quills_seats_add_up_to_what_the_card_says(orrery: Running) -> None:
    with orrery.client("quill") as client:
        (part,) = card(client, "licenses")["data"]["subscriptions"]
        rows: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = client.get("/api/licenses", params={"cursor": cursor} if cursor else {}).raise_for_status().json()
            rows += page["data"]
            cursor = page["next_cursor"]

    assert len(rows) == 30
    assert len({row["license_id"] for row in rows}) == 30
    for name in ("allocated", "used", "remaining", "overage", "shared_pool"):
        assert amount(part[name]) == sum((amount(row[name]) for row in rows), Decimal(0))
    assert part["over"] == sum(amount(row["overage"]) > 0 for row in rows)
    assert [amount(row["used"]) for row in part["licenses"]] == sorted(
        (amount(row["used"]) for row in rows), reverse=True
    )[:10]


def test_a_balance_alert_stands_where_the_credits_card_says(orrery: Running) -> None:
    with orrery.client("lumen") as client:
        (held,) = client.get("/api/dashboard").json()["cards"]["credits"]["data"]["units"]
        alerts = {each["type"]: each for each in card(client, "alerts")["data"]["alerts"]}

    dropped = alerts["credit_balance_dropped"]
    assert dropped["current"] == held["balance"]
    assert [each["crossed"] for each in dropped["thresholds"]] == [
        amount(held["balance"]) <= amount(each["value"]) for each in dropped["thresholds"]
    ]
