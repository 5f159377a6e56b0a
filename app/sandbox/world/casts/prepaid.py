"""Customers who pay in advance."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import devices, pricelists, services, studios
from app.sandbox.world import workspaces
from app.sandbox.world.habits import habit
from app.sandbox.world.prepaid import (
    DOLLAR_GRANTS,
    LUMEN_CORRECTIONS,
    LUMEN_GRANTS,
    PRINT_GRANTS,
    SPARK_GRANTS,
    STATION_GRANTS,
)
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import Day, Month

D = Decimal

LUMEN = Role(
    "lumen",
    "Lumen Creative",
    "Prepaid credits: several blocks, one about to expire, and a ledger of a few hundred entries.",
    ZoneInfo("America/Los_Angeles"),
    ("1200 Mission Street", "San Francisco", "US"),
    None,
    (
        Deal(
            pricelists.PREPAID,
            Month(-2),
            (
                habit("images", "images", 38, "1", 5, workspaces.LUMEN, weekend=620),
                habit("video", "seconds", 26, "4", 5, workspaces.LUMEN, weekend=480),
                habit("tuning", "steps", 14, "20", 5, workspaces.LUMEN, weekend=0),
            ),
        ),
    ),
    grants=LUMEN_GRANTS,
    corrections=LUMEN_CORRECTIONS,
)

SPARKWORKS = Role(
    "sparkworks",
    "Sparkworks",
    "Credits of its own unit, sparks: blocks cover a part, and the rest is billed in dollars.",
    ZoneInfo("Australia/Lord_Howe"),
    ("2 Lagoon Road", "Lord Howe Island", "AU"),
    "USD",
    (
        Deal(
            studios.SPARKS,
            Day(-40),
            (
                habit("spark_images", "images", 40, "1", 2, workspaces.LUMEN, weekend=500),
                habit("spark_upscales", "images", 15, "1", 3, workspaces.LUMEN, weekend=500),
                habit("spark_video", "seconds", 20, "4", 2, workspaces.LUMEN, weekend=500),
            ),
        ),
    ),
    grants=SPARK_GRANTS,
)

FARO = Role(
    "faro",
    "Faro del Caribe",
    "Prepaid in dollars: the blocks are money and pay for usage, but not for the fee.",
    ZoneInfo("America/Havana"),
    ("Calle 23 no. 105", "La Habana", "CU"),
    "USD",
    (
        Deal(
            services.FARO,
            Day(-40),
            (
                habit("text_messages", "messages", 80, "1", 4, workspaces.PLAIN, weekend=700),
                habit("voice_minutes", "minutes", 25, "5", 3, workspaces.PLAIN, weekend=500),
            ),
        ),
    ),
    grants=DOLLAR_GRANTS,
)

TROLLHEIM = Role(
    "trollheim",
    "Trollheim Station",
    "A ledger below zero: its credits have no price in money, so usage beyond them is owed in credits.",
    ZoneInfo("Antarctica/Troll"),
    ("Jutulsessen 1", "Troll", "NO"),
    "USD",
    (
        Deal(
            devices.STATION,
            Day(-40),
            (
                habit("uplink", "minutes", 8, "2", 3, workspaces.PLAIN, weekend=900),
                habit("soundings", None, 12, "1", 1, workspaces.PLAIN, weekend=900),
            ),
        ),
    ),
    grants=STATION_GRANTS,
)

ZEROTH = Role(
    "zeroth",
    "Zeroth Print",
    "Credits that ran out exactly: the ledger stands at zero, and usage since then is billed in dollars.",
    ZoneInfo("Pacific/Auckland"),
    ("12 Karaka Street", "Wellington", "NZ"),
    "USD",
    (
        Deal(
            studios.PRINT_CREDITS,
            Day(-40),
            (
                habit("sheets", "sheets", 12, "10", 4, workspaces.PLAIN),
                habit("covers", "covers", 8, "1", 2, workspaces.PLAIN),
            ),
        ),
    ),
    grants=PRINT_GRANTS,
)
