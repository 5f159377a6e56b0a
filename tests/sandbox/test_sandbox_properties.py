"""Properties of the sandbox's figures, in small worlds drawn at random, against an oracle in fractions."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from hypothesis import given, settings

from app.sandbox.rating.costs import Bucket, series
from app.sandbox.rating.groups import grouped
from app.sandbox.rating.ledger import ledger_of
from app.sandbox.world.world import Subscription
from tests.thorough import times

from .oracle import DIGITS, NONE, Day, Entry, period
from .small_worlds import SmallWorld, prepaid_worlds, small_worlds, steady, upcoming_bill

Figures = dict[str, tuple[Fraction, Fraction, Fraction]]


def figures(bucket: Bucket) -> Figures:
    return {
        cost.price.key: (Fraction(cost.quantity), Fraction(cost.subtotal), Fraction(cost.total))
        for cost in bucket.prices
    }


def as_days(buckets: list[Bucket]) -> list[Day]:
    return [Day(bucket.start, bucket.end, figures(bucket)) for bucket in buckets]


def currencies(small: SmallWorld) -> set[str]:
    return {price.currency for s in small.world.subscriptions for price in s.plan.prices}


def windows(small: SmallWorld) -> Iterator[tuple[Subscription, tuple[datetime, datetime], str]]:
    """Each subscription's current billing period, and a window that begins and ends anywhere, in each currency."""
    anywhere = (small.known - timedelta(days=19, hours=5), small.known - timedelta(hours=3))
    for subscription in small.subscriptions:
        for window in (subscription.period(small.known), anywhere):
            for currency in sorted(currencies(small)):
                yield subscription, window, currency


@steady
@given(small_worlds())
def test_every_day_of_every_series_costs_what_the_oracle_says(small: SmallWorld) -> None:
    with small.usage() as usage:
        for subscription in small.world.subscriptions:
            window = (subscription.start, small.oracle.tonight(small.customer))
            for currency in currencies(small):
                for cumulative in (True, False):
                    found = series(usage, subscription, window, currency, cumulative=cumulative)
                    assert as_days(found) == small.oracle.series(subscription, window, currency, cumulative=cumulative)


@steady
@given(small_worlds())
def test_the_days_add_up_to_the_period_so_far(small: SmallWorld) -> None:
    with small.usage() as usage:
        for subscription in small.subscriptions:
            for currency in currencies(small):
                days = series(usage, subscription, None, currency, cumulative=False)
                so_far = series(usage, subscription, None, currency, cumulative=True)
                assert [bucket.end for bucket in days] == [bucket.end for bucket in so_far]
                assert [b.subtotal for b in so_far] == list(accumulate(b.subtotal for b in days))
                assert [b.total for b in so_far] == list(accumulate(b.total for b in days))


@steady
@given(small_worlds())
def test_groups_are_what_their_usage_cost_dearest_first(small: SmallWorld) -> None:
    with small.usage() as usage:
        for subscription, window, currency in windows(small):
            found = grouped(usage, subscription, window, "workspace_id", currency)
            expected = small.oracle.groups(subscription, window, "workspace_id", currency)
            expected.pop(None, None)
            assert {name: Fraction(amount) for name, amount in found} == expected
            assert [amount for _, amount in found] == sorted((amount for _, amount in found), reverse=True)


@steady
@given(small_worlds())
def test_groups_fees_and_untagged_usage_make_up_the_subtotal(small: SmallWorld) -> None:
    with small.usage() as usage:
        for subscription, window, currency in windows(small):
            found = grouped(usage, subscription, window, "workspace_id", currency)
            untagged = small.oracle.groups(subscription, window, "workspace_id", currency).get(None, NONE)
            days = series(usage, subscription, window, currency, cumulative=False)
            fees = sum((c.subtotal for day in days for c in day.prices if c.price.metric is None), Decimal(0))
            subtotal = sum((day.subtotal for day in days), Decimal(0))
            assert Fraction(sum((amount for _, amount in found), fees)) + untagged == Fraction(subtotal)


