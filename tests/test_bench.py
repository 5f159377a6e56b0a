"""What the benchmark feeds the service is what the service takes."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.bench import documents, raw, upstream
from tests.bench.figures import Figures, figures_of_ours
from tests.bench.programs import OURS
from tests.whole import whole

NOW = datetime(2027, 4, 3, 2, 15, tzinfo=UTC)


class Wire(httpx.AsyncBaseTransport):
    """The upstream's answers without its sockets."""

    def __init__(self, found: upstream.Upstream) -> None:
        self._upstream = found

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        head, body, _ = self._upstream.answer(request.url.raw_path)
        first, *lines = head.decode().rstrip().split("\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        return httpx.Response(int(first.split()[1]), headers=headers, stream=httpx.ByteStream(body))


@pytest.fixture(scope="module")
def prepared() -> Mapping[str, documents.Document]:
    return asyncio.run(documents.first_paint(NOW))


async def test_the_service_takes_what_the_upstream_answers_for_each_customer(
    prepared: Mapping[str, documents.Document],
) -> None:
    found, sent = upstream.Upstream(prepared), figures_in(prepared)
    first, second = documents.customer(1), documents.customer(2)
    async with whole(NOW, Wire(found), orb_credit_currency=("credits",)) as service:
        for each in (first, second):
            async with service.client(each) as browser:
                answer = (await browser.get(OURS)).raise_for_status()
            document = answer.json()
            assert document["complete"], document
            assert {card["status"] for card in document["cards"].values()} == {"ready"}
            assert document["customer"]["external_customer_id"] == each
            assert subscriptions(document) == {documents.subscription_of(each)}
            assert figures_of_ours(answer.content) == sent
    assert set(found.calls.values()) == {2}
    assert set(found.calls) == set(upstream.SLOW)


def test_all_is_moved_to_the_day_of_the_measurement(prepared: Mapping[str, documents.Document]) -> None:
    (subscription,) = json.loads(prepared["subscriptions"].of(b"bench-000001"))["data"]
    starts = datetime.fromisoformat(subscription["current_billing_period_start_date"])
    assert timedelta(days=10) < NOW - starts < timedelta(days=14)


async def test_the_upstream_answers_one_question_after_the_other_on_a_connection_that_is_kept(
    prepared: Mapping[str, documents.Document],
) -> None:
    found = upstream.Upstream(prepared)
    server = await asyncio.get_running_loop().create_server(found.connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = await raw.connect(port)
    path = f"/v1/subscriptions/{documents.subscription_of(documents.customer(7))}"
    post = f"POST {path}/grouped_costs HTTP/1.1\r\nContent-Length: 4\r\n\r\n".encode()
    asked = [raw.get(f"{path}/costs?view_mode=periodic", port), post + b"{  }", raw.get("/v1/elsewhere", port)]

    answers = [await connection.get(each) for each in asked]

    assert [status for status, _ in answers] == [200, 200, 404]
    assert answers[0][1] == prepared["costs"].of(b"bench-000007")
    assert answers[1][1] == prepared["grouped_costs"].of(b"bench-000007")
    assert (found.calls, found.connections) == ({"costs": 1, "grouped_costs": 1}, 1)
    connection.close()
    server.close()
    await server.wait_closed()


def subscriptions(document: Any) -> set[str]:
    return {each["subscription_id"] for card in ("bill", "breakdown") for each in parts(document, card)}


def parts(document: Any, card: str) -> Iterable[Any]:
    found: list[Any] = document["cards"][card]["data"]["subscriptions"]
    return found


def figures_in(prepared: Mapping[str, documents.Document]) -> Figures:
    """What the upstream's own documents say."""
    invoice, costs = (json.loads(prepared[name].of(b"bench-000001")) for name in ("upcoming_invoice", "costs"))
    days = [Decimal(day["subtotal"]) for day in costs["data"]]
    assert len(days) > 10
    return Figures(Decimal(invoice["amount_due"]), sum(days, Decimal()))
