"""The stage: places the cast around the instant at which their story is told."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.plans import MONTHS, Cadence, Plan
from app.sandbox.identity import opaque
from app.sandbox.world.blocks import Block, Change
from app.sandbox.world.cast import CAST
from app.sandbox.world.licenses import License
from app.sandbox.world.periods import billing_grid, first_of_month, local_day, midnight
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import ClockChange, When
from app.sandbox.world.world import Customer, Subscription, World


@lru_cache(maxsize=64)
def staged_at(now: datetime) -> World:
    """Stage the invented customers around an aware UTC instant: the same instant, the same world."""
    customers = tuple(_customer(role, now) for role in CAST)
    subscriptions = [
        _subscription(customer, customers, deal, now)
        for role, customer in zip(CAST, customers, strict=True)
        for deal in role.deals
    ]
    subscriptions.sort(key=lambda s: (s.created, s.id))
    return World(customers, tuple(subscriptions), now)


def _customer(role: Role, now: datetime) -> Customer:
    def at(when: When) -> datetime:
        return when.at(now, role.zone)

    blocks = {
        grant.name: Block(
            grant.name,
            role.external_id,
            grant.unit,
            grant.amount,
            at(grant.given),
            at(grant.lapses) if grant.lapses else None,
            grant.cost_basis,
            grant.source,
            grant.description,
            opaque("item", grant.item) if grant.item else None,
            grant.paid,
            at(grant.booked) if grant.booked else None,
        )
        for grant in role.grants
    }
    # A child was there to use what its parent subscribed to.
    deals = [deal for other in CAST if other.external_id in {role.external_id, role.parent} for deal in other.deals]
    first = min([*(at(deal.since) for deal in deals), *(b.effective for b in blocks.values())], default=now)
    return Customer(
        role.external_id,
        role.name,
        role.about,
        role.zone,
        role.currency,
        role.address,
        created=midnight(local_day(first, role.zone), role.zone) - timedelta(days=12, hours=len(role.name)),
        balance=role.balance,
        grouped_costs=role.grouped_costs,
        parent=role.parent,
        habits=tuple(habit for deal in role.deals for habit in deal.habits) + role.habits,
        blocks=tuple(blocks.values()),
        changes=tuple(Change(blocks[c.grant], c.kind, at(c.when), c.amount, c.description) for c in role.corrections),
    )


def _subscription(customer: Customer, everybody: tuple[Customer, ...], deal: Deal, now: datetime) -> Subscription:
    zone, plan = customer.zone, deal.plan
    start = deal.since.at(now, zone)
    first = local_day(start, zone)
    if isinstance(deal.since, ClockChange):
        plan = _paced(plan, _cadence(first, local_day(now, zone)))
    subscription = Subscription(
        customer,
        plan,
        start,
        end=deal.left.at(now, zone) if deal.left else None,
        created=min(start, now) - timedelta(minutes=len(plan.name)),
        anchor=first if deal.anchor_day is None else _anchor(first, deal.anchor_day),
        users=(customer, *(each for each in everybody if each.parent == customer.external_id)),
        trial_end=midnight(first + timedelta(days=plan.trial_days), zone) if plan.trial_days else None,
    )
    return replace(subscription, licenses=_licenses(subscription, deal, now, zone))


def _anchor(first: date, day: int) -> date:
    """Find the date that billing periods are counted from: a month that is too short has a long one before it."""
    last = (first_of_month(first, 1) - timedelta(days=1)).day
    return first_of_month(first, 0 if day <= last else -1).replace(day=day)


def _licenses(subscription: Subscription, deal: Deal, now: datetime, zone: ZoneInfo) -> tuple[License, ...]:
    types = [price.license_type for price in deal.plan.prices if price.license_type]
    return tuple(
        License(
            seat.holder,
            types[0],
            subscription.id,
            seat.given.at(now, zone),
            seat.taken.at(now, zone) if seat.taken else None,
        )
        for seat in deal.seats
    )


@lru_cache(maxsize=16)
def _paced(plan: Plan, cadence: Cadence) -> Plan:
    return replace(plan, cadence=cadence)


def _cadence(first: date, today: date) -> Cadence:
    """Pick the shortest cadence whose period, begun on `first`, still runs today."""
    return next((c for c, months in MONTHS.items() if billing_grid(first, months, today)[0] == first), "annual")
