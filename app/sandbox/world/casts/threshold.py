"""The customer whose bill is cut into several invoices, one each time that it has grown large."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.freight import FREIGHT
from app.sandbox.world import workspaces
from app.sandbox.world.habits import Habit
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import Month

CALDER = Role(
    "calder",
    "Calder Freight",
    "Invoiced whenever 1,500 pounds have come together: the rest of the month is on the bill.",
    ZoneInfo("Europe/London"),
    ("21 Canal Street", "Halifax", "GB"),
    "GBP",
    (
        Deal(
            FREIGHT,
            Month(-3),
            (
                Habit("cast", "parcels", 60, 350, "parcels", Decimal(10), 3, (workspaces.PLAIN,)),
                Habit("cast", "route_plans", 24, 250, "routes", Decimal(1), 6, (workspaces.PLAIN,)),
            ),
        ),
    ),
)
