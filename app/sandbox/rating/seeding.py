"""How habits become events: a month at a time, made by the engine itself."""

from datetime import UTC, date, timedelta
from itertools import pairwise
from typing import Any

from app.sandbox.world.habits import Habit
from app.sandbox.world.periods import first_of_month, local_day, midnight
from app.sandbox.world.world import Customer

#: Weight of each hour since local midnight.
_RHYTHM = (14, 11, 9, 8, 9, 12, 20, 34, 55, 72, 80, 82, 74, 78, 84, 83, 77, 66, 52, 41, 34, 28, 22, 18)
_HOURS = [hour for hour, weight in enumerate(_RHYTHM) for _ in range(weight)]

#: Makes a habit's events of a month. An event is known the moment it happens. A hash of its name, day and number
#: decides its time, its amount and its properties, so that every start makes the same.
SEED = """
INSERT INTO events
SELECT
    $customer, $event_name, moment, moment, $seed || '/' || day || '/' || n,
    '{"source":"app"' || $amount_key || CASE WHEN $amount_key = '' THEN '' ELSE
        ((1 + hash($seed, day, n, 3) % $spread)::DECIMAL(9, 0) * $step::DECIMAL(18, 6))::DECIMAL(24, 6)::VARCHAR END
    || $first[(1 + hash($seed, day, n, 4) % len($first))::INTEGER]
    || $second[(1 + hash($seed, day, n, 5) % len($second))::INTEGER]
    || $third[(1 + hash($seed, day, n, 6) % len($third))::INTEGER] || '}'
FROM (
    SELECT day, n, dawn + to_microseconds((
        $hours[(1 + hash($seed, day, n, 1) % len($hours))::INTEGER] * 3600000000
        + (hash($seed, day, n, 2) % 3600000000)::BIGINT
    ) % length) AS moment
    FROM (
        SELECT day, dawn, length, unnest(range(many)) AS n
        FROM (SELECT unnest($days) AS day, unnest($dawns) AS dawn, unnest($lengths) AS length, unnest($counts) AS many)
    )
)
ORDER BY moment
"""


def seeds(customer: Customer, habit: Habit, month: date, scale: float) -> dict[str, Any]:
    """Say what `SEED` needs to make the events of a local month."""
    days = [month + timedelta(days=n) for n in range((first_of_month(month, 1) - month).days)]
    dawns = [
        midnight(day, customer.zone).astimezone(UTC).replace(tzinfo=None) for day in [*days, first_of_month(month, 1)]
    ]
    first, second, third = ([*(tags.slots() for tags in habit.tags)] + [[""]] * 3)[:3]
    return {
        "customer": customer.id,
        "event_name": habit.event_name,
        "seed": f"{customer.external_id}/{habit.seed}/{habit.event_name}",
        "amount_key": f',"{habit.amount}":' if habit.amount else "",
        "step": str(habit.step),
        "spread": 2 * habit.steps - 1,
        "first": first,
        "second": second,
        "third": third,
        "hours": _HOURS,
        "days": [day.toordinal() for day in days],
        "dawns": dawns[:-1],
        "lengths": [(late - early) // timedelta(microseconds=1) for early, late in pairwise(dawns)],
        "counts": [many(customer, habit, day, scale) for day in days],
    }


def many(customer: Customer, habit: Habit, day: date, scale: float) -> int:
    """Count the events of a local day. Before there is a customer there is no usage."""
    return habit.on(day, scale) if day >= local_day(customer.created, customer.zone) else 0
