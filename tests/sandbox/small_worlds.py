"""Small worlds drawn at random: a customer somewhere, a plan or two, some blocks, and a few dozen events."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.metrics import Metric
from app.sandbox.catalogue.models import Bulk, BulkTier, Matrix, Model, Package, Percent, Tier, Tiered, Unit
from app.sandbox.catalogue.plans import Plan, Price, Tax
from app.sandbox.rating.bill import Bill, bill_of
from app.sandbox.rating.events import Event, Events
from app.sandbox.rating.usage import Usage
from app.sandbox.world.blocks import Block
from app.sandbox.world.world import Customer, Subscription, World
from tests.thorough import times

from .oracle import TINY, Oracle, dated, dawn

ZONES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})
#: Zones whose clocks change at midnight, by half an hour, by two hours, or when nobody else's do.
AWKWARD = (
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "America/Havana",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Gaza",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Santiago",
    "America/Scoresbysund",
    "Pacific/Chatham",
)
EVENT_NAMES = ("calls", "jobs")
TAGS = ("red", "blue", 'a "quoted\\ tag', "ärger", "")

#: The same worlds at every run, however slow the machine.
steady = settings(
    derandomize=True,
    max_examples=times(25, 10),
    database=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@dataclass(frozen=True)
class SmallWorld:
    """A world, what happened in it, and the instant at which somebody looks."""

    world: World
    events: tuple[Event, ...]
    known: datetime

    @property
    def customer(self) -> Customer:
        return self.world.customers[0]

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        return tuple(s for s in self.world.subscriptions if s.status(self.known) == "active")

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.world, self.events, self.known)

    @contextmanager
    def usage(self) -> Iterator[Usage]:
        """The sandbox's own view of the same events."""
        events = Events()
        events.record(self.events)
        yield Usage(events, self.known)
        events.close()


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places)


@st.composite
def tiered(draw: st.DrawFn) -> Tiered:
    ends = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=3)))
    bounds = [0, *ends]
    tops = [*ends, None]
    return Tiered(
        tuple(Tier(low, high, draw(decimals("0", "3", 4))) for low, high in zip(bounds, tops, strict=True)),
    )


@st.composite
def bulk(draw: st.DrawFn) -> Bulk:
    ends = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=3)))
    return Bulk(tuple(BulkTier(end, draw(decimals("0", "3", 4))) for end in [*ends, None]))


@st.composite
def matrix(draw: st.DrawFn) -> Matrix:
    names = draw(st.sampled_from([("region",), ("region", "tier")]))
    keys = draw(st.sets(st.tuples(*[st.sampled_from(TAGS)] * len(names)), max_size=4))
    cells = tuple((key, draw(decimals("0", "3", 4))) for key in sorted(keys))
    return Matrix(names, cells, draw(decimals("0", "3", 4)))


units = st.builds(Unit, decimals("0", "5", 6))
models: st.SearchStrategy[Model] = st.one_of(
    units,
    st.builds(Percent, decimals("0", "40", 3)),
    st.builds(Package, decimals("0", "9", 2), st.integers(1, 40)),
    tiered(),
    bulk(),
    matrix(),
)


@st.composite
def prices(draw: st.DrawFn, key: str, money: str) -> Price:
    item = draw(st.sampled_from(("Item one", "Item two")))
    if draw(st.integers(0, 4)) == 0:
        return Price(key, key, item, draw(units), fixed=draw(st.integers(0, 3)), currency=money)
    aggregation = draw(st.sampled_from(("sum", "sum", "count", "unique", "max")))
    of = {"count": None, "unique": "who"}.get(aggregation, "size")
    metric = Metric(f"{key}-metric", key, draw(st.sampled_from(EVENT_NAMES)), aggregation, of)  # type: ignore[arg-type]
    currency = draw(st.sampled_from((money, "credits")))
    rate = None if currency == money else draw(st.none() | decimals("0", "2", 3))
    grouping = draw(st.sampled_from((None, "workspace_id")))
    return Price(
        key, key, item, draw(models), metric, currency=currency, conversion_rate=rate, invoice_grouping_key=grouping
    )


