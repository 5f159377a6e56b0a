"""Prices evaluated over usage: what the figures are, and which questions are refused."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.sandbox.rating.events import Events

from .sandbox_client import Orb, OrbAt, exact

D = Decimal
NOW = "2026-11-20T20:15:30.250000+00:00"
SPAN = {"timeframe_start": "2026-11-01T04:00:00Z", "timeframe_end": "2026-11-21T05:00:00Z"}
WHO = {"external_customer_id": "northwind"}
HOUR = "hour_floor_timestamp_millis(timestamp_millis)"


async def ask(orb: Orb, *evaluations: dict[str, Any], **body: Any) -> httpx.Response:
    return await orb.http.post("/v1/prices/evaluate", json=WHO | SPAN | {"price_evaluations": evaluations} | body)


async def groups(orb: Orb, external_price_id: str, **evaluation: Any) -> dict[tuple[Any, ...], tuple[Decimal, Decimal]]:
    """Quantity and amount by grouping values."""
    answer = await ask(orb, {"external_price_id": external_price_id, **evaluation})
    assert answer.status_code == 200, answer.text
    (found,) = exact(answer)["data"]
    return {tuple(g["grouping_values"]): (g["quantity"], D(g["amount"])) for g in found["price_groups"]}


def total(values: Any) -> tuple[Decimal, Decimal]:
    pairs = list(values)
    return sum((q for q, _ in pairs), D(0)), sum((a for _, a in pairs), D(0))


async def preview(orb: Orb, price: dict[str, Any], *properties: dict[str, Any], **evaluation: Any) -> Any:
    """The groups of one price over made-up events of GPU inference, one for each set of properties."""
    events = [
        {"event_name": "gpu_inference", "timestamp": f"2030-05-05T00:{n % 60:02}:00Z", "properties": each}
        for n, each in enumerate(properties)
    ]
    body: dict[str, Any] = WHO | {"timeframe_start": "2030-05-01T00:00:00Z", "timeframe_end": "2030-06-01T00:00:00Z"}
    body |= {"events": events, "price_evaluations": [price | evaluation]}
    answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
    assert answer.status_code == 200, answer.text
    return exact(answer)["data"][0]["price_groups"]


async def inline(orb: Orb, model_type: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A price made up for the metric of GPU inference."""
    (subscription,) = await orb.subscriptions("northwind")
    price = next(p for p in subscription["plan"]["prices"] if p["name"] == "GPU inference")
    made_up = {
        "name": "What if",
        "cadence": "monthly",
        "currency": "USD",
        "item_id": price["item"]["id"],
        "billable_metric_id": price["billable_metric"]["id"],
        "model_type": model_type,
        f"{model_type}_config": config,
    }
    return {"price": made_up | more}


async def test_the_period_so_far_comes_to_the_subtotals_of_the_costs(orb: Orb) -> None:
    (subscription,) = await orb.subscriptions("northwind")
    costs = (await orb.read(f"/subscriptions/{subscription['id']}/costs"))["data"][-1]["per_price_costs"]
    metered = [cost for cost in costs if cost["price"]["price_type"] == "usage_price"]
    assert len(metered) == 8
    answer = exact(await ask(orb, *({"price_id": cost["price_id"]} for cost in metered)))["data"]
    assert [each["price_id"] for each in answer] == [cost["price_id"] for cost in metered]
    for each, cost in zip(answer, metered, strict=True):
        (group,) = each["price_groups"]
        assert group["grouping_values"] == []
        assert (group["quantity"], D(group["amount"])) == (cost["quantity"], D(cost["subtotal"])), cost["price"]["name"]


async def test_groups_and_what_has_no_group_add_up_for_a_linear_price(orb: Orb) -> None:
    untagged = {"event_name": "gpu_inference", "timestamp": "2026-11-20T20:00:00Z", "properties": {"tokens": 700.5}}
    await orb.http.post("/v1/ingest", json={"events": [untagged | WHO | {"idempotency_key": "one"}]})
    whole = (await groups(orb, "gpu_inference"))[()]
    apart = await groups(orb, "gpu_inference", grouping_keys=["workspace_id"])
    without = (await groups(orb, "gpu_inference", filter="workspace_id IS NULL"))[()]
    assert without[0] > D("700.5")
    assert len(apart) == 24
    assert total([*apart.values(), without]) == whole


