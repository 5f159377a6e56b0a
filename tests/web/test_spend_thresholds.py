"""The thresholds beside running totals: one question that another card asks anyway, and never the card's fate."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from app.sandbox.server import create_sandbox
from tests.whole import NOON, Whole, whole

pytestmark = pytest.mark.anyio


class Orb(httpx.ASGITransport):
    """The sandbox. Alerts are answered as `alerts` says; with `together`, costs only once alerts were asked for."""

    def __init__(self) -> None:
        super().__init__(create_sandbox(now=lambda: NOON, latency=0, rate_plan="off"))
        self.alerts = "well"
        self.together = False
        self.costs_after_alerts = False
        self.asked: list[str] = []
        self._seen, self._answered = anyio.Event(), anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path + ("?subscription" if "subscription_id" in request.url.params else ""))
        if path == "/v1/alerts":
            self._seen.set()
            if self.alerts == "never":
                await anyio.sleep(30)
            if self.alerts == "badly":
                return httpx.Response(403, json={"status": 403})
            answer = await super().handle_async_request(request)
            self._answered.set()
            return answer
        if path.endswith("/costs") and self.together:
            with anyio.fail_after(20):
                await self._seen.wait()
        if path.endswith("/costs") and self.costs_after_alerts:
            with anyio.fail_after(20):
                await self._answered.wait()
        return await super().handle_async_request(request)

    @property
    def questions(self) -> int:
        """How often it was asked for the alerts of a subscription."""
        return self.asked.count("/v1/alerts?subscription")


@pytest.fixture
def orb() -> Orb:
    return Orb()


@pytest.fixture
async def service(orb: Orb) -> AsyncIterator[Whole]:
    async with whole(wire=orb) as found:
        yield found


async def spend(service: Whole, customer: str, view: str = "cumulative", **token: Any) -> dict[str, Any]:
    async with service.client(customer, **token) as client:
        found: dict[str, Any] = (await client.get("/api/cards/spend", params={"view_mode": view})).json()
    assert found["status"] == "ready"
    return found


def texts(card: dict[str, Any]) -> list[str]:
    return [each["text"] for each in card["data"]["thresholds"]]


async def known(service: Whole, customer: str) -> None:
    """Has the alerts at hand, so that a busy machine is in time with them."""
    async with service.client(customer) as client:
        (await client.get("/api/cards/alerts")).raise_for_status()


async def test_alerts_are_asked_for_while_the_costs_are(orb: Orb, service: Whole) -> None:
    orb.together = True

    await spend(service, "northwind")
    assert orb.questions == 1


async def test_running_totals_bring_the_thresholds_that_count_the_same(orb: Orb, service: Whole) -> None:
    await known(service, "northwind")

    # Not those of cost, which credits and adjustments change, nor of the spend on some prices.
    assert texts(await spend(service, "northwind")) == ["$3,000.00", "$4,500.00", "$50,000.00"]
    assert orb.questions == 1


async def test_what_costs_take_alerts_may_take_too(orb: Orb, service: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cards.spend._BRIEFLY", 0)
    orb.costs_after_alerts = True

    assert texts(await spend(service, "northwind")) == ["$3,000.00", "$4,500.00", "$50,000.00"]


async def test_the_question_is_that_of_the_card_of_alerts(orb: Orb, service: Whole) -> None:
    await spend(service, "northwind")
    async with service.client("northwind") as client:
        await client.get("/api/cards/alerts")
        await client.get("/", params={"view_mode": "cumulative"})

    assert orb.questions == 1


async def test_single_days_ask_for_no_alerts(orb: Orb, service: Whole) -> None:
    assert texts(await spend(service, "northwind", "periodic")) == []
    assert orb.questions == 0


async def test_a_viewer_who_may_not_see_alerts_sees_none_of_their_thresholds(orb: Orb, service: Whole) -> None:
    assert texts(await spend(service, "northwind", scope="spend bill")) == []
    assert orb.questions == 0


async def test_several_subscriptions_together_are_nobodys_threshold(orb: Orb, service: Whole) -> None:
    assert texts(await spend(service, "halcyon")) == []
    assert orb.questions == 0


async def test_days_of_the_past_are_held_against_no_threshold(orb: Orb, service: Whole) -> None:
    days = {"view_mode": "cumulative", "timeframe_start": "2026-10-01", "timeframe_end": "2026-11-01"}
    async with service.client("northwind") as client:
        found = (await client.get("/api/cards/spend", params=days)).json()

    assert (found["status"], texts(found), orb.questions) == ("ready", [], 0)


@pytest.mark.parametrize("alerts", ["badly", "never"])
async def test_alerts_that_cannot_be_had_cost_their_lines_alone(orb: Orb, service: Whole, alerts: str) -> None:
    orb.alerts = alerts
    with anyio.fail_after(15):
        found = await spend(service, "northwind")

    assert texts(found) == []
    assert (orb.questions > 0, found["data"]["subtotal"]["text"].startswith("$")) == (True, True)
    async with service.client("northwind") as client:
        html = (await client.get("/cards/spend", params={"view_mode": "cumulative"})).text
    assert 'class="level' not in html
    assert "further up" not in html


async def test_each_line_stands_in_the_legend_and_what_is_too_far_up_in_a_sentence(service: Whole) -> None:
    await known(service, "northwind")
    async with service.client("northwind") as client:
        html = (await client.get("/cards/spend", params={"view_mode": "cumulative"})).text

    assert html.count('<line class="level dashed"') == html.count("<span>Alert on spend</span>") == 2
    assert "The next alert is further up, at $50,000.00." in html
