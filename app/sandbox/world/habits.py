"""What customers do all day: habits, of which each makes usage events of one name."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b

import msgspec

#: Properties of a usage event: flat, as Orb wants them.
Properties = dict[str, str | bool | int]


@dataclass(frozen=True)
class Tags:
    """Event properties that belong together, such as a workspace and its region, and how often each set occurs."""

    values: tuple[Properties, ...]
    weights: tuple[int, ...] = ()

    def slots(self, many: int = 1000) -> list[str]:
        """Write the sets as pieces of JSON, each in a share of the slots by its weight, and at least in one."""
        weights = self.weights or (1,) * len(self.values)
        whole, many = sum(weights), max(many, len(weights))
        pieces = []
        for value, weight in zip(self.values, weights, strict=True):
            written = msgspec.json.encode(value).decode()[1:-1]
            pieces += ["," + written if written else ""] * max(1, weight * many // whole)
        return pieces


@dataclass(frozen=True)
class Habit:
    """Usage events of one name: about `daily` on a weekday, `weekend` permille of that on Saturdays and Sundays.

    `amount` is the property that bears a number: a multiple of `step`, `steps` of them on average. Every event
    takes one set of properties from each of `tags`. `seed` decides everything that looks like chance.
    """

    seed: str
    event_name: str
    daily: int
    weekend: int = 400
    amount: str | None = None
    step: Decimal = Decimal(1)
    steps: int = 1
    tags: tuple[Tags, ...] = ()

    @property
    def properties(self) -> list[str]:
        """Name the properties that its events bear: the number first."""
        tagged = (name for tags in self.tags for values in tags.values for name in values)
        return list(dict.fromkeys([*([self.amount] if self.amount else []), *tagged]))

    def amounts(self) -> list[str]:
        """Write each amount that an event may bear as a piece of JSON: all are equally frequent."""
        if self.amount is None:
            return [""]
        return [f',"{self.amount}":{times * self.step:.6f}' for times in range(1, 2 * self.steps)]

    def on(self, day: date, scale: float = 1) -> int:
        """Count the events of a local day: weekdays differ, and so do days, the same at every start."""
        chance = blake2b(f"{self.seed}/{self.event_name}/{day.toordinal()}".encode(), digest_size=8).digest()
        weekday = self.weekend if day.weekday() >= 5 else (1000, 1040, 1060, 1020, 930)[day.weekday()]
        mood = 880 + chance[0] * 240 // 255
        if chance[1] < 9:  # now and then somebody runs a backfill
            mood = mood * 16 // 10
        return int(self.daily * weekday * mood * scale) // 1_000_000


def habit(
    event_name: str,
    amount: str | None,
    daily: int,
    step: str,
    steps: int,
    *tags: Tags,
    weekend: int = 400,
) -> Habit:
    """Make a habit whose events bear `amount`: on average `steps` times `step`."""
    return Habit("cast", event_name, daily, weekend, amount, Decimal(step), steps, tags)
