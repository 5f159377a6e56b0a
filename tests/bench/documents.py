"""The documents of one large customer's first paint, as the sandbox gives them, for any id and for today."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sandbox.sandbox_client import Orb, sandbox_at

# Twelve days into a month without a change of clocks: as far into it, and as large, on whichever day it is measured.
TAKEN = datetime(2026, 12, 12, 6, tzinfo=UTC)
# Northwind has the long bill and the many prices, Lumen the credits that Northwind has none of.
BILLED, PREPAID = "northwind", "lumen"
ANYBODY = "bench-000000"


def customer(number: int) -> str:
    """The id of one of a million customers."""
    return f"bench-{number:06}"


def subscription_of(whose: str) -> str:
    return f"sub-{whose}"


class Document:
    """An answer in which any customer's id can be put in the place of `ANYBODY`."""

    def __init__(self, text: str) -> None:
        self._parts = text.encode().split(ANYBODY.encode())

    def of(self, whose: bytes, which: bytes = b"") -> bytes:
        """That customer's; `which` is the end of a subscription's id where they have several."""
        body = whose.join(self._parts)
        return body.replace(b'"sub-%b"' % whose, b'"sub-%b%b"' % (whose, which)) if which else body


async def first_paint(now: datetime) -> Mapping[str, Document]:
    """By the name of the route, the answers as they would be if all had happened up to a day before `now`."""
    async with sandbox_at(TAKEN) as orb:
        (billed,) = await orb.subscriptions(BILLED)
        (prepaid,) = await orb.subscriptions(PREPAID)
        answers = await _asked(orb, billed)
    names = {
        billed["id"]: subscription_of(ANYBODY),
        **{each["customer"]["id"]: f"cus-{ANYBODY}" for each in (billed, prepaid)},
        BILLED: ANYBODY,
        PREPAID: ANYBODY,
    }
    return {route: Document(_moved(_renamed(text, names), (now - TAKEN).days)) for route, text in answers.items()}


async def _asked(orb: Orb, subscription: Any) -> dict[str, str]:
    window = {
        "timeframe_start": subscription["current_billing_period_start_date"],
        "timeframe_end": (TAKEN + timedelta(days=1)).replace(hour=5).isoformat(),
    }
    prepaid = f"/customers/external_customer_id/{PREPAID}/credits"
    path = f"/subscriptions/{subscription['id']}"
    calls = {
        "subscriptions": orb.get("/subscriptions", external_customer_id=BILLED, limit=100),
        "upcoming_invoice": orb.get("/invoices/upcoming", subscription_id=subscription["id"]),
        "credits_ledger": orb.get(f"{prepaid}/ledger", currency="credits", limit=100),
        "credit_blocks": orb.get(prepaid, currency="credits", limit=100),
        "costs": orb.get(f"{path}/costs", view_mode="periodic", **window),
        "grouped_costs": orb.groups(subscription["id"], grouping_keys=["workspace_id"], limit=10, **window),
    }
    found = dict(zip(calls, await asyncio.gather(*calls.values()), strict=True))
    return {route: answer.raise_for_status().text for route, answer in found.items()}


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """With other ids; only whole JSON strings are ids."""
    for old, new in names.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return text


def _moved(text: str, days: int) -> str:
    """With all dates so many days later."""

    def later(found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found[0]) + timedelta(days=days)).date().isoformat()

    return re.sub(r"\b\d{4}-\d\d-\d\d(?=[T\"])", later, text)
