"""Webhooks end to end: the sandbox tells of what happened, and the next look asks Orb for just that."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.figures import read
from tests.running import Running, running

SECRET = "a-secret-that-the-sandbox-signs-with"


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    with running(ORB_WEBHOOK_SECRET=SECRET) as found:
        order(found, "endpoints", url=f"{found.url}/webhooks/orb", secret=SECRET)
        yield found


def order(orrery: Running, what: str, **said: Any) -> Any:
    """Gives the sandbox's panel an order about webhooks."""
    answer = httpx.post(f"{orrery.panel}/webhooks/{what}", json=said, trust_env=False)
    return answer.raise_for_status().json()


def delivered(orrery: Running, count: int) -> list[dict[str, Any]]:
    """The newest events once so many have an attempt behind them."""
    headers = {"Authorization": "Bearer a-key"}
    while True:
        url = f"{orrery.orb}/webhook_events?limit=100&include_payload=false"
        found = httpx.get(url, headers=headers, trust_env=False).raise_for_status().json()["data"]
        if sum(bool(each["delivery_attempts"]) for each in found) >= count:
            return list(found)


def taken(orrery: Running, event: str) -> None:
    """Waits until the service has answered that event."""
    headers = {"Authorization": "Bearer a-key"}
    url = f"{orrery.orb}/webhook_events/{event}"
    while not httpx.get(url, headers=headers, trust_env=False).raise_for_status().json()["delivery_attempts"]:
        pass


def paths(orrery: Running) -> list[tuple[str, bool]]:
    """What Orb was asked, and whether past its cache."""
    return sorted(
        (urlsplit(each["path"]).path.rpartition("/")[2], "orb-cache-control" not in {*map(str.lower, each["headers"])})
        for each in orrery.requests()
        if each["path"].startswith("/v1/") and "webhook" not in each["path"]
    )


@contextmanager
def stream(client: httpx.Client) -> Iterator[Iterator[str]]:
    with client.stream("GET", "/api/changes") as response:
        response.raise_for_status()
        lines = response.iter_lines()
        assert next(lines) == "retry: 5000"
        yield lines


def cards(lines: Iterator[str]) -> list[str]:
    """Of the next message that says that some have changed."""
    found: list[str] = next(json.loads(line[6:])["cards"] for line in lines if line.startswith("data: "))
    return found


def test_what_the_sandbox_tells_of_is_asked_for_live_and_an_open_page_hears_of_it(orrery: Running) -> None:
    with orrery.client("lumen") as client, orrery.client("lumen") as other, stream(other) as lines:
        client.get("/api/dashboard").raise_for_status()
        orrery.forget()
        order(orrery, "fire", type="customer.credit_ledger_incremented", customer="lumen", duplicates=2)
        assert cards(lines) == ["bill", "credits"]
        assert paths(orrery) == []
        client.get("/api/dashboard").raise_for_status()
        client.get("/api/dashboard").raise_for_status()
    assert paths(orrery) == [("credits", True), ("ledger", True), ("upcoming", True)]


@pytest.mark.parametrize("style", ["expanded", "standard"])
@pytest.mark.parametrize(
    ("event_type", "asked"),
    [
        ("invoice.issued", ["upcoming"]),
        ("subscription.cost_exceeded", []),
        ("customer.edited", ["costs", "credits", "grouped_costs", "ledger", "subscriptions", "upcoming"]),
    ],
)
def test_each_event_costs_the_calls_of_what_it_touches(
    orrery: Running, event_type: str, asked: list[str], style: str
) -> None:
    with orrery.client("northwind") as client, stream(client) as lines, orrery.client("northwind") as other:
        other.post("/api/dashboard/refresh").raise_for_status()
        orrery.forget()
        fired = order(orrery, "fire", type=event_type, customer="northwind", payload_style=style)
        taken(orrery, fired["data"][0]["id"])  # the stream also tells of what the test before it fired
        cards(lines)
        other.get("/api/dashboard").raise_for_status()
    assert [path for path, _ in paths(orrery)] == asked


def test_orb_sees_every_event_taken_in_time(orrery: Running) -> None:
    order(orrery, "fire", type="resource_event.test")
    order(orrery, "fire", type="subscription.usage_exceeded", customer="halcyon", duplicates=20)
    events = delivered(orrery, 2)
    attempts = [each for event in events for each in event["delivery_attempts"]]
    assert attempts
    assert {each["response_status_code"] for each in attempts} == {200}
    assert max(each["elapsed_ms"] for each in attempts) < 2_000
    figures = read(httpx.get(f"{orrery.url}/metrics", trust_env=False).text)
    assert figures.of("orrery_webhooks_total", outcome="ignored") >= 1
    assert figures.of("orrery_webhooks_total", outcome="refused") == 0
