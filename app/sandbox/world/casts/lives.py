"""Customers at the turning points of their lives: before, at the beginning, and after the end."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import clouds, pricelists, services
from app.sandbox.world import workspaces
from app.sandbox.world.habits import habit
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import Day, Month

D = Decimal

QUIET = Role(
    "quiet",
    "Quiet Labs",
    "An active subscription with nothing to pay: no upcoming invoice, no usage, no credits.",
    ZoneInfo("America/New_York"),
    ("3 Elm Court", "Ithaca", "US"),
    "USD",
    (Deal(pricelists.PAY_AS_YOU_GO, Month(-6)),),
)

SUNSET = Role(
    "sunset",
    "Sunset Media",
    "A customer who left: the only subscription has ended.",
    ZoneInfo("Europe/London"),
    ("8 Quay Road", "Bristol", "GB"),
    "USD",
    (
        Deal(
            pricelists.STARTER,
            Month(-13),
            (
                habit("starter_api", "requests", 30, "200", 5, workspaces.PLAIN),
                habit("starter_storage", "gigabytes", 8, "100", 5, workspaces.PLAIN, weekend=950),
            ),
            left=Month(-1),
        ),
    ),
)

FRESH = Role(
    "fresh",
    "Fresh Start",
    "Subscribed today: the first bill is open and still at zero.",
    ZoneInfo("America/Denver"),
    ("510 Larimer Street", "Denver", "US"),
    "USD",
    (Deal(pricelists.LAUNCH, Day(0), anchor_day=1),),
)

NOBODY = Role(
    "nobody",
    "Nobody & Sons",
    "A customer without any subscription.",
    ZoneInfo("America/New_York"),
    ("1 Blank Lane", "Trenton", "US"),
    None,
)

SPRINGBOARD = Role(
    "springboard",
    "Springboard",
    "Two trials: one runs, so that usage is free; the other ended in the middle of the billing period.",
    ZoneInfo("Europe/Dublin"),
    ("5 Grand Canal Quay", "Dublin", "IE"),
    "USD",
    (
        Deal(
            services.GROWTH,
            Day(-9),
            (
                habit("growth_events", "events", 40, "100", 3, workspaces.PLAIN),
                habit("growth_exports", None, 6, "1", 1, workspaces.PLAIN),
            ),
        ),
        Deal(
            services.INSIGHTS,
            Day(-20),
            (
                habit("insight_queries", "queries", 30, "1", 2, workspaces.PLAIN),
                habit("insight_reports", None, 9, "1", 1, workspaces.PLAIN),
            ),
        ),
    ),
)

LATTICE = Role(
    "lattice",
    "Lattice Compute",
    "A plan that is left next week for another, with every kind of price adjustment, and a balance that is owed.",
    ZoneInfo("Australia/Adelaide"),
    ("71 Rundle Street", "Adelaide", "AU"),
    "USD",
    (
        Deal(
            clouds.LATTICE,
            Day(-51),
            (
                habit("lattice_tokens", "kilotokens", 30, "100", 5, workspaces.LATTICE, workspaces.MODELS, weekend=600),
                habit("lattice_gpu", "hours", 12, "1", 2, workspaces.LATTICE, weekend=700),
                habit("lattice_storage", "gigabytes", 6, "100", 3, workspaces.LATTICE, weekend=900),
                habit("lattice_network", "gigabytes", 12, "10", 2, workspaces.LATTICE, weekend=600),
                habit("lattice_support", None, 3, "1", 1, workspaces.LATTICE),
                habit("lattice_builds", "minutes", 25, "5", 4, workspaces.LATTICE, weekend=100),
            ),
            left=Day(7),
        ),
        Deal(clouds.LATTICE_RESERVED, Day(7)),
    ),
    balance=D("-48.15"),
)
