"""Routes of freeform analytics: prices evaluated over usage, or over events that never happened."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.desk import Desk
from app.sandbox.documents.evaluations import evaluations_document, groups_of
from app.sandbox.evaluate.bodies import (
    Asked,
    EvaluateMultiple,
    EvaluatePreviewEvents,
    EvaluatePrice,
    read,
)
from app.sandbox.evaluate.groups import Evaluation, Group, RefusedAt, evaluate
from app.sandbox.evaluate.prices import asked_price, evaluation, known_price
from app.sandbox.evaluate.rows import Sent
from app.sandbox.problems import invalid, unknown
from app.sandbox.rating.costs import Window
from app.sandbox.rating.events import naive
from app.sandbox.routes.previewing import previewed
from app.sandbox.routes.questions import moment, read_query
from app.sandbox.world.world import Customer, World

T = TypeVar("T", bound=Asked)

_OLDEST = timedelta(days=100)
_MOST_PRICES, _MOST_EVENTS = 100, 500
#: Milliseconds of an answer, and what every day of the window adds.
_BASE, _DAY, _LONGEST = 400, 10, 100

_SENT = """
SELECT list(timestamp ORDER BY timestamp), list(properties ORDER BY timestamp) FROM events
WHERE event_name = $event_name
    AND timestamp >= $start AND timestamp < $end AND received <= $known
"""


async def evaluate_multiple(desk: Desk, request: Request) -> Response:
    """POST /prices/evaluate: several prices over the usage of one customer, whose children's is not counted."""
    read_query(request, {})
    asked = read(await request.body(), EvaluateMultiple)
    span = _window(asked, desk.clock())
    world = desk.world()
    customer = _customer(world, asked)
    evaluations = _evaluations(world, asked)
    groups = await _evaluated(evaluations, _received(desk, customer, span))
    return await _answer(desk, asked, span, evaluations, groups)


async def evaluate_preview_events(desk: Desk, request: Request) -> Response:
    """POST /prices/evaluate_preview_events: the same over the events of the body, and over nothing else."""
    read_query(request, {})
    asked = read(await request.body(), EvaluatePreviewEvents)
    span = _window(asked, None)
    if not 1 <= len(asked.events) <= _MOST_EVENTS:
        raise invalid(f"events: must be from 1 to {_MOST_EVENTS}")
    world = desk.world()
    customer = _customer(world, asked)
    evaluations = _evaluations(world, asked)
    groups = await _evaluated(evaluations, previewed(world, customer, span, asked.events))
    return await _answer(desk, asked, span, evaluations, groups)


async def evaluate_price(desk: Desk, request: Request) -> Response:
    """POST /prices/{id}/evaluate: one price; the older form."""
    read_query(request, {})
    asked = read(await request.body(), EvaluatePrice)
    span = _window(asked, desk.clock())
    world = desk.world()
    customer = _customer(world, asked)
    one = evaluation(known_price(world, request.path_params["price_id"]), asked, "")
    (groups,) = await _evaluated([one], _received(desk, customer, span))
    return await desk.reply(groups_of(one, groups), _milliseconds(span))


def _window(asked: Asked, now: datetime | None) -> Window:
    """Read the window; with `now` it must not begin too long ago."""
    instants, errors = [], []
    for name in ("timeframe_start", "timeframe_end"):
        try:
            instants.append(moment(getattr(asked, name)))
        except ValueError as wrong:
            errors.append(f"{name}: {wrong}")
    if errors:
        raise invalid(*errors)
    start, end = instants
    if end <= start:
        errors.append("timeframe_end: must be after timeframe_start")
    if now is not None and now - start > _OLDEST:
        errors.append(f"timeframe_start: must be at most {_OLDEST.days} days in the past")
    if errors:
        raise invalid(*errors)
    return start, end


def _customer(world: World, asked: Asked) -> Customer:
    if (asked.customer_id is None) == (asked.external_customer_id is None):
        raise invalid("customer_id: exactly one of customer_id and external_customer_id must be given")
    name, external = asked.customer_id or asked.external_customer_id or "", asked.customer_id is None
    customer = world.customer(name, external=external)
    if customer is None:
        raise unknown("Customer", name)
    return customer


def _evaluations(world: World, asked: EvaluateMultiple) -> list[Evaluation]:
    if not 1 <= len(asked.price_evaluations) <= _MOST_PRICES:
        raise invalid(f"price_evaluations: must be from 1 to {_MOST_PRICES}")
    placed = [(f"price_evaluations[{n}]", each) for n, each in enumerate(asked.price_evaluations)]
    return [evaluation(asked_price(world, each, place), each, place) for place, each in placed]


def _received(desk: Desk, customer: Customer, span: Window) -> Callable[[str], Sent]:
    """Say what a customer has sent of an event name, as far as it is known."""
    known = desk.clock()
    start, end = span[0], min(span[1], known)
    if start < end:
        desk.events.make(customer, start, end)

    def sent(event_name: str) -> Sent:
        ((timestamps, properties),) = desk.events.ask(
            _SENT,
            [customer.id],
            event_name=event_name,
            start=naive(start),
            end=naive(span[1]),
            known=naive(known),
        )
        return timestamps or [], properties or []

    return sent


async def _evaluated(evaluations: Sequence[Evaluation], sent: Callable[[str], Sent]) -> list[list[Group]]:
    """Evaluate in a thread, so that other questions are answered meanwhile."""
    rows = {event_name: sent(event_name) for event_name in {each.metric.event_name for each in evaluations}}
    try:
        return await anyio.to_thread.run_sync(evaluate, evaluations, rows)
    except RefusedAt as refused:
        raise invalid(f"{refused.place}: {refused}" if refused.place else str(refused)) from None


async def _answer(
    desk: Desk, asked: EvaluateMultiple, span: Window, evaluations: Sequence[Evaluation], groups: Sequence[list[Group]]
) -> Response:
    inline = [each.made_up for each in asked.price_evaluations]
    document = evaluations_document(list(zip(evaluations, groups, strict=True)), inline)
    return await desk.reply(document, _milliseconds(span))


def _milliseconds(span: Window) -> int:
    """A long window takes long: nothing is computed beforehand."""
    return _BASE + _DAY * min(_LONGEST, (span[1] - span[0]).days)