@st.composite
def adjustments(draw: st.DrawFn, key: str, keys: list[str]) -> Adjustment:
    kind = draw(
        st.sampled_from(("usage_discount", "amount_discount", "percentage_discount", "minimum", "maximum")),
    )
    share = kind == "percentage_discount"
    value = draw(decimals("0", "1", 3) if share else decimals("0", "400", 2))
    some = draw(st.none() | st.lists(st.sampled_from(keys), unique=True, max_size=3).map(tuple))
    return Adjustment(key, kind, value, some, None, draw(st.booleans()))  # type: ignore[arg-type]


@st.composite
def plans(draw: st.DrawFn, key: str, money: str) -> Plan:
    sold = tuple(draw(prices(f"{key}-{number}", money)) for number in range(draw(st.integers(1, 4))))
    keys = [price.key for price in sold]
    changes = tuple(draw(adjustments(f"{key}-a{number}", keys)) for number in range(draw(st.integers(0, 3))))
    return Plan(
        key,
        key,
        money,
        sold,
        cadence=draw(st.sampled_from(("monthly", "monthly", "quarterly"))),
        adjustments=changes,
        tax=draw(st.none() | st.builds(Tax, st.just("Tax"), decimals("0", "25", 2))),
        invoicing_threshold=draw(st.none() | decimals("1", "300", 2)),
    )


