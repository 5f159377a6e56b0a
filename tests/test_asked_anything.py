"""Whatever a program asks of any route of openapi.json, with a token or without: no 500, no answer that is not told."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks as openapi

from app.web.openapi import document
from tests.running import Running, running

UNITS = ("credits", "sparks", "USD")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
]
MANY = settings(max_examples=20, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def orrery() -> Iterator[Running]:
    with running(SANDBOX_RATE_PLAN="off", ORRERY_REFRESH_AGE="0", ORB_CREDIT_CURRENCY=",".join(UNITS)) as found:
        yield found


@pytest.fixture(scope="module")
def own(orrery: Running) -> dict[str, str]:
    """Ids that are this customer's: what is made up is hardly ever one."""
    with orrery.client("northwind") as client:
        bills = client.get("/api/cards/bill").json()["data"]["subscriptions"]
        invoices = client.get("/api/invoices").json()["data"]
        (day, *_) = client.get("/api/cards/spend").json()["data"]["days"]
    return {
        "subscription": bills[0]["subscription_id"],
        "invoice": invoices[0]["id"],
        "price": day["prices"][0]["price_id"],
        "start": day["start"][:10],
        "end": day["end"][:10],
    }


@pytest.fixture(scope="module")
def refusal(orrery: Running) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{orrery.url}/api/dashboard", trust_env=False).json()
    return found


schema = schemathesis.openapi.from_dict(document(("workspace_id",), UNITS))


@schema.parametrize()
@MANY
def test_with_a_token_every_answer_is_one_that_is_told(case: Any, orrery: Running, own: dict[str, str]) -> None:
    for name, known in own.items():
        if len(case.path_parameters.get(name, "")) % 2:
            case.path_parameters[name] = known
    if isinstance(case.body, dict) and case.meta.generation.mode.is_positive:
        case.body |= {"price_ids": [own["price"]], "timeframe_start": own["start"], "timeframe_end": own["end"]}
    case.call_and_validate(
        base_url=orrery.url, headers={"Authorization": f"Bearer {orrery.token('northwind')}"}, checks=CHECKS
    )


@schema.parametrize()
@MANY
def test_without_one_every_answer_is_the_same_refusal(case: Any, orrery: Running, refusal: dict[str, Any]) -> None:
    answer = case.call(base_url=orrery.url, headers={"Authorization": "Bearer a.b.c"})
    if case.method.lower() != case.operation.method.lower():
        assert answer.status_code == 405
        return
    assert answer.status_code == 401
    assert {**answer.json(), "request_id": None} == {**refusal, "request_id": None}