async def test_figures_are_those_of_a_plain_count_over_the_same_events(orb_at: OrbAt) -> None:
    events = Events()
    async with orb_at(NOW, events=events) as orb:
        found = await groups(orb, "gpu_inference", filter="region = 'us-east-1'", grouping_keys=[HOUR, "workspace_id"])
        customer = (await orb.read("/customers/external_customer_id/northwind"))["id"]
    sql = "SELECT timestamp, properties FROM events WHERE event_name = 'gpu_inference'"
    start, end = datetime(2026, 11, 1, 4, tzinfo=UTC), datetime.fromisoformat(NOW)
    expected: dict[tuple[Any, ...], Decimal] = defaultdict(D)
    for naive, text in events.ask(sql, [customer]):
        at, properties = naive.replace(tzinfo=UTC), json.loads(text, parse_float=D)
        if start <= at <= end and properties.get("region") == "us-east-1":
            hour = int(at.replace(minute=0, second=0, microsecond=0).timestamp() * 1000)
            expected[hour, properties["workspace_id"]] += D(properties["tokens"])
    first = dict(sorted(expected.items())[:1000])
    assert len(expected) > 1000
    assert list(found.items()) == [(key, (tokens, tokens * D("0.00045"))) for key, tokens in first.items()]
    events.close()


async def test_an_answer_has_at_most_a_thousand_groups_over_all_prices(orb: Orb) -> None:
    every = {"grouping_keys": ["timestamp"]}
    questions: list[dict[str, Any]] = [{"external_price_id": "builds"}, {"external_price_id": "gpu_inference"} | every]
    answer = (await ask(orb, *questions, {"external_price_id": "builds"})).json()["data"]
    assert [len(each["price_groups"]) for each in answer] == [1, 999, 0]


async def test_the_window_begins_with_its_start_and_ends_before_its_end(orb: Orb) -> None:
    sent = [
        {"event_name": "builds", "timestamp": at, "properties": {"minutes": n}, "idempotency_key": at} | WHO
        for n, at in ((1, "2026-11-20T11:00:00Z"), (10, "2026-11-20T12:00:00Z"), (100, "2026-11-20T13:00:00Z"))
    ]
    window = {"timeframe_start": "2026-11-20T12:00:00Z", "timeframe_end": "2026-11-20T13:00:00Z"}

    async def quantity() -> Decimal:
        (found,) = exact(await ask(orb, {"external_price_id": "builds"}, **window))["data"][0]["price_groups"]
        return D(found["quantity"])

    before = await quantity()
    await orb.http.post("/v1/ingest", json={"events": sent})
    assert await quantity() - before == 10


async def test_the_usage_of_another_customer_is_not_counted(orb: Orb) -> None:
    before = await groups(orb, "builds")
    event = {"event_name": "builds", "timestamp": "2026-11-20T20:00:00Z", "properties": {"minutes": 5}}
    for n, who in enumerate(("halcyon", "somebody new")):
        sent = event | {"external_customer_id": who, "idempotency_key": str(n)}
        await orb.http.post("/v1/ingest", json={"events": [sent]})
    assert await groups(orb, "builds") == before


async def test_nothing_at_all_is_one_group_of_zero(orb: Orb) -> None:
    answer = await ask(orb, {"external_price_id": "gpu_inference"}, external_customer_id="nobody")
    assert answer.json()["data"][0]["price_groups"] == [{"grouping_values": [], "quantity": 0, "amount": "0.00"}]
    answer = await ask(
        orb, {"external_price_id": "gpu_inference", "grouping_keys": ["x"]}, external_customer_id="nobody"
    )
    assert answer.json()["data"][0]["price_groups"] == []


