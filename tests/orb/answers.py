"""Orb's answers as its documentation shows them, for one invented customer: Borealis, in Los Angeles."""

import json
from pathlib import Path
from typing import Any

import httpx
import respx

SUBSCRIPTION = "SuBorealis000001"

_EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> bytes:
    return (_EXAMPLES / f"{name}.json").read_bytes()


def changed(name: str, **fields: Any) -> Any:
    """The example as data, with top-level fields changed."""
    return json.loads(example(name)) | fields


def answer(name: str, status: int = 200, **headers: str) -> httpx.Response:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.Response(status, content=example(name), headers={"Content-Type": "application/json", **named})


def borealis(router: respx.MockRouter, **instead: httpx.Response) -> dict[str, respx.Route]:
    """Orb as Borealis sees it: every first-paint route with its example, or what stands `instead` of it."""
    customer = "/customers/external_customer_id/borealis"
    paths = {
        "subscriptions": ("GET", "/subscriptions", "subscriptions_list"),
        "upcoming_invoice": ("GET", "/invoices/upcoming", "invoices_upcoming"),
        "credits_ledger": ("GET", f"{customer}/credits/ledger", "credits_ledger"),
        "credit_blocks": ("GET", f"{customer}/credits", "credits_blocks"),
        "subscription_costs": ("GET", f"/subscriptions/{SUBSCRIPTION}/costs", "subscription_costs_periodic"),
        "grouped_costs": ("POST", f"/subscriptions/{SUBSCRIPTION}/grouped_costs", "grouped_costs_response"),
    }
    return {
        name: router.request(method, path).mock(return_value=instead.get(name) or answer(example_name))
        for name, (method, path, example_name) in paths.items()
    }
