"""Orb's documents of usage."""

from app.sandbox.rating.measured import Measured
from app.sandbox.wire import Document, instant, number


def measured_document(measured: Measured, view_mode: str) -> Document:
    """Show a metric's usage, or that of one group of its events; quantities are numbers."""
    document: Document = {
        "billable_metric": {"id": measured.metric.id, "name": measured.metric.name},
        "view_mode": view_mode,
        "usage": [
            {"quantity": number(quantity), "timeframe_start": instant(start), "timeframe_end": instant(end)}
            for (start, end), quantity in measured.usage
        ],
    }
    if measured.group is not None:
        key, value = measured.group
        document["metric_group"] = {"property_key": key, "property_value": value}
    return document
