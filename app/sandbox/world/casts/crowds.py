"""Customers of whom there are many parts: workspaces, users, affiliates."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import devices, services, studios
from app.sandbox.world import workspaces
from app.sandbox.world.habits import habit
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import Day, Month

D = Decimal

BABEL = Role(
    "babel",
    "Babel Localization",
    "Exactly 40 workspaces, with names in every script and of every kind that breaks a page.",
    ZoneInfo("Africa/Casablanca"),
    ("9 Rue des Consuls", "Rabat", "MA"),
    "USD",
    (
        Deal(
            studios.LOCALIZATION,
            Day(-20),
            (
                habit("words", "words", 300, "250", 2, workspaces.BABEL, weekend=500),
                habit("reviews", "minutes", 30, "1", 4, workspaces.BABEL, weekend=200),
            ),
        ),
    ),
)

MOTE = Role(
    "mote",
    "Mote Networks",
    "6,000 workspaces, more than costs can be grouped by, and bills far below a cent.",
    ZoneInfo("America/St_Johns"),
    ("30 Water Street", "St. John’s", "CA"),
    "USD",
    (
        Deal(devices.MOTE, Day(-20), (habit("telemetry", "readings", 1_000, "1", 1, workspaces.MOTE, weekend=1000),)),
        Deal(devices.HEARTBEAT, Day(-20), (habit("heartbeats", None, 6, "1", 1, workspaces.PLAIN, weekend=1000),)),
    ),
)

CHORUS = Role(
    "chorus",
    "Chorus Community",
    "Monthly active users and peak storage: figures that are not the sum of their days or groups.",
    ZoneInfo("Pacific/Chatham"),
    ("3 Wharf Road", "Waitangi", "NZ"),
    "USD",
    (
        Deal(
            services.CHORUS,
            Month(-3),
            (
                habit("sessions", None, 300, "1", 1, workspaces.CHORUS, workspaces.USERS, weekend=1200),
                habit("stored", "gigabytes", 6, "5", 200, workspaces.CHORUS, weekend=1000),
                habit("posts", None, 150, "1", 1, workspaces.CHORUS, weekend=1300),
            ),
        ),
    ),
)

ORCHARD = Role(
    "orchard",
    "Orchard Group",
    "A parent company: the bill holds the usage of its two children.",
    ZoneInfo("Europe/Madrid"),
    ("Calle Mayor 12", "Zaragoza", "ES"),
    "EUR",
    (Deal(devices.ORCHARD, Month(-6), (habit("irrigation", "runs", 6, "10", 3, workspaces.PLAIN, weekend=900),)),),
)

ORCHARD_EAST = Role(
    "orchard-east",
    "Orchard East",
    "A child of Orchard Group: its usage is its parent’s to pay, and it has no subscription.",
    ZoneInfo("Europe/Madrid"),
    ("Camino del Pinar 4", "Valencia", "ES"),
    "EUR",
    parent="orchard",
    habits=(
        habit("irrigation", "runs", 24, "10", 3, workspaces.EAST, weekend=900),
        habit("weather", "queries", 30, "10", 3, workspaces.EAST, weekend=900),
    ),
)

ORCHARD_WEST = Role(
    "orchard-west",
    "Orchard West",
    "A child with a subscription of its own: it has a bill, but Orb tells no costs of a child.",
    ZoneInfo("Atlantic/Canary"),
    ("Calle del Drago 8", "La Laguna", "ES"),
    "EUR",
    (Deal(devices.ORCHARD_SUPPORT, Month(-2)),),
    parent="orchard",
    habits=(
        habit("irrigation", "runs", 16, "10", 3, workspaces.WEST, weekend=900),
        habit("weather", "queries", 12, "10", 3, workspaces.WEST, weekend=900),
    ),
)
