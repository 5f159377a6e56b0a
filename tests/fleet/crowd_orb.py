"""An Orb with as many customers as anybody asks for, each like Borealis; notes when each call came, by rate class.

Run as a program with its port, and with a plan where it keeps the limits of that plan; `/arrivals` tells and forgets
what it was asked, `/refused` tells how many calls of which class were too many.
"""

import argparse
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.orb.endpoint import CREDIT_BLOCKS, CREDITS_LEDGER, GROUPED_COSTS, SUBSCRIPTION_COSTS, SUBSCRIPTIONS, Endpoint
from app.orb.endpoint import UPCOMING_INVOICE as UPCOMING
from app.sandbox.limits import PLANS, Limits
from app.sandbox.problems import Problem
from tests.orb.answers import SUBSCRIPTION, example

_TAKES = 0.05  # seconds of each answer
_CUSTOMERS = "/v1/customers/external_customer_id/{customer}"


def _subscriptions() -> bytes:
    """The example, in a billing period that is under way."""
    page = json.loads(example("subscriptions_list"))
    begins = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    for each in page["data"]:
        each["current_billing_period_start_date"] = begins.isoformat()
        each["current_billing_period_end_date"] = (begins + timedelta(days=30)).isoformat()
    return json.dumps(page).encode()


ANSWERS = {
    SUBSCRIPTIONS: _subscriptions(),
    UPCOMING: example("invoices_upcoming"),
    CREDITS_LEDGER: example("credits_ledger"),
    CREDIT_BLOCKS: example("credits_blocks"),
    SUBSCRIPTION_COSTS: example("subscription_costs_periodic"),
    GROUPED_COSTS: example("grouped_costs_response"),
}

arrivals: list[tuple[float, str, str]] = []
refused: Counter[str] = Counter()
limits = Limits("off")


def _route(path: str, which: Endpoint[Any], method: str = "GET") -> Route:
    async def answer(request: Request) -> Response:
        subscription = request.path_params.get("subscription") or request.query_params.get("subscription_id", "")
        customer = request.path_params.get("customer") or request.query_params.get("external_customer_id")
        customer = customer or subscription.removeprefix("Su")
        arrivals.append((time.monotonic(), which.rate.value, f"{which.name} {customer}"))
        try:
            limits.take(which.rate.value)
        except Problem as problem:
            refused[which.rate.value] += 1
            return JSONResponse(problem.document(), problem.status)
        await anyio.sleep(_TAKES)
        body = ANSWERS[which].replace(b'"borealis"', f'"{customer}"'.encode())
        body = body.replace(SUBSCRIPTION.encode(), f"Su{customer}".encode())
        computed = {"Orb-Cache-Updated-At": datetime.now(UTC).isoformat()} if which.honours_cache else {}
        return Response(body, headers={"Content-Type": "application/json", **computed})

    return Route(path, answer, methods=[method])


async def _arrivals(request: Request) -> Response:  # noqa: ARG001  Starlette's signature
    told = list(arrivals)
    arrivals.clear()
    return JSONResponse(told)


async def _refused(request: Request) -> Response:  # noqa: ARG001  Starlette's signature
    return JSONResponse(refused)


app = Starlette(
    routes=[
        Route("/arrivals", _arrivals),
        Route("/refused", _refused),
        _route("/v1/subscriptions", SUBSCRIPTIONS),
        _route("/v1/invoices/upcoming", UPCOMING),
        _route(f"{_CUSTOMERS}/credits/ledger", CREDITS_LEDGER),
        _route(f"{_CUSTOMERS}/credits", CREDIT_BLOCKS),
        _route("/v1/subscriptions/{subscription}/costs", SUBSCRIPTION_COSTS),
        _route("/v1/subscriptions/{subscription}/grouped_costs", GROUPED_COSTS, "POST"),
    ]
)

if __name__ == "__main__":
    line = argparse.ArgumentParser(prog="python -m tests.fleet.crowd_orb")
    line.add_argument("port", type=int)
    line.add_argument("plan", choices=PLANS, nargs="?", default="off")
    asked = line.parse_args()
    limits.change(asked.plan)
    uvicorn.run(app, port=asked.port, log_level="error", http="httptools", ws="none", backlog=4096)
