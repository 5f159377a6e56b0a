"""Cases of the sandbox's rating that are worth a name, each in the smallest world that shows it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.metrics import Aggregation, Metric
from app.sandbox.catalogue.models import Bulk, BulkTier, Matrix, Model, Tier, Tiered, Unit
from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.rating.bill import upcoming_bill
from app.sandbox.rating.costs import series
from app.sandbox.rating.events import Event
from app.sandbox.rating.groups import grouped
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.world.blocks import Block
from app.sandbox.world.world import Customer, Subscription, World

from .small_worlds import SmallWorld

D = Decimal
MAY = datetime(2026, 5, 1, tzinfo=UTC)
NOON = MAY + timedelta(days=9, hours=12)


def price(model: Model, aggregation: Aggregation = "sum", *, currency: str = "USD", of: str = "size") -> Price:
    rate = None if currency == "USD" else D("0.5")
    return Price(
        "price",
        "Price",
        "Item",
        model,
        Metric("m", "M", "use", aggregation, of),
        currency=currency,
        conversion_rate=rate,
    )


def used(days: float, **properties: Any) -> tuple[datetime, dict[str, Any]]:
    return MAY + timedelta(days=days), properties


def small(
    sold: Price,
    *usage: tuple[datetime, dict[str, Any]],
    adjustments: tuple[Adjustment, ...] = (),
    trial_days: int = 0,
    credits_given: Decimal | None = None,
    known: datetime = NOON,
) -> SmallWorld:
    """One price, one customer in UTC, a subscription since the first of May, perhaps a block from the day before."""
    given = Block(
        "block", "owner", sold.currency, credits_given or D(1), MAY - timedelta(days=1), None, D(1), "top_up", ""
    )
    customer = Customer(
        "owner", "Owner", "", ZoneInfo("UTC"), "USD", ("", "", ""), MAY, blocks=(given,) if credits_given else ()
    )
    plan = Plan("plan", "Plan", "USD", (sold,), adjustments=adjustments)
    trial = MAY + timedelta(days=trial_days) if trial_days else None
    subscription = Subscription(customer, plan, MAY, None, MAY, MAY.date(), (customer,), trial)
    events = tuple(
        Event(customer.id, "use", at, min(at, known), f"event-{number}", properties)
        for number, (at, properties) in enumerate(usage)
    )
    return SmallWorld(World((customer,), (subscription,), MAY), events, known)


def line_total(small: SmallWorld) -> Decimal:
    with small.usage() as usage:
        (line,) = upcoming_bill(usage, small.world, small.subscriptions[0]).lines
        return line.line.total


def discount(key: str, units: str) -> Adjustment:
    return Adjustment(key, "usage_discount", D(units))


def test_a_usage_discount_takes_nothing_off_what_a_trial_has_paid_for() -> None:
    trial = small(price(Unit(D(1))), used(1, size=10), adjustments=(discount("free", "4"),), trial_days=20)
    assert line_total(trial) == 0


def test_two_usage_discounts_free_one_unit_after_the_other() -> None:
    twice = (discount("welcome", "7"), discount("sorry", "7"))
    assert line_total(small(price(Unit(D(1))), used(1, size=10), adjustments=twice)) == 0
    tiers = price(Tiered((Tier(0, 5, D(3)), Tier(5, None, D(1)))))
    assert line_total(small(tiers, used(1, size=18), adjustments=twice)) == 4 * 3


def test_which_units_are_free_does_not_depend_on_the_days_that_are_asked_for() -> None:
    cells = Matrix(("region",), ((("blue",), D(1)), (("red",), D(3))), D(9))
    usage_of_two_days = (used(1, size=5, region="red"), used(2, size=5, region="blue"), used(3, size=1))
    matrix = small(price(cells), *usage_of_two_days, adjustments=(discount("free", "5"),))
    assert line_total(matrix) == 5 * 3 + 9
    with matrix.usage() as usage:
        last = series(usage, matrix.subscriptions[0], None, "USD", cumulative=True)[-1]
    assert last.total == line_total(matrix)


def test_groups_that_share_a_user_share_what_the_user_costs() -> None:
    ann = [used(day, size="ann", workspace_id=name) for day, name in ((1, "red"), (2, "blue"))]
    shared = small(price(Unit(D(8)), "unique"), *ann)
    with shared.usage() as usage:
        groups = grouped(usage, shared.subscriptions[0], (MAY, NOON), "workspace_id", "USD")
    assert groups == [("blue", D(4)), ("red", D(4))]


def test_groups_leave_tomorrow_out_as_the_days_do() -> None:
    ahead = small(
        price(Unit(D(1))),
        used(9.9, size=3, workspace_id="red"),
        used(10, size=5, workspace_id="red"),
        known=MAY + timedelta(days=10, minutes=-2),
    )
    with ahead.usage() as usage:
        groups = grouped(usage, ahead.subscriptions[0], (MAY, MAY + timedelta(days=31)), "workspace_id", "USD")
    assert groups == [("red", line_total(ahead))] == [("red", D(3))]


def test_credits_pay_for_usage_of_this_very_instant() -> None:
    prepaid = small(price(Unit(D(1)), currency="credits"), used(1, size=3), used(9.5, size=5), credits_given=D(100))
    with prepaid.usage() as usage:
        bill = upcoming_bill(usage, prepaid.world, prepaid.subscriptions[0])
    assert (bill.lines[0].credits, bill.amount_due) == (D(8), D(0))


def test_credits_that_a_bulk_price_gives_back_are_neither_billed_nor_drawn_again() -> None:
    bulk = price(Bulk((BulkTier(10, D(2)), BulkTier(None, D(1)))), currency="credits")
    days = (used(1, size=10), used(2, size=1), used(3, size=12))
    for count, drawn, credits_applied in ((1, 20, 20), (2, 20, 11), (3, 23, 23)):
        prepaid = small(bulk, *days[:count], credits_given=D(100))
        with prepaid.usage() as usage:
            ledger = ledger_of(usage, prepaid.world, prepaid.customer, "credits")
            bill = upcoming_bill(usage, prepaid.world, prepaid.subscriptions[0])
        assert ledger is not None
        assert ledger.balance == 100 - drawn
        assert (bill.lines[0].credits, bill.amount_due) == (D(credits_applied), D(0))
