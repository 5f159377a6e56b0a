"""Orb's own client, in its strict mode, against the sandbox on a real socket: every endpoint, every customer."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any, Generic, TypeVar

import httpx
import orb
import pydantic
import pytest
from orb.types import (
    CreditBlockRetrieveResponse,
    Customer,
    CustomerCreatePortalSessionResponse,
    InvoiceFetchUpcomingResponse,
    InvoiceListSummaryResponse,
    Subscription,
    SubscriptionFetchCostsResponse,
    SubscriptionListSummaryResponse,
)
from orb.types.customers import (
    CostListByExternalIDResponse,
    CreditListByExternalIDResponse,
)
from orb.types.customers.credits import LedgerListByExternalIDResponse
from orb.types.shared import Invoice, PaginationMetadata

from app.sandbox.catalogue.currencies import CREDITS
from app.sandbox.world.cast import CAST
from tests import unhurried
from tests.thorough import some

from .sandbox_client import served

T = TypeVar("T")


class Page(pydantic.BaseModel, Generic[T]):
    """A page of a list, for a strict look at the bytes."""

    data: list[T]
    pagination_metadata: PaginationMetadata


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """Serve a sandbox without latency from a thread of its own."""
    with served() as url:
        yield f"{url}/v1"


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return unhurried.BACKEND


@pytest.fixture(scope="module")
async def client(base_url: str) -> AsyncIterator[orb.AsyncOrb]:
    async with orb.AsyncOrb(
        api_key="a-key", base_url=base_url, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(scope="module")
async def raw(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": "Bearer a-key"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, trust_env=False) as http:
        yield http


EVERYBODY = tuple(role.external_id for role in CAST)
STATUSES: Any = ["draft", "issued", "paid", "synced", "void"]
#: Metrics that do not add up, and so are grouped as invoices group them or not at all.
APART = {
    price.metric.id
    for role in CAST
    for deal in role.deals
    for price in deal.plan.prices
    if price.metric and not price.metric.decomposable and price.invoice_grouping_key != "workspace_id"
}
#: Who has a ledger of the usual credits.
PREPAID = {role.external_id for role in CAST if any(grant.unit == CREDITS for grant in role.grants)}


async def test_it_pings(client: orb.AsyncOrb) -> None:
    assert (await client.top_level.ping()).response == "pong"


async def test_it_lists_all_customers_and_subscriptions_page_by_page(client: orb.AsyncOrb) -> None:
    names = [customer.external_customer_id async for customer in client.customers.list(limit=3)]
    assert sorted(filter(None, names)) == sorted(EVERYBODY)
    assert len([s async for s in client.subscriptions.list(limit=4)]) == sum(len(role.deals) for role in CAST)


@pytest.mark.parametrize("who", some(EVERYBODY, 9))
async def test_it_reads_everything_of(client: orb.AsyncOrb, who: str) -> None:
    customer = await client.customers.fetch_by_external_id(who)
    assert (await client.customers.fetch(customer.id)).name == customer.name
    await client.customers.costs.list_by_external_id(who, view_mode="periodic")
    await client.customers.costs.list(customer.id, view_mode="cumulative")
    entries = [e async for e in client.customers.credits.ledger.list(customer.id, currency="credits", limit=100)]
    again = [e async for e in client.customers.credits.ledger.list_by_external_id(who, limit=100)]
    assert len(entries) == len(again)
    assert bool(entries) == (who in PREPAID)
    blocks = [
        b.id async for b in client.customers.credits.list(customer.id, currency="credits", include_all_blocks=True)
    ]
    assert blocks == [b.id async for b in client.customers.credits.list_by_external_id(who, include_all_blocks=True)]
    assert bool(blocks) == (who in PREPAID)
    async for subscription in client.subscriptions.list(external_customer_id=[who]):
        fetched = await client.subscriptions.fetch(subscription.id)
        assert fetched.customer.id == customer.id
        costs = await client.subscriptions.fetch_costs(subscription.id, view_mode="cumulative")
        assert bool(costs.data) == (subscription.status != "upcoming" and customer.hierarchy.parent is None)
        await _reads_the_bill(client, subscription)
        await _reads_groups(client, subscription, who)
        await _reads_usage(client, subscription)
        await _reads_licenses(client, subscription, who)
        alerts = [alert async for alert in client.alerts.list(subscription_id=subscription.id)]
        assert [await client.alerts.retrieve(alert.id) for alert in alerts] == alerts
    alerts = [alert async for alert in client.alerts.list(external_customer_id=who)]
    assert alerts == [alert async for alert in client.alerts.list(customer_id=customer.id, limit=1)]
    assert alerts or who not in {"lumen", "quill"}


@pytest.mark.parametrize("who", some(EVERYBODY, 9))
async def test_it_reads_every_invoice_of(client: orb.AsyncOrb, who: str) -> None:
    listed = [i async for i in client.invoices.list(external_customer_id=who, status=STATUSES, limit=7)]
    short = [
        summary
        for status in STATUSES
        async for summary in client.invoices.list_summary(external_customer_id=who, status=status, limit=7)
    ]
    assert {i.id for i in listed} == {i.id for i in short}
    for invoice in listed:
        fetched = await client.invoices.fetch(invoice.id)
        assert (fetched.status, fetched.invoice_number) == (invoice.status, invoice.invoice_number)
        if invoice.status != "draft":
            assert fetched == invoice


@pytest.mark.parametrize("who", some(EVERYBODY, 9))
async def test_it_reads_summaries_and_blocks_and_mints_sessions_of(client: orb.AsyncOrb, who: str) -> None:
    customer = await client.customers.fetch_by_external_id(who)
    full = [s.id async for s in client.subscriptions.list(customer_id=[customer.id])]
    assert [s.id async for s in client.subscriptions.list_summary(external_customer_id=who, limit=2)] == full
    async for block in client.customers.credits.list(customer.id, include_all_blocks=True):
        assert (await client.credit_blocks.retrieve(block.id)).model_dump() == block.model_dump()
    session = await client.customers.create_portal_session(customer.id, expires_in_minutes=5)
    again = await client.customers.create_portal_session_by_external_id(who, invalidate_existing=False)
    assert (session.customer_id, again.customer_id) == (customer.id, customer.id)
    assert session.url != again.url


async def _reads_the_bill(client: orb.AsyncOrb, subscription: Subscription) -> None:
    question = client.invoices.fetch_upcoming(subscription_id=subscription.id)
    if subscription.status == "ended":
        with pytest.raises(orb.BadRequestError, match="Subscription has status ended"):
            await question
    elif subscription.customer.external_customer_id == "quiet" or subscription.status == "upcoming":
        with pytest.raises(orb.NotFoundError, match="404-resource-not-found"):
            await question
    else:
        bill = await question
        assert bill.target_date == subscription.current_billing_period_end_date
        assert len(bill.line_items) == len(subscription.price_intervals)


async def _reads_groups(client: orb.AsyncOrb, subscription: Subscription, who: str) -> None:
    start = subscription.current_billing_period_start_date
    end = subscription.current_billing_period_end_date
    if start is None or end is None or end - start > timedelta(days=32):
        return
    body = {
        "grouping_keys": ["workspace_id"],
        "timeframe_start": start.isoformat(),
        "timeframe_end": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }
    question = client.post(f"/subscriptions/{subscription.id}/grouped_costs", cast_to=httpx.Response, body=body)
    if who == "atelier":
        with pytest.raises(orb.FeatureNotAvailable):
            await question
    elif subscription.name == "Telemetry":
        with pytest.raises(orb.RequestValidationError, match="more than 5000"):
            await question
    else:
        assert (await question).json().keys() == {"data", "has_more"}


async def _reads_usage(client: orb.AsyncOrb, subscription: Subscription) -> None:
    assert subscription.plan is not None
    metrics = [price.billable_metric.id for price in subscription.plan.prices if price.billable_metric]
    usage = await client.subscriptions.fetch_usage(subscription.id, granularity="day", view_mode="cumulative")
    child = subscription.customer.hierarchy.parent is not None
    assert [each.billable_metric.id for each in usage.data] == ([] if child else metrics)
    for metric in metrics:
        question = client.subscriptions.fetch_usage(
            subscription.id, billable_metric_id=metric, group_by="workspace_id", granularity="day"
        )
        if metric in APART:
            with pytest.raises(orb.BadRequestError, match="can only be grouped as invoices group it"):
                await question
        else:
            await question


async def _reads_licenses(client: orb.AsyncOrb, subscription: Subscription, who: str) -> None:
    licenses = [held async for held in client.licenses.list(subscription_id=subscription.id, limit=7)]
    assert len(licenses) == (30 if who == "quill" else 0)
    for held in licenses:
        whose: Any = {"subscription_id": subscription.id, "license_type_id": held.license_type_id}
        name = held.external_license_id
        assert (await client.licenses.retrieve(held.id)).external_license_id == name
        assert (await client.licenses.retrieve_by_external_id(name, **whose)).id == held.id
        (row,) = (await client.licenses.usage.get_usage(held.id)).data
        assert row.license_id == held.id
        if held.status == "active":
            (again,) = (await client.licenses.external_licenses.get_usage(name, **whose)).data
            assert again.allocated_credits == row.allocated_credits
    async for kind in client.license_types.list(limit=1):
        assert (await client.license_types.retrieve(kind.id)).name == kind.name
        page = await client.licenses.usage.get_all_usage(
            subscription_id=subscription.id, license_type_id=kind.id, group_by="license,day", limit=100
        )
        assert page.pagination_metadata.has_more == (who == "quill" and kind.name == "Seat" and len(page.data) == 100)


async def test_it_makes_changes_and_switches_alerts(client: orb.AsyncOrb) -> None:
    made = await client.alerts.create_for_external_customer(
        "atelier", currency="credits", type="credit_balance_dropped", thresholds=[{"value": 10.5}]
    )
    assert made.thresholds is not None
    assert [threshold.value for threshold in made.thresholds] == [10.5]
    changed = await client.alerts.update(made.id, thresholds=[{"value": 7}])
    assert changed.balance_alert_status is not None
    assert [status.threshold_value for status in changed.balance_alert_status] == [7]
    assert (await client.alerts.disable(made.id)).enabled is False
    assert (await client.alerts.enable(made.id)).enabled is True
    (subscription,) = [each async for each in client.subscriptions.list(external_customer_id=["quiet"])]
    made = await client.alerts.create_for_subscription(
        subscription.id, type="spend_exceeded", currency="USD", thresholds=[{"value": 100}]
    )
    assert [each.id async for each in client.alerts.list(subscription_id=subscription.id)] == [made.id]


async def test_it_is_refused_without_a_key(base_url: str) -> None:
    async with orb.AsyncOrb(api_key="", base_url=base_url, max_retries=0) as client:
        with pytest.raises((orb.AuthenticationError, httpx.LocalProtocolError, orb.APIConnectionError)):
            await client.top_level.ping()


@pytest.mark.parametrize("who", some(EVERYBODY, 9))
async def test_every_byte_is_of_the_type_that_the_client_declares(raw: httpx.AsyncClient, who: str) -> None:
    async def check(model: Any, path: str, **query: Any) -> Any:
        answer = await raw.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return model.model_validate_json(answer.content, strict=True)

    customer = f"/customers/external_customer_id/{who}"
    await check(Customer, customer)
    await check(CostListByExternalIDResponse, f"{customer}/costs")
    await check(CostListByExternalIDResponse, f"{customer}/costs", view_mode="periodic")
    await check(Page[CreditListByExternalIDResponse], f"{customer}/credits", include_all_blocks="true")
    ledger: Any = Page[LedgerListByExternalIDResponse]
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = await check(ledger, f"{customer}/credits/ledger", **query)
        if not page.pagination_metadata.has_more:
            break
        query["cursor"] = page.pagination_metadata.next_cursor
    subscriptions = await check(Page[Subscription], "/subscriptions", **{"external_customer_id[]": who})
    for subscription in subscriptions.data:
        await check(Subscription, f"/subscriptions/{subscription.id}")
        await check(SubscriptionFetchCostsResponse, f"/subscriptions/{subscription.id}/costs")
        if subscription.status == "active" and who != "quiet":
            await check(InvoiceFetchUpcomingResponse, "/invoices/upcoming", subscription_id=subscription.id)


@pytest.mark.parametrize("who", some(EVERYBODY, 9))
async def test_every_byte_of_invoices_and_sessions_is_of_the_type_that_the_client_declares(
    raw: httpx.AsyncClient, who: str
) -> None:
    query: dict[str, Any] = {"external_customer_id": who, "status[]": STATUSES, "limit": 100}
    invoices = Page[Invoice].model_validate_json((await raw.get("/invoices", params=query)).content, strict=True)
    for invoice in invoices.data:
        Invoice.model_validate_json((await raw.get(f"/invoices/{invoice.id}")).content, strict=True)
    answer = await raw.get("/invoices/summary", params=query)
    short = Page[InvoiceListSummaryResponse].model_validate_json(answer.content, strict=True)
    assert len(short.data) == len(invoices.data)
    declared = {field.alias or name for name, field in InvoiceListSummaryResponse.model_fields.items()}
    assert all(summary.keys() == declared for summary in answer.json()["data"])
    answer = await raw.get("/subscriptions/summary", params={"external_customer_id": who})
    Page[SubscriptionListSummaryResponse].model_validate_json(answer.content, strict=True)
    answer = await raw.post(f"/customers/external_customer_id/{who}/portal_sessions")
    CustomerCreatePortalSessionResponse.model_validate_json(answer.content, strict=True)
    for block in (await raw.get(f"/customers/external_customer_id/{who}/credits")).json()["data"]:
        CreditBlockRetrieveResponse.model_validate_json((await raw.get(f"/credit_blocks/{block['id']}")).content)


async def test_a_cut_answer_ends_before_its_length(raw: httpx.AsyncClient, base_url: str) -> None:
    panel = base_url.replace("/v1", "/_sandbox/faults")
    await raw.post(panel, json={"route": "customer", "kind": "cut"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        await raw.get("/customers/external_customer_id/northwind")
    answer = await raw.get("/customers/external_customer_id/northwind")
    assert answer.status_code == 200
    await raw.delete(panel)


async def test_a_hanging_answer_is_let_go_when_the_client_leaves(raw: httpx.AsyncClient, base_url: str) -> None:
    panel = base_url.replace("/v1", "/_sandbox")
    await raw.delete(f"{panel}/requests")
    await raw.post(f"{panel}/faults", json={"route": "customer", "kind": "hang", "seconds": 20})
    with pytest.raises(httpx.ReadTimeout):
        await raw.get("/customers/external_customer_id/northwind", timeout=0.2)
    while True:  # ended only once the sandbox has noticed
        (entry,) = (await raw.get(f"{panel}/requests")).json()["data"]
        if entry["ended"] is not None:
            break
    assert entry["status"] is None
    assert entry["ended"] - entry["started"] < 15
    await raw.delete(f"{panel}/faults")
