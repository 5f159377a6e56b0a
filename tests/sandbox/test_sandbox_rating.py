"""Cases of the sandbox's rating that are worth a name, each in the smallest world that shows it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.adjustments import Adjustment
from app.sandbox.catalogue.metrics import Aggregation, Metric
from app.sandbox.catalogue.models import Bulk, BulkTier, Matrix, Model, Tier, Tiered, Unit
from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.rating.costs import series
from app.sandbox.rating.events import Event
from app.sandbox.rating.groups import grouped
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.world.blocks import Block
from app.sandbox.world.world import Customer, Subscription, World

from .small_worlds import SmallWorld, upcoming_bill

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
    others: tuple[Price, ...] = (),
    threshold: str | None = None,
    blocks: tuple[Block, ...] = (),
    trial_days: int = 0,
    credits_given: Decimal | None = None,
    known: datetime = NOON,
) -> SmallWorld:
    """One price, one customer in UTC, a subscription since the first of May, perhaps a block from the day before."""
    given = Block(
        "block", "owner", sold.currency, credits_given or D(1), MAY - timedelta(days=1), None, D(1), "top_up", ""
    )
    customer = Customer(
        "owner", "Owner", "", ZoneInfo("UTC"), "USD", ("", "", ""), MAY, blocks=(given,) if credits_given else blocks
    )
    plan = Plan(
        "plan",
        "Plan",
        "USD",
        (sold, *others),
        adjustments=adjustments,
        invoicing_threshold=D(threshold) if threshold else None,
    )
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


def drawn_from(*blocks: Block) -> list[str]:
    """In which order blocks are drawn by usage that empties them all."""
    prepaid = small(price(Unit(D(1)), currency="credits"), used(1, size=1_000), blocks=blocks)
    with prepaid.usage() as usage:
        ledger = ledger_of(usage, prepaid.world, prepaid.customer, "credits")
    assert ledger is not None
    return [entry.block.name for entry in ledger.entries if entry.kind == "decrement"]


def block(name: str, *, hours: int = 0, lapses: int | None = None, basis: str = "1", item: str | None = None) -> Block:
    given, expiry = MAY + timedelta(hours=hours - 24), MAY + timedelta(days=lapses) if lapses else None
    return Block(name, "owner", "credits", D(9), given, expiry, D(basis), "top_up", "", item)


def test_a_block_for_the_item_is_drawn_first_then_the_soonest_to_lapse_the_cheapest_the_oldest() -> None:
    bound = block("bound", hours=9, basis="8", item=price(Unit(D(1))).item_id)
    lapsing = block("lapsing", hours=8, lapses=9, basis="7")
    cheap, old, young = block("cheap", hours=7, basis="0"), block("old", hours=1), block("young", hours=2)
    assert drawn_from(young, old, cheap, lapsing, bound) == ["bound", "lapsing", "cheap", "old", "young"]


def test_a_block_of_another_item_or_of_today_or_that_lapsed_this_morning_is_not_drawn() -> None:
    others = block("other", item="another"), block("today", hours=49), block("lapsed", lapses=1)
    assert drawn_from(*others, block("dawn", hours=48)) == ["dawn"]


def test_a_minimum_for_each_line_is_not_one_for_all_of_them() -> None:
    second = price(Unit(D(3)))
    both = (price(Unit(D(5))), Price("second", "Second", "Item", second.model, second.metric))
    for is_invoice_level, expected in ((True, D(40)), (False, D(80))):
        minimum = Adjustment("least", "minimum", D(40), is_invoice_level=is_invoice_level)
        two = small(both[0], used(1, size=1), others=both[1:], adjustments=(minimum,))
        with two.usage() as usage:
            assert upcoming_bill(usage, two.world, two.subscriptions[0]).amount_due == expected


def test_half_a_cent_is_rounded_up() -> None:
    half = Adjustment("half", "percentage_discount", D("0.5"))
    assert line_total(small(price(Unit(D("0.01"))), used(1, size=1), adjustments=(half,))) == 0
    assert line_total(small(price(Unit(D("0.05"))), used(1, size=1), adjustments=(half,))) == D("0.02")


def test_a_threshold_that_is_just_reached_at_midnight_is_invoiced_at_that_midnight() -> None:
    midnight = MAY + timedelta(days=2)
    for known, partial in ((midnight, D(10)), (midnight - timedelta(microseconds=1), D(0))):
        reached = small(price(Unit(D(1))), used(1.5, size=10), threshold="10", known=known)
        with reached.usage() as usage:
            (line,) = upcoming_bill(usage, reached.world, reached.subscriptions[0]).lines
        assert line.partial == partial


def test_a_day_is_in_the_series_from_its_first_instant_on() -> None:
    for known, days in ((MAY + timedelta(days=2), 3), (MAY + timedelta(days=2, microseconds=-1), 2)):
        early = small(price(Unit(D(1))), known=known)
        with early.usage() as usage:
            assert len(series(usage, early.subscriptions[0], None, "USD", cumulative=False)) == days


def test_a_fee_is_due_from_the_first_day_after_the_trial() -> None:
    fee = Price("price", "Fee", "Item", Unit(D(7)), fixed=1)
    trial = small(fee, trial_days=3)
    with trial.usage() as usage:
        days = series(usage, trial.subscriptions[0], None, "USD", cumulative=False)
    assert [day.total for day in days[:5]] == [0, 0, 0, 7, 0]
