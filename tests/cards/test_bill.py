"""The bill: one per subscription, from the upcoming invoice alone, with a bridge that adds up."""

import random
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from app.cards.bill import view
from app.listing import Nothing
from app.money import total
from app.orb import wire
from app.orb.decode import decode
from app.statement import bridge
from tests.english import english
from tests.orb.answers import changed, example


def subscription() -> wire.Subscription:
    return decode(example("subscriptions_list"), wire.Subscriptions).data[0]


def invoice(**fields: Any) -> wire.Invoice:
    return decode(msgspec.json.encode(changed("invoices_upcoming", **fields)), wire.Invoice)


def steps(of: wire.Invoice) -> list[tuple[str, str, str]]:
    return [(step.kind, english(step.label), f"{step.amount.amount:f}") for step in bridge(of)]


def test_the_bill_reads_as_the_invoice_does() -> None:
    bill = view(subscription(), invoice())

    assert (bill.name, bill.status, bill.code) == ("Growth", "ready", None)
    assert repr(bill.amount_due) == "AmountDue(825.00 USD)"
    assert repr(bill.subtotal) == "Subtotal(888.00 USD)"
    assert [(line.name, repr(line.quantity), f"{line.subtotal.amount}") for line in bill.lines] == [
        ("API Requests", "Quantity(1250000)", "250.00"),
        ("Compute hours", "Quantity(320)", "138.00"),
        ("Platform fee", "Quantity(1)", "500.00"),
    ]


def test_the_bridge_goes_from_subtotal_to_amount_due() -> None:
    assert steps(invoice()) == [("discount", "Launch discount 10%", "-25.00"), ("credits", "Prepaid credits", "-38.00")]


def test_tax_minimum_and_balance_are_steps_of_their_own() -> None:
    found = invoice(subtotal="50.00", total="108.00", amount_due="98.00", line_items=[line(
        subtotal="50.00", adjusted_subtotal="100.00", amount="100.00",
        adjustments=[adjustment("minimum", "50.00")],
        tax_amounts=[{"amount": "8.00", "tax_rate_description": "Sales tax", "tax_rate_percentage": "8.00"}],
    )])  # fmt: skip

    assert steps(found) == [
        ("minimum", "Added to reach the minimum", "50.00"),
        ("tax", "Sales tax 8%", "8.00"),
        ("customer_balance", "Account balance applied", "-10.00"),
    ]


def test_a_line_in_a_pricing_unit_counts_in_the_bill_with_what_is_charged_of_it() -> None:
    found = invoice(subtotal="62.00", total="62.00", amount_due="62.00", line_items=[
        line(subtotal="50.00", adjusted_subtotal="50.00", amount="50.00", price={"currency": "USD"}),
        line(subtotal="900", adjusted_subtotal="900", credits_applied="780", amount="12.00", price={
            "currency": "sparks",
        }),
    ])  # fmt: skip

    assert steps(found) == []
    lines = view(subscription(), found).lines
    assert [(f"{each.subtotal!r}", f"{each.charged!r}") for each in lines] == [
        ("Money(50.00 USD)", "None"),
        ("Money(900 sparks)", "Money(12.00 USD)"),
    ]


def test_the_same_discount_on_several_lines_is_one_step() -> None:
    lines = [line(adjustments=[adjustment("amount_discount", "2.50", "Promo")]) for _ in range(3)]
    found = invoice(subtotal="30.00", total="22.50", amount_due="22.50", line_items=lines)

    assert steps(found) == [("discount", "Promo", "-7.50")]


def test_what_the_invoice_leaves_over_is_said_to_be_unexplained() -> None:
    found = invoice(total="826.01", amount_due="826.01")

    assert steps(found)[-1] == ("unexplained", "Not explained by the invoice", "1.01")


