"""The same documents of a larger or smaller customer: more subscriptions, prices, days, groups."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from app.days import day_of, midnight
from tests.bench.documents import ANYBODY, Document, subscription_of


@dataclass(frozen=True)
class Size:
    """What there is of a customer. `days` are those of the billing period that have begun."""

    subscriptions: int = 1
    prices: int = 9
    days: int = 12
    groups: int = 10

    @classmethod
    def of(cls, text: str) -> "Size":
        """From `prices=200&days=30`; what is not named is as it usually is."""
        named = (pair.split("=") for pair in text.split("&") if pair)
        return replace(cls(), **{name: int(number) for name, number in named})


def which(number: int) -> str:
    """The end of the id of one of several subscriptions."""
    return f"-{number:02}"


def grown(documents: Mapping[str, Document], size: Size, now: datetime) -> Mapping[str, Document]:
    """All that depends on the size made anew from `documents`, the rest as it is."""
    found = {name: json.loads(documents[name].of(ANYBODY.encode())) for name in _GROWN}
    zone = ZoneInfo(found["subscriptions"]["data"][0]["customer"]["timezone"])
    today = day_of(now, zone)
    midnights = [midnight(today + timedelta(days=n), zone) for n in range(1 - size.days, 2)]
    _invoice(found["upcoming_invoice"], size.prices)
    day = _day(found["costs"]["data"][0], size.prices)
    found["costs"]["data"] = [
        day | {"timeframe_start": start.isoformat(), "timeframe_end": end.isoformat()}
        for start, end in pairwise(midnights)
    ]
    _subscriptions(found["subscriptions"], size, midnights)
    found["grouped_costs"] = _groups(size.groups, Decimal(day["subtotal"]) * size.days)
    return {**documents, **{name: Document(json.dumps(each)) for name, each in found.items()}}


_GROWN = ("subscriptions", "upcoming_invoice", "costs", "grouped_costs")


def _many(things: list[Any], count: int) -> list[Any]:
    """So many of them, over and over, copied so that each may be changed by itself."""
    return [json.loads(json.dumps(each)) for each in islice(cycle(things), count)]


def _invoice(invoice: Any, prices: int) -> None:
    lines = invoice["line_items"] = _many(invoice["line_items"], prices)
    for number, line in enumerate(lines):
        line["id"] = f"line-{number}"
        _price(line["price"], number)


def _day(day: Any, prices: int) -> Any:
    costs = _many(day["per_price_costs"], prices)
    for number, cost in enumerate(costs):
        _price(cost["price"], number)
        cost["price_id"] = cost["price"]["id"]
    sums = {name: str(sum(Decimal(cost[name]) for cost in costs)) for name in ("subtotal", "total")}
    return {**day, **sums, "per_price_costs": costs}


def _price(price: Any, number: int) -> None:
    price["id"] = f"price-{number}"
    price["name"] = f"{price['name']} {number}"


def _subscriptions(page: Any, size: Size, midnights: list[datetime]) -> None:
    (only,) = page["data"]
    intervals = only["price_intervals"] = _many(only["price_intervals"], size.prices)
    for number, interval in enumerate(intervals):
        interval["id"] = f"interval-{number}"
        _price(interval["price"], number)
    end = midnights[-1] + timedelta(days=18)
    only["current_billing_period_start_date"] = midnights[0].astimezone(UTC).isoformat()
    only["current_billing_period_end_date"] = end.astimezone(UTC).isoformat()
    if size.subscriptions > 1:
        ids = (f"{subscription_of(ANYBODY)}{which(number)}" for number in range(size.subscriptions))
        page["data"] = [{**only, "id": each, "name": f"Plan {each[-2:]}"} for each in ids]


def _groups(count: int, total: Decimal) -> Any:
    each = f"{total / (count + 1):.2f}"
    groups = [{"grouping_values": [f"workspace-{number}"], "subtotal": each} for number in range(count)]
    return {"data": groups, "has_more": False}
