"""The stage: places the cast around the instant at which it is looked at."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.plans import MONTHS, Cadence, Plan
from app.sandbox.world.cast import CAST, Deal, Role, Since
from app.sandbox.world.periods import billing_grid, first_of_month, last_transition, local_day, midnight
from app.sandbox.world.usage import Workload
from app.sandbox.world.world import Customer, Subscription, World

_WORKLOADS = {
    deal.plan.key: Workload(deal.plan.key, role.zone, deal.plan.prices, deal.workspaces)
    for role in CAST
    for deal in role.deals
}


def world_at(now: datetime) -> World:
    """See the invented customers as they are at an aware UTC instant: the same instant, the same world."""
    # Nothing but usage changes within an hour: clocks change, and local days begin, on full ones.
    return _world_at(now.replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=64)
def _world_at(now: datetime) -> World:
    customers: list[Customer] = []
    subscriptions: list[Subscription] = []
    for role in CAST:
        customer = _customer(role, now)
        customers.append(customer)
        subscriptions += [_subscription(customer, deal, now) for deal in role.deals]
    subscriptions.sort(key=lambda s: (s.created, s.id))
    return World(tuple(customers), tuple(subscriptions))


def _customer(role: Role, now: datetime) -> Customer:
    first = min((_first_day(deal, role.zone, now) for deal in role.deals), default=local_day(now, role.zone))
    return Customer(
        role.external_id,
        role.name,
        role.about,
        role.zone,
        role.currency,
        role.address,
        created=midnight(first, role.zone) - timedelta(days=12, hours=len(role.name)),
        balance=role.balance,
        grouped_costs=role.grouped_costs,
    )


def _subscription(customer: Customer, deal: Deal, now: datetime) -> Subscription:
    zone, plan = customer.zone, deal.plan
    first = _first_day(deal, zone, now)
    if deal.since is Since.CLOCK_CHANGE:
        plan = _paced(plan, _cadence(first, local_day(now, zone)))
    start = midnight(first, zone)
    return Subscription(
        customer,
        plan,
        _WORKLOADS[plan.key],
        start,
        end=None if deal.left is None else midnight(first_of_month(local_day(now, zone), -deal.left), zone),
        created=start - timedelta(minutes=len(plan.name)),
        anchor=first_of_month(first),
    )


@lru_cache(maxsize=16)
def _paced(plan: Plan, cadence: Cadence) -> Plan:
    return replace(plan, cadence=cadence)


def _first_day(deal: Deal, zone: ZoneInfo, now: datetime) -> date:
    today = local_day(now, zone)
    match deal.since:
        case Since.TODAY:
            return today
        case Since.CLOCK_CHANGE:
            change = last_transition(zone, now)
            return first_of_month(local_day(change, zone) if change else today)
        case months:
            return first_of_month(today, -months)


def _cadence(first: date, today: date) -> Cadence:
    """Pick the shortest cadence whose period, begun on `first`, still runs today."""
    return next((c for c, months in MONTHS.items() if billing_grid(first, months, today)[0] == first), "annual")
