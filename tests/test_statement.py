"""An invoice as one walks through it: whatever is on it, the steps go from the subtotal to what is due, in order."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.labels import value_label
from app.money import total
from app.orb import wire
from app.orb.decode import decode
from app.orb.invoices import Invoices, Issued
from app.statement import bridge, lines
from app.words import Text
from tests.orb.answers import changed
from tests.sandbox.sandbox_client import sandbox_at

NOW = "2026-11-20T20:15:30+00:00"
IN_ORDER = (
    "usage_discount", "amount_discount", "percentage_discount", "tiered_percentage_discount", "minimum", "maximum",
)  # fmt: skip

amounts = st.decimals(-(10**9), 10**9, places=4).map(lambda amount: f"{amount:f}".replace("-0.0000", "0"))
adjustments = st.fixed_dictionaries({
    "adjustment_type": st.sampled_from([*IN_ORDER, "unheard_of"]),
    "amount": amounts,
    "is_invoice_level": st.booleans(),
    "reason": st.sampled_from([None, "Promo", "Cap"]),
    "percentage_discount": st.sampled_from([None, 0.1, 0.125]),
})  # fmt: skip
charges = st.fixed_dictionaries({
    "name": st.just("Line"), "quantity": st.none() | st.integers(0, 9), "subtotal": amounts,
    "adjusted_subtotal": amounts, "credits_applied": amounts, "partially_invoiced_amount": amounts, "amount": amounts,
    "price": st.sampled_from([None, {"currency": "USD"}, {"currency": "usd"}, {"currency": "sparks"}]),
    "adjustments": st.lists(adjustments, max_size=4),
    "tax_amounts": st.lists(st.fixed_dictionaries({"amount": amounts}), max_size=2),
})  # fmt: skip


def invoice(**fields: Any) -> wire.Invoice:
    return decode(msgspec.json.encode(changed("invoices_upcoming", **fields)), wire.Invoice)


def walked(found: wire.Invoice) -> Decimal:
    return total([found.subtotal, *(step.amount.amount for step in bridge(found))])


@given(charged=st.lists(charges, max_size=4), figures=st.tuples(amounts, amounts, amounts), data=st.data())
def test_the_steps_add_up_to_what_is_due_and_no_order_of_the_lines_changes_them(
    charged: list[dict[str, Any]], figures: tuple[str, str, str], data: st.DataObject
) -> None:
    subtotal, whole, due = figures
    found = invoice(subtotal=subtotal, total=whole, amount_due=due, line_items=charged)
    assert walked(found) == found.amount_due

    shuffled = [each | {"adjustments": data.draw(st.permutations(each["adjustments"]))} for each in charged]
    other = invoice(subtotal=subtotal, total=whole, amount_due=due, line_items=data.draw(st.permutations(shuffled)))
    assert {(step.kind, step.label, step.amount) for step in bridge(other)} == {
        (step.kind, step.label, step.amount) for step in bridge(found)
    }


@given(st.permutations(IN_ORDER))
def test_steps_stand_in_orbs_order_whatever_the_order_of_the_lines(kinds: list[str]) -> None:
    charged = [
        line(adjustments=[{"adjustment_type": kind, "amount": "1.00", "reason": kind}], credits_applied="1.00",
             tax_amounts=[{"amount": "1.00"}])
        for kind in kinds
    ]  # fmt: skip
    found = invoice(line_items=charged)

    assert [step.label for step in bridge(found)[: len(IN_ORDER)]] == list(IN_ORDER)
    assert [step.kind for step in bridge(found)[len(IN_ORDER) :]][:2] == ["credits", "tax"]


def test_what_is_taken_off_a_line_in_a_pricing_unit_is_no_money() -> None:
    taken = [{"adjustment_type": "amount_discount", "amount": "400", "reason": None}]
    sparks = line(subtotal="900", amount="12.00", adjustments=taken, price={"currency": "sparks"})
    found = invoice(subtotal="12.00", total="12.00", amount_due="12.00", line_items=[sparks])

    assert bridge(found) == ()
    assert [f"{step.amount!r}" for step in lines(found)[0].adjustments] == ["Money(-400 sparks)"]


@pytest.mark.parametrize("kind", ["tier", "matrix", "'null'", "null", None, "of a later day", 7])
@pytest.mark.parametrize("grouping", [None, {"key": "region", "value": None}, {"key": "region", "value": "eu"}])
def test_parts_of_a_line_of_any_type_are_shown(kind: object, grouping: object) -> None:
    part = {"type": kind, "name": "One", "quantity": 1.5, "amount": "2.00", "grouping": grouping, "tier_config": None}
    (found,) = lines(invoice(line_items=[line(sub_line_items=[part, {"name": "Two", "amount": "3.00"}])]))

    assert [(each.name, f"{each.amount!r}") for each in (*found.groups, *found.parts)] == [
        ("One", "Money(2.00 USD)"),
        ("Two", "Money(3.00 USD)"),
    ]


def test_groups_tell_a_line_once_more_beside_its_tiers() -> None:
    region = {"key": "region", "value": "eu"}
    tier = {"first_unit": 0, "last_unit": None, "unit_amount": "1.00"}
    parts = [
        {"name": "Tier 1", "amount": "3.00", "grouping": None, "tier_config": tier},
        {"name": "eu", "amount": "2.00", "grouping": region},
        {"name": "Other", "amount": "1.00", "grouping": {"key": "region", "value": None}},
        {"name": "Cell", "amount": "9.00", "grouping": region, "matrix_config": {"dimension_values": ["a"]}},
        {"name": "Tier 1", "amount": "8.00", "grouping": region, "tier_config": tier},
    ]
    (found,) = lines(invoice(line_items=[line(subtotal="3.00", sub_line_items=parts)]))

    assert [each.name for each in found.parts] == ["Tier 1", "Cell", "Tier 1"]
    assert [each.group for each in found.groups] == [value_label("region", "eu"), Text("Others")]
    assert not found.overlap


def test_groups_that_come_to_something_else_than_their_line_are_said_to_overlap() -> None:
    parts = [{"name": name, "amount": "2.00", "grouping": {"key": "region", "value": name}} for name in ("eu", "us")]
    (found,) = lines(invoice(line_items=[line(subtotal="3.00", sub_line_items=parts)]))

    assert found.overlap


async def test_every_bill_of_every_customer_of_the_sandbox_adds_up() -> None:
    seen = set()
    async with sandbox_at(NOW) as orb:
        for subscription in await orb.subscriptions():
            answer = await orb.get("/invoices/upcoming", subscription_id=subscription["id"])
            if answer.status_code == 200:
                found = decode(answer.content, wire.Invoice)
                seen.add(subscription["customer"]["external_customer_id"])
                assert walked(found) == found.amount_due
                assert "unexplained" not in {step.kind for step in bridge(found)}

    assert len(seen) >= 18


async def test_every_invoice_of_the_sandbox_adds_up() -> None:
    statuses = ["issued", "paid", "synced", "void"]
    found: list[Issued] = []
    async with sandbox_at(NOW) as orb:
        cursor: dict[str, str] = {}
        while True:
            answer = await orb.get("/invoices", limit=100, **{"status[]": statuses}, **cursor)
            page = decode(answer.content, Invoices)
            found += page.data
            if page.pagination_metadata.next_cursor is None:
                break
            cursor = {"cursor": page.pagination_metadata.next_cursor}

    assert len(found) > 50
    for each in found:
        assert walked(each) == each.amount_due
        assert "unexplained" not in {step.kind for step in bridge(each)}, each.invoice_number


def line(**fields: Any) -> dict[str, Any]:
    plain = {"name": "Line", "quantity": 1, "subtotal": "10.00", "adjusted_subtotal": "10.00", "amount": "10.00"}
    return plain | {"credits_applied": "0", "partially_invoiced_amount": "0", "adjustments": []} | fields
