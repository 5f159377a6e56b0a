"""The cast: invented customers, each there to show one thing."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import pricelists
from app.sandbox.world import workspaces
from app.sandbox.world.casts.quill import QUILL
from app.sandbox.world.casts.threshold import CALDER
from app.sandbox.world.habits import Habit, Tags
from app.sandbox.world.prepaid import LUMEN_CORRECTIONS, LUMEN_GRANTS
from app.sandbox.world.role import Deal, Role
from app.sandbox.world.when import ClockChange, Day, Month

D = Decimal


def habit(event_name: str, amount: str, daily: int, step: str, steps: int, tags: Tags, weekend: int = 400) -> Habit:
    """Make a habit whose events bear `amount`: on average `steps` times `step`."""
    return Habit("cast", event_name, daily, weekend, amount, D(step), steps, (tags,))


CAST = (
    Role(
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
                    habit("gpu_inference", "tokens", 640, "200", 1, workspaces.NORTHWIND, 520),
                    habit("compute", "minutes", 71, "20", 5, workspaces.NORTHWIND, 380),
                    habit("api_requests", "requests", 780, "250", 2, workspaces.NORTHWIND, 350),
                    habit("vector_storage", "vectors", 38, "200", 5, workspaces.NORTHWIND, 960),
                    habit("egress", "gigabytes", 23, "2", 2, workspaces.NORTHWIND, 450),
                    habit("log_ingestion", "gigabytes", 24, "0.2", 3, workspaces.NORTHWIND, 600),
                    habit("builds", "minutes", 20, "5", 4, workspaces.NORTHWIND, 120),
                    habit("deliveries", "deliveries", 23, "25", 4, workspaces.NORTHWIND, 500),
                ),
            ),
        ),
        balance=D("186.40"),
    ),
    Role(
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
                    habit("frames", "frames", 52, "10", 5, workspaces.HALCYON, 300),
                    habit("gpu_minutes", "minutes", 32, "5", 4, workspaces.HALCYON, 350),
                    habit("asset_storage", "gigabytes", 32, "100", 5, workspaces.HALCYON, 980),
                ),
            ),
            Deal(
                pricelists.PIPELINE,
                Month(-7),
                (
                    habit("rows", "rows", 47, "25000", 8, workspaces.PLAIN, 640),
                    habit("queries", "queries", 23, "10", 5, workspaces.PLAIN, 250),
                    habit("pipeline_egress", "gigabytes", 13, "1", 4, workspaces.PLAIN, 500),
                ),
            ),
            Deal(
                pricelists.RESIDENCY,
                Month(-11),
                (
                    habit("encrypted_storage", "gigabytes", 19, "100", 10, workspaces.PLAIN, 970),
                    habit("audit_events", "events", 26, "50", 10, workspaces.PLAIN, 420),
                ),
            ),
        ),
    ),
    Role(
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
                    habit("images", "images", 38, "1", 5, workspaces.LUMEN, 620),
                    habit("video", "seconds", 26, "4", 5, workspaces.LUMEN, 480),
                    habit("tuning", "steps", 14, "20", 5, workspaces.LUMEN, 0),
                ),
            ),
        ),
        grants=LUMEN_GRANTS,
        corrections=LUMEN_CORRECTIONS,
    ),
    Role(
        "quiet",
        "Quiet Labs",
        "An active subscription with nothing to pay: no upcoming invoice, no usage, no credits.",
        ZoneInfo("America/New_York"),
        ("3 Elm Court", "Ithaca", "US"),
        "USD",
        (Deal(pricelists.PAY_AS_YOU_GO, Month(-6)),),
    ),
    Role(
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
                    habit("starter_storage", "gigabytes", 8, "100", 5, workspaces.PLAIN, 950),
                ),
                left=Month(-1),
            ),
        ),
    ),
    Role(
        "fresh",
        "Fresh Start",
        "Subscribed today: the first bill is open and still at zero.",
        ZoneInfo("America/Denver"),
        ("510 Larimer Street", "Denver", "US"),
        "USD",
        (Deal(pricelists.LAUNCH, Day(0), anchor_day=1),),
    ),
    Role(
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
                    habit("readings", "readings", 72, "2000", 8, workspaces.MERIDIAN, 1000),
                    habit("forecasts", "forecasts", 25, "10", 5, workspaces.MERIDIAN, 700),
                    habit("alert_messages", "messages", 16, "10", 5, workspaces.MERIDIAN, 640),
                ),
            ),
        ),
    ),
    Role(
        "nobody",
        "Nobody & Sons",
        "A customer without any subscription.",
        ZoneInfo("America/New_York"),
        ("1 Blank Lane", "Trenton", "US"),
        None,
    ),
    Role(
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
                    habit("routes", "routes", 76, "100", 5, workspaces.YAMATO, 560),
                    habit("tiles", "tiles", 124, "250", 10, workspaces.YAMATO, 820),
                ),
            ),
        ),
    ),
    Role(
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
                    habit("prints", "prints", 30, "2", 7, workspaces.PLAIN, 150),
                    habit("scans", "scans", 45, "4", 5, workspaces.PLAIN, 100),
                ),
            ),
        ),
        grouped_costs=False,
    ),
    CALDER,
    QUILL,
)
