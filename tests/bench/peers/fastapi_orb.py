"""FastAPI and Orb's official client."""

import asyncio
import os
from typing import Any

import uvicorn
from fastapi import FastAPI
from orb import AsyncOrb

app = FastAPI()
orb = AsyncOrb(api_key=os.environ["ORB_API_KEY"], base_url=os.environ["ORB_BASE_URL"])


async def dashboard(customer: str) -> dict[str, Any]:
    prepaid = orb.customers.credits
    ledger = asyncio.create_task(_awaited(prepaid.ledger.list_by_external_id(customer, currency="credits", limit=100)))
    blocks = asyncio.create_task(_awaited(prepaid.list_by_external_id(customer, currency="credits", limit=100)))
    page = await orb.subscriptions.list(external_customer_id=[customer], status="active", limit=100)
    return {
        "customer": customer,
        "subscriptions": await asyncio.gather(*(_subscription(each) for each in page.data)),
        "ledger": [
            {
                "created_at": each.created_at,
                "entry_type": each.entry_type,
                "amount": each.amount,
                "ending_balance": each.ending_balance,
            }
            for each in (await ledger).data
        ],
        "blocks": [
            {"id": each.id, "balance": each.balance, "status": each.status, "expiry_date": each.expiry_date}
            for each in (await blocks).data
        ],
    }


async def _awaited(asked: Any) -> Any:
    return await asked


async def _subscription(each: Any) -> dict[str, Any]:
    start, end = each.current_billing_period_start_date, each.current_billing_period_end_date
    window = {"timeframe_start": start.isoformat(), "timeframe_end": end.isoformat()}
    invoice, costs, groups = await asyncio.gather(
        orb.invoices.fetch_upcoming(subscription_id=each.id),
        orb.subscriptions.fetch_costs(each.id, view_mode="periodic", timeframe_start=start, timeframe_end=end),
        orb.post(
            f"/subscriptions/{each.id}/grouped_costs",
            body={"grouping_keys": ["workspace_id"], **window},
            cast_to=dict[str, Any],
        ),
    )
    return {
        "id": each.id,
        "name": each.name or each.plan.name,
        "currency": invoice.currency,
        "subtotal": invoice.subtotal,
        "total": invoice.total,
        "amount_due": invoice.amount_due,
        "lines": [{"name": line.name, "quantity": line.quantity, "amount": line.amount} for line in invoice.line_items],
        "costs": [
            {
                "start": day.timeframe_start,
                "end": day.timeframe_end,
                "subtotal": day.subtotal,
                "prices": [
                    {"id": cost.price.id, "name": cost.price.name, "subtotal": cost.subtotal}
                    for cost in day.per_price_costs
                ],
            }
            for day in costs.data
        ],
        "groups": groups["data"],
    }


app.add_api_route("/dashboard/{customer}", dashboard)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), access_log=False, log_level="warning")
