"""Routes of costs: by day of a subscription or a customer, and by group."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.sandbox.catalogue.currencies import digits_of, is_money
from app.sandbox.desk import Desk, asked_customer, first_of, known_subscription
from app.sandbox.documents.costs import costs_document, groups_document
from app.sandbox.problems import invalid, unavailable_feature
from app.sandbox.rating.costs import Bucket, Window, default_window, roll_up, series
from app.sandbox.rating.groups import GROUPING_KEYS, MOST_GROUPS, TooManyGroups, grouped
from app.sandbox.rating.usage import Usage
from app.sandbox.routes.bodies import read_body
from app.sandbox.routes.paging import MOST
from app.sandbox.routes.questions import moment, one_of, read_query, text, window
from app.sandbox.wire import Document
from app.sandbox.world.world import Subscription

_COSTS = {
    "view_mode": one_of("periodic", "cumulative"),
    "timeframe_start": moment,
    "timeframe_end": moment,
    "currency": text,
}
_LONGEST = timedelta(days=32)
_OLDEST = timedelta(days=100)


async def subscription_costs(desk: Desk, request: Request) -> Response:
    """GET /subscriptions/{id}/costs: one bucket per local day. A child's costs are its parent's: it has none."""
    asked = {"view_mode": "cumulative"} | read_query(request, _COSTS)
    span = window(asked)
    subscription = known_subscription(desk.world(), request.path_params["subscription_id"])

    def compute(at: datetime) -> Document:
        if subscription.customer.parent:
            return costs_document([])
        return costs_document(_sum(desk.usage(at), [subscription], asked, span, _currency(asked, subscription)))

    question = ("subscription_costs", subscription.id, sorted(asked.items()))
    return await desk.reply_cached(request, question, 120, subscription.start, compute, subscription.customer)


async def customer_costs(desk: Desk, request: Request) -> Response:
    """GET /customers/{id}/costs: the same over all subscriptions in one currency, equal days added up.

    Without bounds the days are those of the newest active subscription's current billing period, and without a
    currency it is that of its plan.
    """
    asked = {"view_mode": "cumulative"} | read_query(request, _COSTS)
    span = window(asked)
    world = desk.world()
    customer = asked_customer(world, request)

    def compute(at: datetime) -> Document:
        owned = world.of(customer)
        main = first_of(owned, at)
        if main is None or customer.parent:
            return costs_document([])
        days = span or default_window(main, at)
        shown = owned if span else [s for s in owned if s.status(at) == main.status(at)]
        return costs_document(_sum(desk.usage(at), shown, asked, days, _currency(asked, main)))

    since = max((s.start for s in world.of(customer)), default=customer.created)
    question = ("customer_costs", customer.id, sorted(asked.items()))
    return await desk.reply_cached(request, question, 120, since, compute, customer)


def _sum(
    usage: Usage, subscriptions: Sequence[Subscription], asked: dict[str, Any], span: Window | None, currency: str
) -> list[Bucket]:
    cumulative = asked["view_mode"] == "cumulative"
    return roll_up(
        series(usage, subscription, span, currency, cumulative=cumulative)
        for subscription in subscriptions
        if subscription.start <= usage.known and any(p.currency == currency for p in subscription.plan.prices)
    )


def _currency(asked: dict[str, Any], subscription: Subscription) -> str:
    """Read a currency: ISO codes in either case, as Orb's guide writes them; pricing units exactly."""
    currency: str = asked.get("currency", subscription.plan.currency)
    return currency.upper() if is_money(currency.upper()) else currency


class GroupedCosts(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a question for costs by group."""

    grouping_keys: list[str]
    timeframe_start: str
    timeframe_end: str
    currency: str | None = None
    limit: int = 10


async def grouped_costs(desk: Desk, request: Request) -> Response:
    """POST /subscriptions/{id}/grouped_costs: the dearest groups. Cache headers have no effect here."""
    read_query(request, {})
    now = desk.clock()
    subscription = known_subscription(desk.world(), request.path_params["subscription_id"])
    if not subscription.customer.grouped_costs:
        raise unavailable_feature()
    asked = await read_body(request, GroupedCosts)
    span = _bounded(asked, now)
    currency = _currency({} if asked.currency is None else {"currency": asked.currency}, subscription)
    if all(price.currency != currency for price in subscription.plan.prices):
        raise invalid("currency: is not the currency of this subscription's prices")
    try:
        groups = grouped(desk.usage(now), subscription, span, asked.grouping_keys[0], currency)
    except TooManyGroups:
        raise invalid(f"grouping_keys: there are more than {MOST_GROUPS} distinct groups") from None
    return await desk.reply(groups_document(groups, digits_of(currency), asked.limit), 80)


def _bounded(asked: GroupedCosts, now: datetime) -> Window:
    """Hold a question to Orb's limits; raises a 400 Problem that names every breach."""
    errors = [f"grouping_keys: {key} is not enabled" for key in asked.grouping_keys if key not in GROUPING_KEYS]
    if len(asked.grouping_keys) != 1:
        errors.append("grouping_keys: exactly one key is allowed")
    if not 1 <= asked.limit <= MOST:
        errors.append(f"limit: must be a whole number from 1 to {MOST}")
    try:
        start, end = moment(asked.timeframe_start), moment(asked.timeframe_end)
    except ValueError as wrong:
        raise invalid(*errors, f"timeframe_start, timeframe_end: {wrong}") from None
    if end <= start:
        errors.append("timeframe_end: must be after timeframe_start")
    if end - start > _LONGEST:
        errors.append("timeframe_end: must be at most 32 days after timeframe_start")
    if now - start > _OLDEST:
        errors.append("timeframe_start: must be at most 100 days in the past")
    if errors:
        raise invalid(*errors)
    return start, end
