"""Borealis's invoices, as Orb's documentation shows one: as many as a test wants."""

from typing import Any

import httpx
import respx

from tests.orb.answers import SUBSCRIPTION, changed

OWN = {"id": "CuBorealis000001", "external_customer_id": "borealis"}
FOREIGN = {"id": "CuSomebodyElse01", "external_customer_id": "somebody-else"}
OTHER = "SuBorealis000002"


def issued(name: str, **fields: Any) -> dict[str, Any]:
    """An invoice that was issued for April, and is due on the last of May."""
    plain = {
        "id": name,
        "invoice_number": f"BOREAL-{name}",
        "status": "issued",
        "customer": OWN,
        "subscription": {"id": SUBSCRIPTION},
        "invoice_date": "2026-05-01T07:00:00+00:00",
        "due_date": "2026-05-31T19:00:00+00:00",
        "issued_at": "2026-05-01T19:00:00+00:00",
        "hosted_invoice_url": "https://invoices.withorb.com/view?token=EXAMPLE",
        "invoice_pdf": "https://assets.withorb.com/invoice/EXAMPLE",
    }
    invoice: dict[str, Any] = changed("invoices_upcoming", **plain)
    return invoice | fields


def paged(*data: dict[str, Any], cursor: str | None = None) -> httpx.Response:
    return httpx.Response(
        200, json={"data": data, "pagination_metadata": {"has_more": cursor is not None, "next_cursor": cursor}}
    )


def listed(router: respx.MockRouter, *data: dict[str, Any], cursor: str | None = None) -> respx.Route:
    return router.get("/invoices").mock(return_value=paged(*data, cursor=cursor))


def stored(router: respx.MockRouter, *data: dict[str, Any]) -> None:
    """Each of them under its own address; every other is unknown."""
    for each in data:
        router.get(f"/invoices/{each['id']}").mock(return_value=httpx.Response(200, json=each))
    problem = {"type": "https://docs.withorb.com/reference/error-responses#404-resource-not-found", "status": 404}
    router.get(url__regex=r".*/invoices/[A-Za-z0-9_-]+$").mock(
        return_value=httpx.Response(404, json=problem, headers={"Content-Type": "application/problem+json"})
    )
