"""Costs by group: the subtotal of a window, split by a property of the usage events."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from app.sandbox.rating.costs import Window, baseline, segments
from app.sandbox.rating.rating import ZERO, accrued, spread
from app.sandbox.world.workspaces import Workspace
from app.sandbox.world.world import Subscription

#: Event properties that this account may group by. Every event has a `request_id` of its own.
GROUPING_KEYS = ("workspace_id", "region", "request_id")

#: Orb refuses to group by more distinct values than this.
MOST_GROUPS = 5_000


class TooManyGroups(Exception):
    """The window holds more distinct groups than Orb answers for."""


def grouped(subscription: Subscription, now: datetime, window: Window, key: str) -> list[tuple[str, Decimal]]:
    """Split the window's subtotal among groups, the dearest first.

    Only usage that carries the key belongs to a group: fees and untagged usage are left out, so the groups add
    up to the subtotal or less. Raises TooManyGroups.
    """
    workspaces = subscription.workload.workspaces
    sums: dict[Workspace, Decimal] = defaultdict(lambda: ZERO)
    events = 0
    for period_start, start, end in segments(subscription, window):
        stop = min(end, now)
        if stop <= start:
            continue
        table = subscription.workload.table(start, stop)
        before = baseline(subscription, period_start, start)
        after = accrued(subscription, period_start, stop)
        for early, late, units in zip(before, after, table, strict=True):
            if not any(units):
                continue
            events += sum(units)
            parts = spread(late.subtotal - early.subtotal, units, _digits(subscription))
            for workspace, number, part in zip(workspaces, units, parts, strict=False):
                if number:
                    sums[workspace] += part
    if key == "request_id":
        if events > MOST_GROUPS:
            raise TooManyGroups
        return []  # too little usage for an answer that would be worth inventing
    return _ranked(sums, key)


def _digits(subscription: Subscription) -> int:
    """Allow groups of plans with decimals two digits more: shares of a cent are not lost."""
    return subscription.plan.digits + 2 if subscription.plan.digits else 0


def _ranked(sums: dict[Workspace, Decimal], key: str) -> list[tuple[str, Decimal]]:
    named: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for workspace, amount in sums.items():
        named[workspace.region if key == "region" else workspace.name] += amount
    return sorted(named.items(), key=lambda group: (-group[1], group[0]))