EXPRESSIONS = [
    ("region = 'us' AND tokens >= 10", 1),
    ("lower(region) LIKE 'u_' OR tokens = 2.5", 2),
    ("region ILIKE 'U%'", 1),
    ("tokens BETWEEN 2 AND 3", 1),
    ("NOT (region IN ('us', 'eu'))", 0),
    ("region NOT IN ('us')", 1),
    ("nowhere IS NULL", 3),
    ("region IS NULL", 1),
    ("free", 1),
    ("free IS NOT TRUE", 2),
    ("CASE region WHEN 'us' THEN true ELSE false END", 1),
    ("CAST(tokens AS VARCHAR) = '10.000000000'", 1),
    ("tokens::double / 4 = 2.5", 1),
    ("tokens * 0.1 = 1", 1),
    ("region || '-' || coalesce(tier, 'none') = 'eu-none'", 1),
    ("contains(region, 's') AND starts_with(region, 'u')", 1),
    ("regexp_matches(region, '^[a-u]+$')", 2),
    ("timestamp >= '2030-05-05 00:01:00'", 2),
    ("timestamp_millis = 1904169600000", 1),
    ("event_name = 'gpu_inference'", 3),
    ("nullif(region, 'us') IS NULL", 2),
    ("length(trim(region)) + abs(-1) = 3", 2),
    ("odd.name = 'it''s'", 1),
    ('"odd.name" IS NOT NULL', 1),
    ("tokens IS DISTINCT FROM 10", 2),
    ("-tokens < +0", 3),
    ("TRUE", 3),
    ("NULL", 0),
]


@pytest.mark.parametrize(("filter", "kept"), EXPRESSIONS)
async def test_a_filter_keeps_what_it_is_true_of(orb: Orb, filter: str, kept: int) -> None:
    rows: list[dict[str, Any]] = [
        {"tokens": 10, "region": "us", "free": True, "odd.name": "it's"},
        {"tokens": 2.5, "region": "eu", "free": False},
        {"tokens": 1},
    ]
    price = await inline(orb, "unit", {"unit_amount": "1"})
    found = await preview(orb, price, *rows, filter=f"({filter}) AND tokens > 0", grouping_keys=["tokens"])
    assert len(found) == kept


async def test_values_of_groups_are_texts_exact_numbers_and_booleans(orb: Orb) -> None:
    price = await inline(orb, "unit", {"unit_amount": "0.5"})
    rows: list[dict[str, Any]] = [
        {"tokens": 2.5, "region": "é'\"", "free": True, "mixed": 1},
        {"tokens": 1, "region": "b", "free": False, "mixed": "a"},
        {"tokens": 9},
    ]
    found = await preview(
        orb,
        price,
        *rows,
        grouping_keys=["region", "tokens", "free", "mixed", "day_floor_timestamp_millis(timestamp_millis)"],
    )
    assert found == [
        {"grouping_values": ["b", 1, False, "a", 1904169600000], "quantity": 1, "amount": "0.50"},
        {"grouping_values": ["é'\"", D("2.5"), True, "1", 1904169600000], "quantity": D("2.5"), "amount": "1.25"},
    ]


@pytest.mark.parametrize(
    ("unit", "floor"),
    [
        ("minute", "2026-10-29T13:47"),
        ("hour", "2026-10-29T13:00"),
        ("day", "2026-10-29T00:00"),
        ("week", "2026-10-26T00:00"),
        ("month", "2026-10-01T00:00"),
    ],
)
async def test_a_floor_is_that_of_utc(orb: Orb, unit: str, floor: str) -> None:
    at = datetime(2026, 10, 29, 13, 47, 59, 999000, tzinfo=UTC)
    body: dict[str, Any] = WHO | {"timeframe_start": "2026-10-01T00:00:00Z", "timeframe_end": "2026-11-01T00:00:00Z"}
    body |= {"events": [{"event_name": "builds", "timestamp": at.isoformat(), "properties": {"minutes": 1}}]}
    key = f"{unit}_floor_timestamp_millis(timestamp_millis)"
    body |= {"price_evaluations": [{"external_price_id": "builds", "grouping_keys": [key]}]}
    answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
    (group,) = answer.json()["data"][0]["price_groups"]
    assert group["grouping_values"] == [int(datetime.fromisoformat(f"{floor}+00:00").timestamp() * 1000)]


