"""The route of usage."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.plans import Plan
from app.sandbox.desk import Desk, known_subscription
from app.sandbox.documents.usage import measured_document
from app.sandbox.problems import invalid
from app.sandbox.rating.measured import Dimension, View, measured
from app.sandbox.routes.questions import moment, one_of, read_query, text, window
from app.sandbox.wire import Document

_DIMENSIONS = ("first_dimension", "second_dimension")
_USAGE = {
    "granularity": one_of("day"),
    "view_mode": one_of("periodic", "cumulative"),
    "timeframe_start": moment,
    "timeframe_end": moment,
    "billable_metric_id": text,
    "group_by": text,
    **{f"{name}_{part}": text for name in _DIMENSIONS for part in ("key", "value")},
}


async def subscription_usage(desk: Desk, request: Request) -> Response:
    """GET /subscriptions/{id}/usage: every metric of a subscription, or one metric by a property of its events.

    A child's usage is its parent's: it has none.
    """
    asked = {"view_mode": "periodic"} | read_query(request, _USAGE)
    view = View(window(asked), "granularity" in asked, asked["view_mode"] == "cumulative")
    subscription = known_subscription(desk.world(), request.path_params["subscription_id"])
    only, metrics = _dimensions(asked), _metrics(asked, subscription.plan)

    def compute(at: datetime) -> Document:
        usage, group_by = desk.usage(at), asked.get("group_by")
        shown = [] if subscription.customer.parent else metrics
        rows = [row for metric in shown for row in measured(usage, subscription, metric, view, only, group_by)]
        data: Document = {"data": [measured_document(row, asked["view_mode"]) for row in rows]}
        return data if group_by is None else data | {"pagination_metadata": None}

    question = ("subscription_usage", subscription.id, sorted(asked.items()))
    return await desk.reply_cached(request, question, 120, subscription.start, compute, subscription.customer)


def _metrics(asked: Mapping[str, Any], plan: Plan) -> list[Metric]:
    """Pick the metrics that are asked for: all of the plan's, each once, or the one that is named."""
    metrics = {price.metric.id: price.metric for price in plan.prices if price.metric}
    wanted = asked.get("billable_metric_id")
    narrowed = [name for name in ("group_by", "first_dimension_key") if name in asked]
    if wanted is None:
        if narrowed:
            raise invalid(f"billable_metric_id: must be specified if {narrowed[0]} is specified")
        return list(metrics.values())
    if not narrowed:
        raise invalid("group_by: must be specified if billable_metric_id is specified")
    if wanted not in metrics:
        raise invalid("billable_metric_id: is not a metric of this subscription")
    _must_part(metrics[wanted], asked.get("group_by"), plan)
    return [metrics[wanted]]


def _must_part(metric: Metric, group_by: str | None, plan: Plan) -> None:
    """Hold grouping to Orb's rule: what does not add up may be grouped as invoices group it, and in no other way."""
    keys = {price.invoice_grouping_key for price in plan.prices if price.metric == metric}
    if group_by is not None and not metric.decomposable and group_by not in keys:
        raise invalid(f"group_by: is not supported for {metric.name}, which can only be grouped as invoices group it")


def _dimensions(asked: Mapping[str, Any]) -> tuple[Dimension, ...]:
    """Read the dimensions of a matrix price: each a key with its value, the second only after the first."""
    for name in _DIMENSIONS:
        for given, missing in (("key", "value"), ("value", "key")):
            if f"{name}_{given}" in asked and f"{name}_{missing}" not in asked:
                raise invalid(f"{name}_{missing}: must be specified if {name}_{given} is specified")
    named = [name for name in _DIMENSIONS if f"{name}_key" in asked]
    if named == ["second_dimension"]:
        raise invalid("first_dimension_key: must be specified if second_dimension_key is specified")
    return tuple((asked[f"{name}_key"], asked[f"{name}_value"]) for name in named)