@st.composite
def instants(draw: st.DrawFn, low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """An instant of [low, high]: often a local midnight to the microsecond, or an hour around it."""
    day = draw(st.integers(0, (dated(high, zone) - dated(low, zone)).days))
    midnight = dawn(dated(low, zone) + timedelta(days=day), zone)
    shift = draw(
        st.sampled_from((timedelta(0), timedelta(0), -TINY, TINY, timedelta(hours=1), timedelta(hours=2)))
        | st.integers(0, 86_400).map(lambda seconds: timedelta(seconds=seconds))
    )
    return min(max(midnight + shift, low), high)


sizes = st.one_of(
    st.integers(0, 300),
    st.integers(0, 300),
    decimals("0", "300", 3),
    decimals("0", "1", 9),
    st.sampled_from(("many", True, None)),
)


@st.composite
def happenings(draw: st.DrawFn, number: int, who: list[str], low: datetime, high: datetime, zone: ZoneInfo) -> Event:
    """A usage event; now and then one that somebody sends late, or a little ahead of its time."""
    at = draw(instants(low, high + timedelta(minutes=4), zone))
    late = draw(st.sampled_from((*[timedelta(minutes=-4)] * 4, *(timedelta(days=days) for days in (0, 0, 1, 5, 400)))))
    given = {
        "size": draw(sizes),
        "who": draw(st.sampled_from(("ann", "bob", "cy", 7, None))),
        "region": draw(st.sampled_from((*TAGS, None))),
        "tier": draw(st.sampled_from((*TAGS, None))),
        "workspace_id": draw(st.sampled_from((*TAGS, True, 7, None))),
    }
    return Event(
        draw(st.sampled_from(who)),
        draw(st.sampled_from(EVENT_NAMES)),
        at,
        at + late,
        f"event-{number}",
        {name: value for name, value in given.items() if value is not None},
    )


@st.composite
def granted(draw: st.DrawFn, number: int, unit: str, low: datetime, high: datetime, zone: ZoneInfo) -> Block:
    effective = draw(instants(low - timedelta(days=3), high, zone))
    expiry = draw(st.none() | instants(effective + timedelta(days=1), high + timedelta(days=20), zone))
    return Block(
        f"block-{number}",
        "owner",
        unit,
        draw(decimals("0.01", "400", 2)),
        effective,
        expiry,
        draw(st.sampled_from((Decimal(0), Decimal("0.5"), Decimal(1)))),
        "top_up",
        "A block",
        draw(st.sampled_from((None, None, Price("x", "x", "Item one", Unit(Decimal(1))).item_id))),
        draw(st.sampled_from((True, True, True, False))),
    )


@st.composite
def small_worlds(draw: st.DrawFn, *, money_blocks: bool = True) -> SmallWorld:
    """Draw a world of one paying customer and a child; the look is up to nine weeks after the first subscription."""
    zone = ZoneInfo(draw(st.sampled_from(AWKWARD) | st.sampled_from(ZONES)))
    money = draw(st.sampled_from(("USD", "USD", "JPY", "KWD")))
    first = draw(st.dates(date(2024, 1, 1), date(2028, 10, 1)))
    start = dawn(first, zone) + draw(st.sampled_from((timedelta(0), timedelta(0), timedelta(hours=5, minutes=7))))
    known = draw(instants(start + timedelta(hours=6), start + timedelta(days=63), zone))
    unit = draw(st.sampled_from(("credits", "credits", money) if money_blocks else ("credits",)))
    blocks = tuple(draw(granted(number, unit, start, known, zone)) for number in range(draw(st.integers(0, 4))))
    customer = Customer(
        "owner",
        "Owner",
        "",
        zone,
        money,
        ("", "", ""),
        created=start - timedelta(days=9),
        balance=draw(st.sampled_from((Decimal(0), Decimal(25), Decimal(-3), Decimal(100_000)))),
        blocks=blocks,
    )
    child = Customer("child", "Child", "", ZoneInfo("UTC"), money, ("", "", ""), created=start, parent="owner")
    subscriptions = []
    for number in range(draw(st.sampled_from((1, 1, 2)))):
        plan = draw(plans(f"plan-{number}", money))
        began = start if number == 0 else draw(instants(start, known, zone))
        free = draw(st.sampled_from((0, 0, 0, 3, 20)))
        trial = began + timedelta(days=free) if free else None
        anchor = dated(began, zone).replace(day=draw(st.sampled_from((dated(began, zone).day, 1, 15))))
        ends = draw(st.none() | st.none() | instants(began + timedelta(hours=3), known + timedelta(days=40), zone))
        users = (customer, child)[: draw(st.integers(1, 2))]
        subscriptions.append(Subscription(customer, plan, began, ends, began, anchor, users, trial))
    who = [customer.id, customer.id, child.id]
    count = draw(st.integers(0, 24))
    events = tuple(draw(happenings(n, who, start - timedelta(days=2), known, zone)) for n in range(count))
    return SmallWorld(World((customer, child), tuple(subscriptions), start), events, known)


@st.composite
def prepaid_worlds(draw: st.DrawFn) -> SmallWorld:
    """Draw a world of one week in which small blocks, alike in most respects, compete for the same usage."""
    zone = ZoneInfo(draw(st.sampled_from(AWKWARD)))
    start = dawn(draw(st.dates(date(2024, 1, 1), date(2028, 10, 1))), zone)

    def morning(days: int) -> datetime:
        return dawn(dated(start, zone) + timedelta(days=days), zone)

    known = draw(instants(morning(4), morning(7), zone))
    rate = draw(st.none() | st.just(Decimal("0.5")))
    metric = Metric("calls", "Calls", "calls", "sum", "size")
    sold = tuple(
        Price(item, item, item, Unit(Decimal(1)), metric, currency="credits", conversion_rate=rate)
        for item in ("Item one", "Item two")
    )
    blocks = tuple(
        Block(
            f"block-{number}",
            "owner",
            "credits",
            Decimal(draw(st.integers(5, 40))),
            draw(st.sampled_from((morning(0), morning(1), morning(2) + TINY, morning(2)))),
            draw(st.sampled_from((None, None, morning(4), morning(4), morning(4) + TINY))),
            Decimal(draw(st.integers(0, 2))),
            "top_up",
            "A block",
            draw(st.sampled_from((None, None, sold[0].item_id))),
            draw(st.sampled_from((True, True, True, False))),
        )
        for number in range(draw(st.integers(2, 5)))
    )
    customer = Customer("owner", "Owner", "", zone, "USD", ("", "", ""), created=start, blocks=blocks)
    plan = Plan("prepaid", "Prepaid", "USD", sold)
    subscription = Subscription(customer, plan, start, None, start, dated(start, zone), (customer,))
    events = tuple(
        Event(customer.id, "calls", at, at, f"event-{number}", {"size": draw(st.integers(1, 20))})
        for number, at in enumerate(draw(st.lists(instants(start, known, zone), min_size=3, max_size=8)))
    )
    return SmallWorld(World((customer,), (subscription,), start), events, known)


def upcoming_bill(usage: Usage, world: World, subscription: Subscription) -> Bill:
    """The bill of the running billing period, against the whole balance of the account."""
    bill = bill_of(usage, world, subscription, *subscription.period(usage.known))
    return bill.settled(subscription.customer.balance)
