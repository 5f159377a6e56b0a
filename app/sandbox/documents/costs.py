"""Orb's documents of costs: by day, and by group."""

from collections.abc import Sequence
from decimal import Decimal

from app.sandbox.documents.plans import price_document
from app.sandbox.rating.costs import Bucket
from app.sandbox.wire import Document, instant, money, number


def costs_document(buckets: Sequence[Bucket]) -> Document:
    """Show a cost series: amounts are strings, quantities numbers."""
    return {"data": [_bucket_document(bucket) for bucket in buckets]}


def _bucket_document(bucket: Bucket) -> Document:
    digits = max((cost.price.digits for cost in bucket.prices), default=2)
    return {
        "timeframe_start": instant(bucket.start),
        "timeframe_end": instant(bucket.end),
        "subtotal": money(bucket.subtotal, digits),
        "total": money(bucket.total, digits),
        "per_price_costs": [
            {
                "price": price_document(cost.subscription.plan, cost.price),
                "price_id": cost.price.id,
                "subtotal": money(cost.subtotal, cost.price.digits),
                "total": money(cost.total, cost.price.digits),
                "quantity": number(cost.quantity),
            }
            for cost in bucket.prices
        ],
    }


def groups_document(groups: Sequence[tuple[str, Decimal]], digits: int, limit: int) -> Document:
    """Show the dearest groups. Orb has not published the names of these fields: they are our inference."""
    return {
        "data": [{"grouping_values": [name], "subtotal": money(amount, digits)} for name, amount in groups[:limit]],
        "has_more": len(groups) > limit,
    }