@steady
@given(small_worlds())
def test_the_bill_is_the_oracles_line_by_line(small: SmallWorld) -> None:
    with small.usage() as usage:
        for subscription in small.subscriptions:
            bill = upcoming_bill(usage, small.world, subscription)
            assert (bill.start, bill.end) == period(subscription, small.known)
            for line, expected in zip(bill.lines, small.oracle.bill(subscription), strict=True):
                found = (line.line.subtotal, line.line.total, line.credits, line.partial, line.amount, line.tax)
                assert [Fraction(figure) for figure in found] == [
                    expected.sum.subtotal,
                    expected.sum.total,
                    expected.credits,
                    expected.partial,
                    expected.amount,
                    expected.tax,
                ]
                changes: dict[str, Fraction] = {}
                for applied in line.line.applied:
                    key = applied.adjustment.key
                    changes[key] = changes.get(key, NONE) + Fraction(applied.change)
                assert changes == expected.sum.changes
                assert Fraction(line.subtotal) == expected.subtotal
            assert Fraction(bill.amount_due) == small.oracle.amount_due(subscription)


@steady
@given(small_worlds())
def test_the_steps_from_the_lines_lead_to_the_amount_due(small: SmallWorld) -> None:
    with small.usage() as usage:
        for subscription in small.subscriptions:
            bill = upcoming_bill(usage, small.world, subscription)
            assert bill.subtotal == sum((line.subtotal for line in bill.lines), Decimal(0))
            for line in bill.lines:
                assert line.line.subtotal + sum((a.change for a in line.line.applied), Decimal(0)) == line.line.total
                assert 0 <= line.credits <= max(line.line.total, Decimal(0))
                if not line.converted:
                    assert line.line.total - line.credits - line.partial == line.amount
            steps = sum((line.amount + line.tax for line in bill.lines), Decimal(0)) - bill.applied
            assert bill.amount_due == steps
            assert bill.applied <= max(small.customer.balance, Decimal(0))


@settings(steady, max_examples=times(60, 20))
@given(small_worlds() | prepaid_worlds() | prepaid_worlds())
def test_the_ledger_is_the_oracles_entry_by_entry(small: SmallWorld) -> None:
    with small.usage() as usage:
        for unit in currencies(small):
            ledger = ledger_of(usage, small.world, small.customer, unit)
            entries, left = small.oracle.ledger(small.customer, unit)
            found = ledger.entries if ledger else []
            assert [
                Entry(
                    entry.kind,
                    entry.block.name,
                    Fraction(entry.ending - entry.starting),
                    entry.created,
                    entry.drawn.price.key if entry.drawn else None,
                    entry.drawn.period_start if entry.drawn else None,
                    entry.pending,
                )
                for entry in found
            ] == entries
            assert {block.name: Fraction(rest) for block, rest in (ledger.left if ledger else {}).items()} == left


@steady
@given(small_worlds() | prepaid_worlds() | prepaid_worlds())
def test_each_entry_of_a_ledger_starts_where_the_one_before_ended(small: SmallWorld) -> None:
    with small.usage() as usage:
        for unit in currencies(small):
            ledger = ledger_of(usage, small.world, small.customer, unit)
            if ledger is None:
                continue
            balances = [Decimal(0), *(entry.ending for entry in ledger.entries)]
            assert [entry.starting for entry in ledger.entries] == balances[:-1]
            assert [entry.number for entry in ledger.entries] == list(range(1, len(ledger.entries) + 1))
            assert ledger.balance == sum(ledger.left.values(), Decimal(0))
            dates = [entry.created for entry in ledger.entries]
            assert all(early.date() <= late.date() + timedelta(days=1) for early, late in pairwise(dates))


@steady
@given(small_worlds() | prepaid_worlds() | prepaid_worlds())
def test_no_block_is_below_zero_but_by_usage_that_has_no_price_in_money(small: SmallWorld) -> None:
    with small.usage() as usage:
        for unit in currencies(small):
            ledger = ledger_of(usage, small.world, small.customer, unit)
            if ledger is None:
                continue
            left: dict[str, Decimal] = {}
            for entry in ledger.entries:
                name = entry.block.name
                left[name] = left.get(name, Decimal(0)) + entry.ending - entry.starting
                if left[name] < 0:
                    assert entry.drawn is not None
                    assert entry.drawn.price.conversion_rate is None
                    assert unit not in DIGITS
