"""Windows that reach far beyond what there is."""

from typing import Any

import pytest

from .sandbox_client import Orb


@pytest.mark.parametrize("end", ["2999-01-01T00:00:00Z", "9999-12-31T00:00:00Z"])
@pytest.mark.parametrize("mode", ["periodic", "cumulative"])
async def test_a_window_without_end_costs_what_the_days_so_far_cost(orb: Orb, end: str, mode: str) -> None:
    (northwind,) = await orb.subscriptions("northwind")
    span: dict[str, Any] = {"timeframe_start": "2026-11-01T04:00:00Z", "view_mode": mode}
    for path in (f"/subscriptions/{northwind['id']}/costs", "/customers/external_customer_id/northwind/costs"):
        near = await orb.read(path, timeframe_end="2026-11-21T05:00:00Z", **span)
        assert await orb.read(path, timeframe_end=end, **span) == near

    usage = await orb.read(f"/subscriptions/{northwind['id']}/usage", timeframe_end=end, granularity="day", **span)
    assert usage["data"]
