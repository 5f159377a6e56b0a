"""Usage by window: one metric of a subscription, apart or counted up, whole or by the values of a property."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from app.sandbox.catalogue.metrics import Metric
from app.sandbox.rating.costs import Window, default_window, segments
from app.sandbox.rating.usage import ZERO, Tally, Usage
from app.sandbox.world.periods import days
from app.sandbox.world.world import Subscription

#: A property of usage events, and the value that it must have.
Dimension = tuple[str, str]


@dataclass(frozen=True)
class View:
    """How usage is looked at: in a window (None: the current billing period), by `daily` windows or in one.

    `cumulative` windows all start where their billing period does, even before the window that was asked for.
    """

    window: Window | None
    daily: bool
    cumulative: bool


@dataclass(frozen=True)
class Measured:
    """A metric's quantity in each window, of one `group` of events: those whose property has a value."""

    metric: Metric
    group: Dimension | None
    usage: tuple[tuple[Window, Decimal], ...]


def measured(
    usage: Usage,
    subscription: Subscription,
    metric: Metric,
    view: View,
    only: tuple[Dimension, ...] = (),
    group_by: str | None = None,
) -> list[Measured]:
    """Measure a metric, as far as events have the dimensions `only`; or each group of them that `group_by` parts.

    Windows go up to the one that holds the instant of the usage, those without usage included. Events without the
    property belong to no group.
    """
    names = tuple(name for name, _ in only) + ((group_by,) if group_by else ())
    wanted = tuple(value for _, value in only)
    windows = [
        (window, {values[len(only) :]: q for values, q in tally.items() if values[: len(only)] == wanted})
        for window, tally in _windows(usage, subscription, metric, view, names)
    ]
    if group_by is None:
        return [Measured(metric, None, tuple((window, tally.get((), ZERO)) for window, tally in windows))]
    values = sorted({value for _, tally in windows for (value,) in tally if value is not None})
    return [
        Measured(metric, (group_by, value), tuple((window, tally.get((value,), ZERO)) for window, tally in windows))
        for value in values
    ]


def _windows(
    usage: Usage, subscription: Subscription, metric: Metric, view: View, by: tuple[str, ...]
) -> Iterator[tuple[Window, Tally]]:
    window = view.window or default_window(subscription, usage.known)
    if not view.cumulative:
        spans = _spans(usage, subscription, view, _inside(subscription, window))
        if spans:
            cuts = [spans[0][0], *(end for _, end in spans)]
            yield from zip(spans, usage.apart(subscription, metric, cuts, by), strict=True)
        return
    for period_start, start, end in segments(subscription, window):
        if start > usage.known:
            break
        ends = [stop for _, stop in _spans(usage, subscription, view, (start, end))]
        tallies = usage.so_far(subscription, metric, [period_start, *ends], by)
        yield from zip([(period_start, stop) for stop in ends], tallies, strict=True)


def _inside(subscription: Subscription, window: Window) -> Window:
    """Cut a window to the subscription's life."""
    start, end = max(window[0], subscription.start), window[1]
    return start, end if subscription.end is None else min(end, subscription.end)


def _spans(usage: Usage, subscription: Subscription, view: View, window: Window) -> list[Window]:
    """Cut a window at local midnight if it is daily, and leave out what has not begun."""
    start, end = window
    spans = days(start, end, subscription.customer.zone) if view.daily else iter([window] if start < end else [])
    return list(takewhile(lambda span: span[0] <= usage.known, spans))
