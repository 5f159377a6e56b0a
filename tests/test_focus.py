"""The export for finance teams: every charge once, its costs exact, no credits among them."""

import csv
from collections.abc import AsyncIterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import respx

from tests import unhurried
from tests.conftest import Serve
from tests.orb.answers import answer, borealis
from tests.whole import Whole, whole

NEVER_EMPTY = (
    "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory",
    "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "SubAccountId",
)  # fmt: skip
PATH = "/api/export/focus.csv"


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return unhurried.BACKEND


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Whole]:
    async with whole(max_age=0) as service:
        yield service


async def charges(service: Whole, customer: str, query: str = "", **token: Any) -> list[dict[str, str]]:
    async with service.client(customer, **token) as client:
        response = await client.get(PATH + query)
    assert response.status_code == 200, response.text
    return list(csv.DictReader(StringIO(response.text.removeprefix("\ufeff"))))


async def series(service: Whole, customer: str, view_mode: str) -> Any:
    async with service.client(customer) as client:
        return (await client.get(f"/api/cards/spend?view_mode={view_mode}")).json()["data"]


@pytest.mark.parametrize("customer", ["northwind", "lattice", "meridian", "yamato", "babel", "calder"])
async def test_the_charges_add_up_to_the_days_with_and_without_what_is_taken_off(service: Whole, customer: str) -> None:
    found = await charges(service, customer)
    days = await series(service, customer, "cumulative")

    assert sum(Decimal(row["ListCost"]) for row in found) == Decimal(days["subtotal"]["amount"])
    assert sum(Decimal(row["BilledCost"]) for row in found) == Decimal(days["days"][-1]["total"]["amount"])
    assert {row["BillingCurrency"] for row in found} == {days["unit"]}


@pytest.mark.parametrize("customer", ["northwind", "halcyon", "gulf", "quill", "babel"])
async def test_no_charge_lacks_what_the_format_wants_from_everybody(service: Whole, customer: str) -> None:
    for row in await charges(service, customer):
        assert [name for name in NEVER_EMPTY if not row[name]] == []
        assert row["ProviderName"] == "orrery.test"
        assert row["ChargeCategory"] in ("Usage", "Purchase")


async def test_a_fee_is_a_purchase_and_usage_is_usage(service: Whole) -> None:
    found = {row["ChargeDescription"]: row for row in await charges(service, "quill")}

    assert (found["Seats"]["ChargeCategory"], found["Seats"]["ChargeFrequency"]) == ("Purchase", "Recurring")
    assert found["Active members"]["ChargeCategory"] == "Usage"


@pytest.mark.parametrize("customer", ["lumen", "nobody", "sunset"])
async def test_where_nothing_is_in_a_currency_there_is_no_charge(service: Whole, customer: str) -> None:
    assert await charges(service, customer) == []


async def test_each_subscription_is_an_account_of_its_own(service: Whole) -> None:
    found = await charges(service, "halcyon")
    accounts = {row["SubAccountId"]: row["BillingCurrency"] for row in found}
    one, *_ = accounts

    assert sorted(accounts.values()) == ["EUR", "USD", "USD"]
    assert {row["SubAccountId"] for row in await charges(service, "halcyon", f"?subscription_id={one}")} == {one}
    assert {row["SubAccountId"] for row in await charges(service, "halcyon", subscriptions=[one])} == {one}
    assert {row["BillingCurrency"] for row in await charges(service, "halcyon", "?currency=EUR")} == {"EUR"}


async def test_a_file_with_a_hole_is_no_file(serve: Serve, orb_router: respx.MockRouter) -> None:
    borealis(orb_router, subscription_costs=answer("error_500", 500))
    async with serve() as client:
        response = await client.get(PATH)

    assert (response.status_code, response.json()["code"]) == (503, "orb_error")


@pytest.mark.parametrize(("scope", "status"), [("spend", 403), ("bill export", 403), ("spend export", 200)])
async def test_it_needs_the_scopes_of_cost_and_of_exports(
    serve: Serve, orb_router: respx.MockRouter, scope: str, status: int
) -> None:
    borealis(orb_router)
    async with serve(scope=scope) as client:
        assert (await client.get(PATH)).status_code == status
