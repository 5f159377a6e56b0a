"""Every invented customer with credits, end to end: the card says what Orb's own ledger and blocks say."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.days import midnight
from tests.running import Running, running

UNITS = ("credits", "sparks", "USD")
PREPAID = [
    ("lumen", "credits"), ("sparkworks", "sparks"), ("faro", "USD"), ("trollheim", "credits"), ("zeroth", "credits"),
]  # fmt: skip


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    with running(ORB_CREDIT_CURRENCY=",".join(UNITS), SANDBOX_RATE_PLAN="off") as found:
        yield found


def orb(orrery: Running, customer: str, path: str, currency: str) -> list[dict[str, Any]]:
    """Everything on Orb's side, page by page, numbers as they are written."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        url = f"{orrery.orb}/customers/external_customer_id/{customer}/{path}"
        params = {"currency": currency, "limit": "100", **cursor}
        answer = httpx.get(url, params=params, headers={"Authorization": "Bearer sandbox"}, trust_env=False)
        page = answer.raise_for_status().json(parse_float=Decimal, parse_int=Decimal)
        found += page["data"]
        if not page["pagination_metadata"]["has_more"]:
            return found
        cursor = {"cursor": page["pagination_metadata"]["next_cursor"]}


def card(client: httpx.Client) -> Any:
    return client.get("/api/dashboard?cards=credits").raise_for_status().json()


def test_all_who_have_credits_are_looked_at(orrery: Running) -> None:
    everybody = httpx.get(f"{orrery.panel}/customers", trust_env=False).json()["data"]
    assert len(everybody) >= 26

    prepaid = []
    for each in everybody:
        with orrery.client(each["external_customer_id"]) as client:
            found = card(client)["cards"]["credits"]
        assert (found["status"], found["code"]) in (("ready", None), ("empty", "no_credits")), each
        prepaid += [(each["external_customer_id"], part["unit"]) for part in found["data"].get("units", ())]

    assert sorted(prepaid) == sorted(PREPAID)


@pytest.mark.parametrize(("customer", "currency"), PREPAID)
def test_the_card_says_what_the_ledger_says(orrery: Running, customer: str, currency: str) -> None:
    # A ledger and its blocks are two calls: what is used between them stands in one of them only.
    with orrery.clock(now=datetime.now(UTC).isoformat()), orrery.client(customer) as client:
        document = client.post("/api/dashboard/refresh?cards=credits").raise_for_status().json()
        listed = client.get(f"/api/credits/ledger?currency={currency}").raise_for_status().json()["data"]
        ledger, blocks = (orb(orrery, customer, path, currency) for path in ("credits/ledger", "credits"))
    zone = ZoneInfo(document["customer"]["timezone"])
    (part,) = document["cards"]["credits"]["data"]["units"]

    assert part["balance"]["amount"] == listed[0]["balance"]["amount"]
    usable = [each for each in part["blocks"] if each["state"] in ("usable", "overage")]
    assert sum(Decimal(each["balance"]["amount"]) for each in usable) == Decimal(part["balance"]["amount"])
    assert {each["id"] for each in part["blocks"]} == {each["id"] for each in blocks}
    for pace in (part["burn"], part["burn"]["longer"]):
        start, end = (midnight(date.fromisoformat(pace[word]), zone) for word in ("start", "end"))
        used = sum(
            each["starting_balance"] - each["ending_balance"]
            for each in ledger
            if each["entry_type"] == "decrement" and start <= datetime.fromisoformat(each["created_at"]) < end
        )
        assert Decimal(pace["used"]["amount"]) == used
        assert abs(Decimal(pace["per_day"]["amount"]) * pace["days"] - used) < Decimal("1e-15")
    assert (part["runs_out"] is None) == (part["runs_out_reason"] is not None)
    assert document["complete"]


def test_the_lists_lead_through_the_whole_ledger(orrery: Running) -> None:
    found: list[str] = []
    address: str | None = "/api/credits/ledger?currency=credits&limit=50"
    with orrery.client("lumen") as client:
        while address:
            page = client.get(address).raise_for_status().json()
            found += [each["id"] for each in page["data"]]
            cursor = page["next_cursor"]
            address = f"/api/credits/ledger?currency=credits&limit=50&cursor={cursor}" if cursor else None

    assert found == [each["id"] for each in orb(orrery, "lumen", "credits/ledger", "credits")]


@pytest.mark.parametrize(
    ("customer", "said"),
    [
        ("lumen", ["for some items only", "Waiting for payment", "expire unused on", "bought at 0.045 each", "free"]),
        ("sparkworks", ["From ", "bought at $0.015 each", "of 5,000", "sparks a day over the last 7 days."]),
        ("trollheim", ["You have used more than your credits cover."]),
        ("zeroth", ["The balance is used up.", "Usage beyond your credits is added to the next invoice."]),
        ("faro", ["At this pace the balance runs out between", "of $500.00"]),
    ],
)
def test_the_page_says_it_in_words(orrery: Running, customer: str, said: list[str]) -> None:
    with orrery.client(customer) as client:
        html = client.get("/cards/credits").text

    for expected in said:
        assert expected in html
    assert ("What is left of each grant" in html) == (customer in ("lumen", "sparkworks", "faro"))
