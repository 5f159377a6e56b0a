"""How a customer is cast: told relative to the day of the staging, so that there is always something to see."""

from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.plans import Plan
from app.sandbox.world.grants import Correction, Grant
from app.sandbox.world.habits import Habit
from app.sandbox.world.seats import Seat
from app.sandbox.world.when import When


@dataclass(frozen=True)
class Deal:
    """A plan, since when, the habits that it bills, and when it was `left` (None: it goes on).

    Billing periods start on the day of the month of the first one, or on `anchor_day`.
    """

    plan: Plan
    since: When
    habits: tuple[Habit, ...] = ()
    left: When | None = None
    anchor_day: int | None = None
    seats: tuple[Seat, ...] = ()


@dataclass(frozen=True)
class Role:
    """A customer as cast; `about` says what there is to see. `parent` names the customer that pays for this one."""

    external_id: str
    name: str
    about: str
    zone: ZoneInfo
    address: tuple[str, str, str]
    currency: str | None
    deals: tuple[Deal, ...] = ()
    balance: Decimal = Decimal(0)
    grouped_costs: bool = True
    parent: str | None = None
    habits: tuple[Habit, ...] = ()
    grants: tuple[Grant, ...] = ()
    corrections: tuple[Correction, ...] = ()
