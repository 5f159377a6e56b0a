"""How habits become events: by whole months, made by the engine itself."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.sandbox.world.habits import Habit
from app.sandbox.world.periods import first_of_month, local_day, midnight
from app.sandbox.world.world import Customer

#: Weight of each hour since local midnight.
_RHYTHM = (14, 11, 9, 8, 9, 12, 20, 34, 55, 72, 80, 82, 74, 78, 84, 83, 77, 66, 52, 41, 34, 28, 22, 18)
_HOURS = [hour for hour, weight in enumerate(_RHYTHM) for _ in range(weight)]

# An event is known the moment it happens. A hash of its name, day and number decides its time, its amount and its
# properties, so that every start makes the same. What is picked from stands in columns, and remainders are of one
# type: as constants, or widened to 128 bits, they cost more than all the rest.
_SEED = """
SELECT
    $event_name, moment, moment,
    '{"source":"app"' || amounts[1 + (hash($seed, day, n, 3) % len(amounts)::UBIGINT)::INTEGER]
    || first[1 + (hash($seed, day, n, 4) % len(first)::UBIGINT)::INTEGER]
    || second[1 + (hash($seed, day, n, 5) % len(second)::UBIGINT)::INTEGER]
    || third[1 + (hash($seed, day, n, 6) % len(third)::UBIGINT)::INTEGER] || '}'
FROM (
    SELECT amounts, first, second, third, day, n, dawn + to_microseconds((
        hours[1 + (hash($seed, day, n, 1) % len(hours)::UBIGINT)::INTEGER] * 3600000000
        + (hash($seed, day, n, 2) % 3600000000::UBIGINT)::BIGINT
    ) % length) AS moment
    FROM (
        SELECT hours, amounts, first, second, third, day, dawn, length, unnest(range(many)) AS n
        FROM
            (SELECT $hours AS hours, $amounts AS amounts, $first AS first, $second AS second, $third AS third),
            (SELECT unnest($days) AS day, unnest($dawns) AS dawn, unnest($lengths) AS length, unnest($counts) AS many)
    )
)
"""


def seed(table: str) -> str:
    """Write what makes a habit's events of some days, into a table."""
    return f"INSERT INTO {table} {_SEED}"


def seeds(customer: Customer, habit: Habit, months: Sequence[date], scale: float) -> dict[str, Any]:
    """Say what `seed` needs to make the events of local months, each named by its first day."""
    days = [month + timedelta(days=n) for month in months for n in range((first_of_month(month, 1) - month).days)]
    dawns = [_dawn(customer, day) for day in days]
    nexts = [_dawn(customer, day + timedelta(days=1)) for day in days]
    first, second, third = ([*(tags.slots() for tags in habit.tags)] + [[""]] * 3)[:3]
    return {
        "event_name": habit.event_name,
        "seed": f"{customer.external_id}/{habit.seed}/{habit.event_name}",
        "amounts": habit.amounts(),
        "first": first,
        "second": second,
        "third": third,
        "hours": _HOURS,
        "days": [day.toordinal() for day in days],
        "dawns": dawns,
        "lengths": [(late - early) // timedelta(microseconds=1) for early, late in zip(dawns, nexts, strict=True)],
        "counts": [many(customer, habit, day, scale) for day in days],
    }


def _dawn(customer: Customer, day: date) -> datetime:
    return midnight(day, customer.zone).astimezone(UTC).replace(tzinfo=None)


def many(customer: Customer, habit: Habit, day: date, scale: float) -> int:
    """Count the events of a local day. Before there is a customer there is no usage."""
    return habit.on(day, scale) if day >= local_day(customer.created, customer.zone) else 0
