"""What there is before anybody asks: the usage that first questions are about, and as much more as is wanted."""

from datetime import date, datetime, timedelta

from app.sandbox.rating.costs import default_window
from app.sandbox.rating.events import Events
from app.sandbox.rating.seeding import many
from app.sandbox.world.periods import first_of_month, local_day
from app.sandbox.world.world import Customer, Subscription, World

#: How far back a load of events reaches: as far as Orb answers for costs by group.
_LOAD = timedelta(days=100)

#: Customers, each with the instant from which on there shall be usage.
Since = list[tuple[Customer, datetime]]


def filled(world: World, fewest: int = 0) -> Events:
    """Make the usage of all current billing periods, and of credits since they were bought.

    To have at least `fewest` events, those of the last months are made too and every habit is scaled up, for good.
    """
    since = _since(world)
    if fewest:
        since = [(customer, min(start, world.staged - _LOAD)) for customer, start in since]
    events = Events(_scale(since, world.staged, fewest))
    for customer, start in since:
        events.make(customer, start, world.staged)
    return events


def _since(world: World) -> Since:
    """Find since when each customer's usage is asked about first."""
    since = []
    for customer in world.customers:
        billed = (s for s in world.subscriptions if s.start <= world.staged and customer in s.users)
        if starts := [_first(subscription, world.staged) for subscription in billed]:
            since.append((customer, min(starts)))
    return since


def _first(subscription: Subscription, now: datetime) -> datetime:
    """A ledger is played from its beginning."""
    return subscription.start if subscription.customer.blocks else default_window(subscription, now)[0]


def _scale(since: Since, now: datetime, fewest: int) -> float:
    """Find by how much habits must grow. Days count whole events, so the first guess may fall short."""
    scale = 1.0
    while 0 < (count := _count(since, now, scale)) < fewest:
        scale *= max(fewest / count, 1.0001)
    return scale


def _count(since: Since, now: datetime, scale: float) -> int:
    """Count the events of all local months that would be made."""
    return sum(
        many(customer, habit, day, scale)
        for customer, start in since
        for day in _days(local_day(start, customer.zone), local_day(now, customer.zone))
        for habit in customer.habits
    )


def _days(first: date, last: date) -> list[date]:
    start, stop = first_of_month(first), first_of_month(last, 1)
    return [start + timedelta(days=n) for n in range((stop - start).days)]
