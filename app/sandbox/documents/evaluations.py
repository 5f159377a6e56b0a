"""Orb's documents of evaluated prices."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from app.sandbox.evaluate.groups import EXACT, Evaluation, Group
from app.sandbox.wire import Document, money


def evaluations_document(evaluated: Sequence[tuple[Evaluation, Sequence[Group]]], inline: Sequence[bool]) -> Document:
    """Show evaluations in the order in which they were asked for; of an `inline` price its place, not its ids."""
    return {
        "data": [
            {
                "currency": asked.price.currency,
                "price_groups": groups_of(asked, groups)["data"],
                "external_price_id": None if made_up else asked.price.key,
                "inline_price_index": place if made_up else None,
                "price_id": None if made_up else asked.price.id,
            }
            for place, ((asked, groups), made_up) in enumerate(zip(evaluated, inline, strict=True))
        ]
    }


def groups_of(asked: Evaluation, groups: Sequence[Group]) -> Document:
    """Show the groups of one price."""
    with localcontext(EXACT):
        return {
            "data": [
                {
                    "grouping_values": [_exact(v) if isinstance(v, Decimal) else v for v in group.grouping_values],
                    "quantity": _exact(group.quantity),
                    "amount": money(group.amount, asked.price.digits),
                }
                for group in groups
            ]
        }


def _exact(number: Decimal) -> Decimal:
    """Prepare a number of any size for JSON."""
    return Decimal(f"{number.normalize():f}")
