"""The cast: ten invented customers, each there to show one thing."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from app.sandbox.catalogue import pricelists
from app.sandbox.catalogue.plans import Plan
from app.sandbox.world import workspaces
from app.sandbox.world.workspaces import Workspace


class Since(Enum):
    """When a story begins that does not begin some months ago."""

    TODAY = "today"
    CLOCK_CHANGE = "the month in which the clocks last changed"


@dataclass(frozen=True)
class Deal:
    """A plan subscribed to so many whole months before the current one; `left` is when it ended, likewise."""

    plan: Plan
    since: int | Since
    workspaces: tuple[Workspace, ...] = ()
    left: int | None = None


@dataclass(frozen=True)
class Role:
    """A customer as cast: told relative to the customer's local month, so that there is always something to see."""

    external_id: str
    name: str
    about: str
    zone: ZoneInfo
    address: tuple[str, str, str]
    currency: str | None
    deals: tuple[Deal, ...]
    balance: Decimal = Decimal(0)
    grouped_costs: bool = True


CAST = (
    Role(
        "northwind",
        "Northwind Robotics",
        "A monthly bill with eight usage prices, a discount, tax and an account balance; 24 workspaces.",
        ZoneInfo("America/New_York"),
        ("44 Harbor Street", "Portland", "US"),
        "USD",
        (Deal(pricelists.SCALE, 14, workspaces.NORTHWIND),),
        balance=Decimal("186.40"),
    ),
    Role(
        "halcyon",
        "Halcyon Studios",
        "Three subscriptions in two currencies, one below its minimum; workspaces with difficult names.",
        ZoneInfo("Europe/Berlin"),
        ("Filmstraße 9", "Potsdam", "DE"),
        "USD",
        (
            Deal(pricelists.RENDER, 4, workspaces.HALCYON),
            Deal(pricelists.PIPELINE, 7, workspaces.PLAIN),
            Deal(pricelists.RESIDENCY, 11, workspaces.PLAIN),
        ),
    ),
    Role(
        "lumen",
        "Lumen Creative",
        "Prepaid credits: several blocks, one about to expire, and a ledger of a few hundred entries.",
        ZoneInfo("America/Los_Angeles"),
        ("1200 Mission Street", "San Francisco", "US"),
        None,
        (Deal(pricelists.PREPAID, 2, workspaces.LUMEN),),
    ),
    Role(
        "quiet",
        "Quiet Labs",
        "An active subscription with nothing to pay: no upcoming invoice, no usage, no credits.",
        ZoneInfo("America/New_York"),
        ("3 Elm Court", "Ithaca", "US"),
        "USD",
        (Deal(pricelists.PAY_AS_YOU_GO, 6),),
    ),
    Role(
        "sunset",
        "Sunset Media",
        "A customer who left: the only subscription has ended.",
        ZoneInfo("Europe/London"),
        ("8 Quay Road", "Bristol", "GB"),
        "USD",
        (Deal(pricelists.STARTER, 13, workspaces.PLAIN, left=1),),
    ),
    Role(
        "fresh",
        "Fresh Start",
        "Subscribed today: the first bill is open and still at zero.",
        ZoneInfo("America/Denver"),
        ("510 Larimer Street", "Denver", "US"),
        "USD",
        (Deal(pricelists.LAUNCH, Since.TODAY),),
    ),
    Role(
        "meridian",
        "Meridian Energie",
        "A billing period in which the clocks changed: one of its days has 23 or 25 hours.",
        ZoneInfo("Europe/Berlin"),
        ("Netzallee 40", "Kiel", "DE"),
        "EUR",
        (Deal(pricelists.GRID, Since.CLOCK_CHANGE, workspaces.MERIDIAN),),
    ),
    Role(
        "nobody",
        "Nobody & Sons",
        "A customer without any subscription.",
        ZoneInfo("America/New_York"),
        ("1 Blank Lane", "Trenton", "US"),
        None,
        (),
    ),
    Role(
        "yamato",
        "大和ルート株式会社",
        "A bill in yen, which have no decimals, with days that begin at midnight in Tokyo.",
        ZoneInfo("Asia/Tokyo"),
        ("神南1-2-3", "東京", "JP"),
        "JPY",
        (Deal(pricelists.KAIDO, 9, workspaces.YAMATO),),
    ),
    Role(
        "atelier",
        "Atelier Moreau",
        "A small bill in euros, for an account on which costs by group are not switched on.",
        ZoneInfo("Europe/Paris"),
        ("17 rue des Lilas", "Lyon", "FR"),
        "EUR",
        (Deal(pricelists.ATELIER, 5, workspaces.PLAIN),),
        grouped_costs=False,
    ),
)