TIERS = [
    {"first_unit": 0, "last_unit": 10, "unit_amount": "1.00"},
    {"first_unit": 10, "last_unit": None, "unit_amount": "0.1"},
]
MATRIX = {
    "dimensions": ["region", "tier"],
    "default_unit_amount": "0.01",
    "matrix_values": [{"dimension_values": ["us", "gold"], "unit_amount": "3", "scaling_factor": 0.5}],
}
MODELS: list[tuple[str, dict[str, Any], str, str]] = [
    ("unit", {"unit_amount": "0.0003"}, "0.0036", "0.0009"),
    ("unit", {"unit_amount": "0.0003", "scaling_factor": 2, "prorated": True}, "0.0072", "0.0018"),
    ("package", {"package_amount": "5.00", "package_size": 10}, "10.00", "5.00"),
    ("tiered", {"tiers": TIERS}, "10.20", "3.00"),
    ("bulk", {"tiers": [{"maximum_units": 5, "unit_amount": "2"}, {"unit_amount": "1"}]}, "12.00", "6.00"),
    ("matrix", MATRIX, "15.02", "0.03"),
    ("percent", {"percent": 0.015}, "0.18", "0.045"),
]


@pytest.mark.parametrize(("model_type", "config", "us", "eu"), MODELS)
async def test_each_group_is_rated_by_itself(
    orb: Orb, model_type: str, config: dict[str, Any], us: str, eu: str
) -> None:
    price = await inline(orb, model_type, config)
    rows: list[dict[str, Any]] = [
        {"tokens": 10, "region": "us", "tier": "gold"},
        {"tokens": 2, "region": "us", "tier": "tin"},
        {"tokens": 3, "region": "eu", "tier": "gold"},
    ]
    found = await preview(orb, price, *rows, grouping_keys=["region"])
    assert [(g["grouping_values"], g["quantity"], g["amount"]) for g in found] == [(["eu"], 3, eu), (["us"], 12, us)]


async def test_digits_are_never_lost(orb: Orb) -> None:
    price = await inline(orb, "unit", {"unit_amount": "123456789.123456789123456789", "scaling_factor": 1})
    tokens = 999_999_999_999_999_999
    (group,) = await preview(orb, price, *[{"tokens": tokens}] * 500)
    assert group["quantity"] == 500 * tokens
    assert group["amount"] == _product(500 * tokens)


def _product(quantity: int) -> str:
    whole = quantity * 123456789123456789123456789
    digits = str(whole).zfill(19)
    return f"{digits[:-18]}.{digits[-18:]}".rstrip("0")


async def test_only_preview_events_of_the_customer_in_the_window_count(orb: Orb) -> None:
    customer = (await orb.read("/customers/external_customer_id/northwind"))["id"]

    def event(n: int, at: str = "2026-11-20T12:00:00", **more: Any) -> dict[str, Any]:
        return {"event_name": "builds", "timestamp": at, "properties": {"minutes": n}} | more

    events = [
        event(1),
        event(2, customer_id=customer),
        event(4, external_customer_id="northwind"),
        event(8, external_customer_id="halcyon"),
        event(16, external_customer_id="not yet known"),
        event(32, at="2026-11-21T05:00:00Z"),
        event(64, at="2026-11-01T04:00:00+00:00"),
        event(128, event_name="compute"),
    ]
    body = {"customer_id": customer} | SPAN
    body |= {"events": events, "price_evaluations": [{"external_price_id": "builds"}]}
    answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
    assert answer.json()["data"][0]["price_groups"] == [{"grouping_values": [], "quantity": 71, "amount": "0.426"}]
    assert (await ask(orb, {"external_price_id": "compute"})).json()["data"][0]["price_groups"][0]["quantity"] > 128


