"""Orb's own client, in its strict mode, asks for evaluations in all three forms."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orb
import pytest
from orb.types import PriceEvaluateMultipleResponse

from app.sandbox.server import create_sandbox

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
KEYS = ["hour_floor_timestamp_millis(timestamp_millis)", "workspace_id", "tokens > 200"]


@pytest.fixture
async def transport() -> httpx.ASGITransport:
    return httpx.ASGITransport(create_sandbox(now=lambda: NOW, latency=0))


@pytest.fixture
async def client(transport: httpx.ASGITransport) -> AsyncIterator[orb.AsyncOrb]:
    http = httpx.AsyncClient(transport=transport, base_url="http://orb/v1")
    async with orb.AsyncOrb(
        api_key="a-key", base_url="http://orb/v1", http_client=http, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


async def test_it_evaluates_prices_of_the_account_and_made_up_ones(client: orb.AsyncOrb) -> None:
    plan = (await client.subscriptions.list(external_customer_id=["northwind"])).data[0].plan
    assert plan is not None
    price: Any = plan.prices[0]
    made_up: Any = {
        "name": "What if",
        "cadence": "monthly",
        "currency": "USD",
        "item_id": price.item.id,
        "billable_metric_id": price.billable_metric.id,
        "model_type": "unit",
        "unit_config": {"unit_amount": "0.0003"},
    }
    found = await client.prices.evaluate_multiple(
        external_customer_id="northwind",
        timeframe_start=START,
        timeframe_end=END,
        price_evaluations=[
            {"external_price_id": price.external_price_id},
            {"price": made_up, "grouping_keys": ["workspace_id"]},
            {"price_id": price.id, "filter": "region = 'us-east-1'", "grouping_keys": KEYS},
        ],
    )
    plain, inline, grouped = found.data
    assert plain.price_id == grouped.price_id == price.id
    assert inline.inline_price_index == 1
    hour, workspace, many = grouped.price_groups[0].grouping_values
    assert (type(hour), type(workspace), type(many)) == (float, str, bool)
    assert float(plain.price_groups[0].amount) > 0


async def test_it_evaluates_one_price_and_preview_events(client: orb.AsyncOrb) -> None:
    plan = (await client.subscriptions.list(external_customer_id=["northwind"])).data[0].plan
    assert plan is not None
    price = plan.prices[0].id
    one = await client.prices.evaluate(
        price, external_customer_id="northwind", timeframe_start=START, timeframe_end=END, grouping_keys=["region"]
    )
    assert len(one.data) == 3
    preview = await client.prices.evaluate_preview_events(
        external_customer_id="northwind",
        timeframe_start=START,
        timeframe_end=END,
        events=[{"event_name": "gpu_inference", "timestamp": NOW, "properties": {"tokens": 1000}}],
        price_evaluations=[{"price_id": price}],
    )
    assert preview.data[0].price_groups[0].amount == "0.45"


async def test_it_is_told_what_is_wrong(client: orb.AsyncOrb) -> None:
    with pytest.raises(orb.BadRequestError, match="price_evaluations: must be from 1 to 100"):
        await client.prices.evaluate_multiple(
            external_customer_id="northwind", timeframe_start=START, timeframe_end=END, price_evaluations=[]
        )


async def test_every_byte_is_of_the_type_that_the_client_declares(transport: httpx.ASGITransport) -> None:
    body = {
        "external_customer_id": "northwind",
        "timeframe_start": START.isoformat(),
        "timeframe_end": END.isoformat(),
        "price_evaluations": [{"external_price_id": "gpu_inference", "grouping_keys": KEYS}],
    }
    async with httpx.AsyncClient(
        transport=transport, base_url="http://orb/v1", headers={"Authorization": "Bearer a-key"}
    ) as http:
        answer = await http.post("/prices/evaluate", json=body)
    read: Any = PriceEvaluateMultipleResponse
    assert read.model_validate_json(answer.content, strict=True).data[0].price_groups
