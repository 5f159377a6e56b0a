"""Explore over real sockets: its figures are the bill's own, and a query ends when nobody waits for it."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.running import Running, running


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    keys = "workspace_id:Workspace,region:Region"
    with running(ORRERY_GROUPING_KEYS=keys, ORRERY_REFRESH_AGE="0") as found:
        yield found


@pytest.fixture(autouse=True)
def quiet(orrery: Running) -> None:
    orrery.forget()


def days(client: httpx.Client) -> dict[str, str]:
    """The last seven whole days of the customer's."""
    document = client.get("/api/dashboard?cards=spend").raise_for_status().json()
    spent = document["cards"]["spend"]["data"]["days"]
    today = date.fromisoformat(next(day["start"] for day in spent if day["partial"])[:10])
    return {"timeframe_start": str(today - timedelta(days=7)), "timeframe_end": str(today)}


def runs(orrery: Running) -> list[dict[str, Any]]:
    return [each for each in orrery.requests() if "/prices/" in urlsplit(each["path"]).path]


def test_groups_add_up_to_the_subtotals_of_the_cost_series(orrery: Running) -> None:
    with orrery.client("northwind") as client:
        window = days(client)
        spend = client.get("/api/cards/spend", params=window).raise_for_status().json()["data"]
        by_price: dict[str, Decimal] = {}
        for day in spend["days"]:
            for price in day["prices"]:
                by_price.setdefault(price["price_id"], Decimal(0))
                by_price[price["price_id"]] += Decimal(price["subtotal"]["amount"])
        (chosen,) = {
            price["price_id"] for day in spend["days"] for price in day["prices"] if price["name"] == "GPU inference"
        }
        answers = [
            client.post(
                "/api/explore", json={"price_ids": [chosen], **window, "grouping_keys": keys}
            ).raise_for_status()
            for keys in ([], ["hour"], ["workspace_id"])
        ]

    found = [each.json() for each in answers]
    sums = [sum(Decimal(group["subtotal"]["amount"]) for group in each["results"][0]["groups"]) for each in found]
    assert sums[:2] == [by_price[chosen]] * 2
    assert 0 < sums[2] < sums[0]  # usage without a workspace is in no group
    assert [len(each["results"][0]["groups"]) > 1 for each in found] == [False, True, True]
    assert not any(each["truncated"] for each in found)


def test_more_usage_is_estimated_by_orb_and_recorded_nowhere(orrery: Running) -> None:
    with orrery.client("yamato") as client:
        page = client.get("/explore").text
        prices = [part.split('"')[0] for part in page.split('name="price_id" value="')[1:]]
        window = days(client)
        question = {"price_ids": prices[:1], **window}
        before = client.post("/api/explore", json=question).raise_for_status().json()
        event = {"event_name": "nothing_of_the_kind", "timestamp": f"{window['timeframe_start']}T23:00:00Z"}
        events = [event | {"properties": {"amount": 1}}]
        made_up = client.post("/api/explore", json=question | {"events": events}).raise_for_status().json()
        after = client.post("/api/explore", json=question).raise_for_status().json()

    assert made_up["estimate"]
    assert made_up["results"][0]["groups"][0]["quantity"] == "0"
    assert before["results"] == after["results"]
    assert [urlsplit(each["path"]).path for each in runs(orrery)] == [
        "/v1/prices/evaluate",
        "/v1/prices/evaluate_preview_events",
        "/v1/prices/evaluate",
    ]


@pytest.mark.parametrize("path", ["/api/explore", "/explore"])
def test_when_the_viewer_leaves_the_query_ends_and_the_next_may_run(orrery: Running, path: str) -> None:
    customer = {"/api/explore": "halcyon", "/explore": "lumen"}[path]
    with orrery.client(customer) as client:
        page = client.get("/explore").text
        price = page.split('name="price_id" value="')[1].split('"')[0]
        question: dict[str, Any] = {"price_ids": [price], **days(client)}
        with orrery.fault("evaluate", "hang", seconds=600):
            leaving = asked_over_a_socket(orrery, customer, path, question)
            until(lambda: runs(orrery))
            busy = client.post("/api/explore", json=question)
            leaving.close()
            until(lambda: runs(orrery)[0]["ended"] is not None)
        until(lambda: client.post("/api/explore", json=question).status_code == 200)

    assert (busy.status_code, busy.json()["code"]) == (429, "busy")


def until(holds: Callable[[], object]) -> None:
    """Asks again until it holds; fails when it does not within ten seconds."""
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends, "it never came to be"


def asked_over_a_socket(orrery: Running, customer: str, path: str, question: dict[str, Any]) -> socket.socket:
    """A query whose asker can hang up."""
    address = urlsplit(orrery.url)
    is_json = path.startswith("/api/")
    body = json.dumps(question) if is_json else f"price_id={question['price_ids'][0]}"
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    found = socket.create_connection((address.hostname, address.port), timeout=20)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {orrery.token(customer)}\r\n"
    found.sendall(f"{head}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    return found