async def test_a_made_up_price_is_named_by_its_place(orb: Orb) -> None:
    price = await inline(orb, "unit", {"unit_amount": "0.001"}, currency="EUR")
    answer = (await ask(orb, {"external_price_id": "builds"}, price)).json()["data"]
    assert [each["inline_price_index"] for each in answer] == [None, 1]
    assert [each["external_price_id"] for each in answer] == ["builds", None]
    assert [each["currency"] for each in answer] == ["USD", "EUR"]
    assert answer[0]["price_id"]
    assert answer[1]["price_id"] is None


async def test_the_older_form_gives_the_same_groups(orb: Orb) -> None:
    how = {"filter": "region = 'us-east-1'", "grouping_keys": ["workspace_id"]}
    (newer,) = (await ask(orb, {"external_price_id": "gpu_inference"} | how)).json()["data"]
    answer = await orb.http.post(f"/v1/prices/{newer['price_id']}/evaluate", json=WHO | SPAN | how)
    assert answer.json() == {"data": newer["price_groups"]}
    wrong = await orb.http.post(f"/v1/prices/{newer['price_id']}/evaluate", json=WHO | SPAN | {"filter": "tokens"})
    assert wrong.json()["validation_errors"] == ["filter: must be a boolean expression, and is of type DECIMAL(27,9)"]


async def test_an_evaluation_is_never_cached(orb: Orb) -> None:
    event = {"event_name": "builds", "timestamp": "2026-11-20T20:00:00Z", "properties": {"minutes": 5}}

    async def quantity() -> Any:
        body = WHO | SPAN | {"price_evaluations": [{"external_price_id": "builds"}]}
        answer = await orb.http.post("/v1/prices/evaluate", json=body, headers={"Orb-Cache-Control": "cache"})
        assert "orb-cache-updated-at" not in answer.headers
        return answer.json()["data"][0]["price_groups"][0]["quantity"]

    before = await quantity()
    await orb.http.post("/v1/ingest", json={"events": [event | WHO | {"idempotency_key": "one"}]})
    assert await quantity() == before + 5


def one(**change: Any) -> list[dict[str, Any]]:
    return [{"external_price_id": "builds"} | change]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"more": 1}, "body: Object contains unknown field `more`"),
    ({"timeframe_start": None}, "timeframe_start: Expected `str`, got `null`"),
    ({"timeframe_start": "2026-11-01"}, "timeframe_start: must be an ISO 8601 date-time with an offset"),
    ({"timeframe_start": "2026-08-12T20:15:29Z"}, "timeframe_start: must be at most 100 days in the past"),
    ({"timeframe_end": "2026-11-01T04:00:00Z"}, "timeframe_end: must be after timeframe_start"),
    ({"external_customer_id": None}, "customer_id: exactly one of customer_id and external_customer_id must be given"),
    ({"customer_id": "x"}, "customer_id: exactly one of customer_id and external_customer_id must be given"),
    ({"price_evaluations": []}, "price_evaluations: must be from 1 to 100"),
    ({"price_evaluations": one() * 101}, "price_evaluations: must be from 1 to 100"),
    ({"price_evaluations": [{}]}, "price_evaluations[0]: exactly one of price_id, external_price_id and price"),
    ({"price_evaluations": one(price_id="x")}, "price_evaluations[0]: exactly one of price_id, external_price_id"),
    ({"price_evaluations": one(price={})}, "price_evaluations[0]: exactly one of price_id, external_price_id"),
    ({"price_evaluations": one(filter=1)}, "price_evaluations[0].filter: Expected `str | null`, got `int`"),
    ({"price_evaluations": one(grouping_keys="x")}, "price_evaluations[0].grouping_keys: Expected `array`"),
    ({"price_evaluations": one(grouping_keys=["x"] * 11)}, "price_evaluations[0].grouping_keys: must be at most 10"),
    ({"price_evaluations": one(filters="x")}, "price_evaluations[0]: Object contains unknown field `filters`"),
    (
        {"price_evaluations": one() + one(metric_parameter_overrides={"x": 1})},
        "price_evaluations[1].metric_parameter_overrides: the metric Build minutes has no parameters",
    ),
    ({"price_evaluations": one(external_price_id="scale-fee")}, "price_evaluations[0]: is a fixed fee"),
    ({"price_evaluations": one(grouping_keys=["region", "x +"])}, "price_evaluations[0].grouping_keys[1]: the end"),
    ({"price_evaluations": one(filter="region::int = 1")}, "price_evaluations[0]: Conversion Error: Could not"),
]