def test_the_bridge_adds_up_whatever_orb_answers() -> None:
    chance = random.Random(20261121)

    def amount() -> str:
        return f"{Decimal(chance.randrange(-(10**18), 10**18)).scaleb(-chance.randrange(13)):f}"

    for _ in range(500):
        lines = [
            line(
                adjustments=[adjustment(chance.choice(list(KINDS)), amount(), chance.choice((None, "Why")))],
                credits_applied=amount(),
                tax_amounts=[{"amount": amount(), "tax_rate_description": "Tax", "tax_rate_percentage": None}],
            )
            for _ in range(chance.randrange(4))
        ]
        found = invoice(subtotal=amount(), total=amount(), amount_due=amount(), line_items=lines)

        walked = total([found.subtotal, *(step.amount.amount for step in bridge(found))])
        assert walked == found.amount_due


@pytest.mark.parametrize(
    ("code", "words"), [("no_upcoming_invoice", "No upcoming invoice"), ("subscription_ended", "has ended")]
)
def test_nothing_pending_and_ended_are_states_and_look_like_them(code: str, words: str) -> None:
    bill = view(subscription(), Nothing(code))

    assert (bill.status, bill.code, bill.amount_due) == ("empty", code, None)
    assert words in english(bill.message)


KINDS = ("usage_discount", "amount_discount", "percentage_discount", "minimum", "maximum", "unheard_of")


def line(**fields: Any) -> dict[str, Any]:
    plain = {"name": "Line", "quantity": 1, "subtotal": "10.00", "adjusted_subtotal": "10.00", "amount": "10.00"}
    return plain | {"credits_applied": "0", "partially_invoiced_amount": "0", "adjustments": []} | fields


def adjustment(kind: str, amount: str, reason: str | None = None) -> dict[str, Any]:
    return {"adjustment_type": kind, "amount": amount, "reason": reason}


def test_the_steps_stand_in_orbs_order_whatever_the_order_of_the_lines() -> None:
    kinds = ["maximum", "percentage_discount", "minimum", "amount_discount", "usage_discount"]
    cap = {**adjustment("maximum", "1.00", "Spend cap"), "is_invoice_level": True}
    lines = [line(adjustments=[cap, adjustment(kind, "1.00", kind)]) for kind in kinds]

    labels = [label for _, label, _ in steps(invoice(line_items=lines)) if label != "Not explained by the invoice"]
    assert labels == [
        "usage_discount", "amount_discount", "percentage_discount", "minimum", "maximum", "Spend cap",
    ]  # fmt: skip


def test_a_line_shows_its_tiers_with_what_each_unit_costs_to_the_last_digit() -> None:
    found = view(subscription(), invoice())
    tiers = [part for line in found.lines for part in line.parts]

    assert [(part.name, english(part.detail), english(part.quantity)) for part in tiers] == [
        ("Tier 1", "0 to 100, $0.50 each", "100"),
        ("Tier 2", "above 100, $0.40 each", "220"),
    ]


@pytest.mark.parametrize("kind", ["'null'", "null", None, "matrix", "tier", "unheard_of", 7])
def test_a_part_of_a_line_is_read_whatever_orb_calls_its_type(kind: object) -> None:
    part = {"type": kind, "name": "eu / large", "quantity": 3, "amount": "1.50", "grouping": None}
    tiny = {"type": kind, "name": "T", "quantity": None, "amount": "0", "tier_config": {
        "first_unit": 0, "last_unit": None, "unit_amount": "0.000004"}}  # fmt: skip
    (found,) = view(subscription(), invoice(line_items=[line(sub_line_items=[part, tiny])])).lines

    assert [part.name for part in found.parts] == ["eu / large", "T"]
    assert (repr(found.parts[0].amount), found.parts[0].detail) == ("Money(1.50 USD)", None)
    assert english(found.parts[1].detail) == "above 0, $0.000004 each"


def test_a_line_for_other_days_says_which() -> None:
    lines = {each.name: each.period for each in view(subscription(), invoice()).lines}

    assert lines["API Requests"] is None
    assert lines["Platform fee"] is not None
    assert lines["Platform fee"].start.isoformat() == "2026-06-01T07:00:00+00:00"


def test_an_invoice_that_somebody_has_to_issue_says_so() -> None:
    assert view(subscription(), invoice()).scheduled_issue_at is not None
    assert view(subscription(), invoice(will_auto_issue=False)).scheduled_issue_at is None
