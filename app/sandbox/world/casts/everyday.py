"""Customers with ordinary bills, in several currencies."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import clouds, pricelists, services
from app.sandbox.world import workspaces
from app.sandbox.world.habits import habit
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import ClockChange, Month

D = Decimal

NORTHWIND = Role(
    "northwind",
    "Northwind Robotics",
    "A monthly bill with eight usage prices, a discount, tax and an account balance; 24 workspaces.",
    ZoneInfo("America/New_York"),
    ("44 Harbor Street", "Portland", "US"),
    "USD",
    (
        Deal(
            pricelists.SCALE,
            Month(-14),
            (
                habit("gpu_inference", "tokens", 640, "200", 1, workspaces.NORTHWIND, weekend=520),
                habit("compute", "minutes", 71, "20", 5, workspaces.NORTHWIND, weekend=380),
                habit("api_requests", "requests", 780, "250", 2, workspaces.NORTHWIND, weekend=350),
                habit("vector_storage", "vectors", 38, "200", 5, workspaces.NORTHWIND, weekend=960),
                habit("egress", "gigabytes", 23, "2", 2, workspaces.NORTHWIND, weekend=450),
                habit("log_ingestion", "gigabytes", 24, "0.2", 3, workspaces.NORTHWIND, weekend=600),
                habit("builds", "minutes", 20, "5", 4, workspaces.NORTHWIND, weekend=120),
                habit("deliveries", "deliveries", 23, "25", 4, workspaces.NORTHWIND, weekend=500),
            ),
        ),
    ),
    balance=D("186.40"),
)

HALCYON = Role(
    "halcyon",
    "Halcyon Studios",
    "Three subscriptions in two currencies, one below its minimum; workspaces with difficult names.",
    ZoneInfo("Europe/Berlin"),
    ("Filmstraße 9", "Potsdam", "DE"),
    "USD",
    (
        Deal(
            pricelists.RENDER,
            Month(-4),
            (
                habit("frames", "frames", 52, "10", 5, workspaces.HALCYON, weekend=300),
                habit("gpu_minutes", "minutes", 32, "5", 4, workspaces.HALCYON, weekend=350),
                habit("asset_storage", "gigabytes", 32, "100", 5, workspaces.HALCYON, weekend=980),
            ),
        ),
        Deal(
            pricelists.PIPELINE,
            Month(-7),
            (
                habit("rows", "rows", 47, "25000", 8, workspaces.PLAIN, weekend=640),
                habit("queries", "queries", 23, "10", 5, workspaces.PLAIN, weekend=250),
                habit("pipeline_egress", "gigabytes", 13, "1", 4, workspaces.PLAIN, weekend=500),
            ),
        ),
        Deal(
            pricelists.RESIDENCY,
            Month(-11),
            (
                habit("encrypted_storage", "gigabytes", 19, "100", 10, workspaces.PLAIN, weekend=970),
                habit("audit_events", "events", 26, "50", 10, workspaces.PLAIN, weekend=420),
            ),
        ),
    ),
)

MERIDIAN = Role(
    "meridian",
    "Meridian Energie",
    "A billing period in which the clocks changed: one of its days has 23 or 25 hours.",
    ZoneInfo("Europe/Berlin"),
    ("Netzallee 40", "Kiel", "DE"),
    "EUR",
    (
        Deal(
            pricelists.GRID,
            ClockChange(),
            (
                habit("readings", "readings", 72, "2000", 8, workspaces.MERIDIAN, weekend=1000),
                habit("forecasts", "forecasts", 25, "10", 5, workspaces.MERIDIAN, weekend=700),
                habit("alert_messages", "messages", 16, "10", 5, workspaces.MERIDIAN, weekend=640),
            ),
        ),
    ),
)

YAMATO = Role(
    "yamato",
    "大和ルート株式会社",
    "A bill in yen, which have no decimals, with days that begin at midnight in Tokyo.",
    ZoneInfo("Asia/Tokyo"),
    ("神南1-2-3", "東京", "JP"),
    "JPY",
    (
        Deal(
            pricelists.KAIDO,
            Month(-9),
            (
                habit("routes", "routes", 76, "100", 5, workspaces.YAMATO, weekend=560),
                habit("tiles", "tiles", 124, "250", 10, workspaces.YAMATO, weekend=820),
            ),
        ),
    ),
)

ATELIER = Role(
    "atelier",
    "Atelier Moreau",
    "A small bill in euros, for an account on which costs by group are not switched on.",
    ZoneInfo("Europe/Paris"),
    ("17 rue des Lilas", "Lyon", "FR"),
    "EUR",
    (
        Deal(
            pricelists.ATELIER,
            Month(-5),
            (
                habit("prints", "prints", 30, "2", 7, workspaces.PLAIN, weekend=150),
                habit("scans", "scans", 45, "4", 5, workspaces.PLAIN, weekend=100),
            ),
        ),
    ),
    grouped_costs=False,
)

GULF = Role(
    "gulf",
    "الخليج للحوسبة",
    "Bills in dinars, which have three decimals: one for a year and one for a quarter.",
    ZoneInfo("Asia/Kuwait"),
    ("شارع فهد السالم 18", "الكويت", "KW"),
    "KWD",
    (
        Deal(
            clouds.GULF_SOVEREIGN,
            Month(-4),
            (habit("virtual_machines", "hours", 20, "8", 3, workspaces.GULF, weekend=900),),
        ),
        Deal(
            clouds.GULF_BACKUP,
            Month(-4),
            (
                habit("backups", "gigabytes", 15, "80", 3, workspaces.GULF, weekend=1000),
                habit("restores", None, 2, "1", 1, workspaces.GULF),
            ),
        ),
    ),
)

HIMAL = Role(
    "himal",
    "Himal Pay",
    "A share of payments, in rupees, with billing periods that begin on the last day of a month.",
    ZoneInfo("Asia/Kathmandu"),
    ("Durbar Marg 7", "Kathmandu", "NP"),
    "INR",
    (
        Deal(
            services.HIMAL,
            Month(-4, 31),
            (
                habit("payments", "rupees", 150, "500", 6, workspaces.HIMAL, weekend=1100),
                habit("payouts", None, 20, "1", 1, workspaces.HIMAL, weekend=0),
                habit("identity_checks", "checks", 10, "1", 2, workspaces.HIMAL),
            ),
            anchor_day=31,
        ),
    ),
)