@pytest.mark.parametrize(("change", "error"), WRONG)
async def test_a_wrong_question_is_told_what_is_wrong_and_where(orb: Orb, change: dict[str, Any], error: str) -> None:
    answer = await ask(orb, **({"price_evaluations": one()} | change))
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("#400-request-validation-errors")
    assert answer.json()["validation_errors"][0].startswith(error)


@pytest.mark.parametrize("name", ["timeframe_start", "timeframe_end", "price_evaluations"])
async def test_a_field_that_is_missing_is_named(orb: Orb, name: str) -> None:
    body = {key: value for key, value in (WHO | SPAN | {"price_evaluations": one()}).items() if key != name}
    answer = await orb.http.post("/v1/prices/evaluate", json=body)
    assert answer.status_code == 400
    assert answer.json()["validation_errors"] == [f"body: Object missing required field `{name}`"]


async def test_nulls_stand_for_what_is_not_given(orb: Orb) -> None:
    nulls = {"price_id": None, "price": None, "filter": None, "metric_parameter_overrides": None}
    assert (await ask(orb, *one(**nulls), customer_id=None)).status_code == 200
    assert (await ask(orb, *one(metric_parameter_overrides={}))).status_code == 200


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("Customer", {"external_customer_id": "who"}),
        ("Customer", {"customer_id": "who", "external_customer_id": None}),
        ("Price", {"price_evaluations": [{"price_id": "who"}]}),
        ("Price", {"price_evaluations": [{"external_price_id": "who"}]}),
    ],
)
async def test_what_is_not_known_is_not_found(orb: Orb, kind: str, change: dict[str, Any]) -> None:
    answer = await ask(orb, **({"price_evaluations": one()} | change))
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"Could not find a resource of type {kind} with identifier: who."
    older = await orb.http.post("/v1/prices/who/evaluate", json=WHO | SPAN)
    assert older.status_code == 404


UNIT = {"unit_amount": "1"}
WRONG_PRICES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("threshold_total_amount", {}, {}, ".model_type: threshold_total_amount is not a model of the sandbox"),
    ("unit", {"unit_amount": 1}, {}, ".unit_config.unit_amount: Expected `str`, got `int`"),
    ("unit", {"unit_amount": "1e99"}, {}, ".unit_config.unit_amount: must be a decimal string"),
    ("unit", {"unit_amount": "-1"}, {}, ".unit_config.unit_amount: must be a decimal string"),
    ("unit", UNIT | {"scaling_factor": -1}, {}, ".unit_config.scaling_factor: must be a number"),
    ("unit", UNIT | {"x": 1}, {}, ".unit_config: Object contains unknown field `x`"),
    ("unit", UNIT, {"cadence": "daily"}, ".cadence: Invalid enum value 'daily'"),
    ("unit", UNIT, {"currency": "XXX"}, ".currency: XXX is neither a currency nor a pricing unit"),
    ("unit", UNIT, {"fixed_price_quantity": 2}, ".billable_metric_id: must be given, and no fixed_price_quantity"),
    ("unit", UNIT, {"billable_metric_id": None}, ".billable_metric_id: must be given, and no fixed_price_quantity"),
    ("unit", UNIT, {"name": None}, ".name: Expected `str`, got `null`"),
    ("package", {"package_amount": "1", "package_size": 0}, {}, ".package_config.package_size: must be from 1"),
    ("tiered", {"tiers": []}, {}, ".tiered_config.tiers: the last must be open"),
    ("tiered", {"tiers": TIERS[1:]}, {}, ".tiered_config.tiers: each must begin where the one before it ends"),
    ("tiered", {"tiers": TIERS[:1]}, {}, ".tiered_config.tiers: the last must be open"),
    (
        "bulk",
        {"tiers": [{"unit_amount": "1", "maximum_units": 1.5}]},
        {},
        ".bulk_config.tiers[0].maximum_units: must be",
    ),
    ("matrix", MATRIX | {"dimensions": []}, {}, ".matrix_config.dimensions: must be one property or two"),
    ("matrix", MATRIX | {"dimensions": ["a"]}, {}, ".matrix_config.matrix_values[0].dimension_values: must be as many"),
    ("percent", {"percent": 1.5}, {}, ".percent_config.percent: must be a fraction"),
]


