"""What the benchmark feeds the service is what the service takes."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any

import pytest

from tests.bench import documents, raw, upstream
from tests.bench.cancelled import is_whole
from tests.bench.figures import Figures, figures_of_ours
from tests.bench.grown import Size, grown
from tests.bench.programs import OURS, PAGE
from tests.bench.renders import renders
from tests.bench.wire import Wire
from tests.whole import whole

NOW = datetime(2027, 4, 3, 2, 15, tzinfo=UTC)


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


@pytest.mark.parametrize(
    "size",
    [
        Size(subscriptions=3),
        Size(prices=30),
        Size(days=40),
        Size(days=366),  # over both changes of the clocks
        Size(groups=25),
    ],
)
async def test_the_service_takes_larger_customers_whole(prepared: Mapping[str, documents.Document], size: Size) -> None:
    found = upstream.Upstream(grown(prepared, size, NOW))
    async with (
        whole(NOW, Wire(found), orb_credit_currency=("credits",)) as service,
        service.client(documents.customer(3)) as browser,
    ):
        answer = (await browser.get(f"{OURS}&limit=100")).raise_for_status()

    assert is_whole(answer.content)
    cards = {word: card["data"] for word, card in answer.json()["cards"].items()}
    assert len(cards["bill"]["subscriptions"]) == size.subscriptions
    assert {len(each["lines"]) for each in cards["bill"]["subscriptions"]} == {size.prices}
    assert len(cards["spend"]["days"]) == size.days
    assert {len(each["prices"]) for each in cards["spend"]["days"]} == {size.prices}
    assert {len(each["groups"]) for each in cards["breakdown"]["subscriptions"]} == {size.groups}


async def test_the_upstream_is_as_slow_and_as_large_as_it_is_told(prepared: Mapping[str, documents.Document]) -> None:
    found = upstream.Upstream(prepared)
    listed = b"/v1/subscriptions?external_customer_id=bench-000001"

    def told(path: bytes) -> tuple[int, float]:
        status, *_ = (int(each) for each in found.answer(path)[0].split()[1:2])
        _, body, seconds = found.answer(listed)
        return (len(json.loads(body)["data"]), seconds) if status == 200 else (status, seconds)

    assert told(b"/_slow/3") == (1, 3.0)
    assert told(b"/_slow/never") == (1, inf)
    assert told(b"/_slow/on") == (1, upstream.SLOW["subscriptions"])
    assert told(b"/_size/subscriptions=4&prices=2") == (4, upstream.SLOW["subscriptions"])
    assert told(b"/_size/") == (1, upstream.SLOW["subscriptions"])
    assert told(b"/_slow/off") == (1, 0.0)
    _, invoice, _ = found.answer(b"/v1/invoices/upcoming?subscription_id=sub-bench-000001-03")
    assert json.loads(invoice)["subscription"]["id"] == "sub-bench-000001-03"


async def test_no_template_is_drawn_for_a_page_from_the_cache() -> None:
    first, later = await renders(PAGE, 3)

    assert first > 0
    assert later == 0


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
