"""Starlette and httpx as they come, and the standard library's json."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

CREDITS = {"currency": "credits", "limit": 100}


async def dashboard(request: Request) -> JSONResponse:
    orb: httpx.AsyncClient = request.state.orb
    customer = request.path_params["customer"]
    ledger = asyncio.create_task(_get(orb, f"/customers/external_customer_id/{customer}/credits/ledger", **CREDITS))
    blocks = asyncio.create_task(_get(orb, f"/customers/external_customer_id/{customer}/credits", **CREDITS))
    asked = {"external_customer_id": customer, "status": "active", "limit": 100}
    subscriptions = (await _get(orb, "/subscriptions", **asked))["data"]
    return JSONResponse(
        {
            "customer": customer,
            "subscriptions": await asyncio.gather(*(_subscription(orb, each) for each in subscriptions)),
            "ledger": [
                {name: each[name] for name in ("created_at", "entry_type", "amount", "ending_balance")}
                for each in (await ledger)["data"]
            ],
            "blocks": [
                {name: each[name] for name in ("id", "balance", "status", "expiry_date")}
                for each in (await blocks)["data"]
            ],
        }
    )


async def _subscription(orb: httpx.AsyncClient, each: Any) -> dict[str, Any]:
    path = f"/subscriptions/{each['id']}"
    window = {
        "timeframe_start": each["current_billing_period_start_date"],
        "timeframe_end": each["current_billing_period_end_date"],
    }
    invoice, costs, groups = await asyncio.gather(
        _get(orb, "/invoices/upcoming", subscription_id=each["id"]),
        _get(orb, f"{path}/costs", view_mode="periodic", **window),
        _read(orb.post(f"{path}/grouped_costs", json={"grouping_keys": ["workspace_id"], **window})),
    )
    return {
        "id": each["id"],
        "name": each["name"] or each["plan"]["name"],
        **{name: invoice[name] for name in ("currency", "subtotal", "total", "amount_due")},
        "lines": [{name: line[name] for name in ("name", "quantity", "amount")} for line in invoice["line_items"]],
        "costs": [
            {
                "start": day["timeframe_start"],
                "end": day["timeframe_end"],
                "subtotal": day["subtotal"],
                "prices": [
                    {"id": cost["price"]["id"], "name": cost["price"]["name"], "subtotal": cost["subtotal"]}
                    for cost in day["per_price_costs"]
                ],
            }
            for day in costs["data"]
        ],
        "groups": groups["data"],
    }


async def _get(orb: httpx.AsyncClient, path: str, **query: Any) -> Any:
    return await _read(orb.get(path, params=query))


async def _read(asked: Any) -> Any:
    return (await asked).raise_for_status().json()


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    headers = {"Authorization": f"Bearer {os.environ['ORB_API_KEY']}"}
    async with httpx.AsyncClient(base_url=os.environ["ORB_BASE_URL"], headers=headers, timeout=60) as orb:
        yield {"orb": orb}


app = Starlette(routes=[Route("/dashboard/{customer}", dashboard)], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), access_log=False, log_level="warning")