@pytest.mark.parametrize(("model_type", "config", "change", "error"), WRONG_PRICES)
async def test_a_wrong_made_up_price_is_told_what_is_wrong_and_where(
    orb: Orb, model_type: str, config: dict[str, Any], change: dict[str, Any], error: str
) -> None:
    answer = await ask(orb, await inline(orb, model_type, config, **change))
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith(f"price_evaluations[0].price{error}")


@pytest.mark.parametrize("name", ["item_id", "billable_metric_id"])
async def test_a_made_up_price_is_for_an_item_and_a_metric_that_there_are(orb: Orb, name: str) -> None:
    answer = await ask(orb, await inline(orb, "unit", UNIT, **{name: "who"}))
    assert answer.status_code == 404


WRONG_EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"timestamp": "yesterday"}, "events[1].timestamp: must be an ISO 8601 date-time"),
    ({"event_name": ""}, "events[1].event_name: must not be empty"),
    ({"properties": {"x": {}}}, "events[1].properties.x: must be a number, a boolean or a string"),
    ({"properties": {"x": 1e30}}, "events[1].properties.x: must have at most 18 digits"),
    ({"customer_id": "who"}, "events[1].customer_id: there is no customer who"),
    ({"customer_id": "a", "external_customer_id": "b"}, "events[1].customer_id: at most one of"),
    ({"idempotency_key": "x"}, "events[1]: Object contains unknown field `idempotency_key`"),
]


@pytest.mark.parametrize(("change", "error"), WRONG_EVENTS)
async def test_a_wrong_preview_event_is_told_what_is_wrong_and_where(
    orb: Orb, change: dict[str, Any], error: str
) -> None:
    event = {"event_name": "builds", "timestamp": "2030-01-01T00:00:00Z", "properties": {"minutes": 1}}
    body = WHO | SPAN | {"price_evaluations": one(), "events": [event, event | change]}
    answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
    assert answer.status_code == 400
    assert answer.json()["validation_errors"][0].startswith(error)


@pytest.mark.parametrize("many", [0, 501])
async def test_there_are_1_to_500_preview_events(orb: Orb, many: int) -> None:
    event = {"event_name": "builds", "timestamp": "2030-01-01T00:00:00Z", "properties": {"minutes": 1}}
    body = WHO | SPAN | {"price_evaluations": one(), "events": [event] * many}
    answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
    assert answer.json()["validation_errors"] == ["events: must be from 1 to 500"]


async def test_preview_events_may_be_older_than_a_hundred_days(orb: Orb) -> None:
    event = {"event_name": "builds", "timestamp": "2020-01-01T00:00:00Z", "properties": {"minutes": 1}}
    span = {"timeframe_start": "2020-01-01T00:00:00Z", "timeframe_end": "2020-02-01T00:00:00Z"}
    body = WHO | span | {"price_evaluations": one(), "events": [event]}
    answer = await orb.http.post("/v1/prices/evaluate_preview_events", json=body)
    assert answer.json()["data"][0]["price_groups"][0]["quantity"] == 1


async def test_a_window_of_the_future_is_empty(orb: Orb) -> None:
    future = {"timeframe_start": "9999-12-01T00:00:00Z", "timeframe_end": "9999-12-31T00:00:00Z"}
    answer = await ask(orb, *one(), **future)
    assert answer.json()["data"][0]["price_groups"][0]["quantity"] == 0


async def test_what_is_received_later_than_the_clock_is_not_counted(orb: Orb) -> None:
    first = (await groups(orb, "gpu_inference"))[()]
    orb.later(timedelta(hours=5).total_seconds())
    assert (await groups(orb, "gpu_inference"))[()] > first
