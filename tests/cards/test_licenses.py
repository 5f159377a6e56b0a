"""Licenses: what each used of its allocation, what all come to, and what is said where that is not known."""

import json
from typing import Any

import msgspec
import pytest

from app.allocations import Allocations, view
from app.cards.base import Links
from app.cards.licenses import AllAllocations, table
from app.orb.decode import decode
from app.orb.errors import Malformed
from app.orb.licenses import Licenses, LicenseUsages
from tests.english import english
from tests.orb.answers import changed, example

PART = Allocations("SuBorealis000001", "Growth", "ready", license_type_id="LtBorealis000001", license_type="Pro seat")


def usage(name: str = "license_usage", *, has_more: bool = False, **fields: Any) -> LicenseUsages:
    """The example, every row of it with these fields."""
    found = changed(name, pagination_metadata={"has_more": has_more, "next_cursor": "c2" if has_more else None})
    found["data"] = [row | fields for row in found["data"]]
    return decode(msgspec.json.encode(found), LicenseUsages)


def shown(found: LicenseUsages, limit: int = 10) -> Allocations:
    return view(PART, found, decode(example("licenses_list"), Licenses), limit)


def test_each_license_has_what_it_used_of_its_own_allocation() -> None:
    part = shown(usage())

    assert [
        (row.name, row.status, *(f"{each.amount:f}" for each in (row.allocated, row.used, row.remaining, row.overage)))
        for row in part.licenses
    ] == [
        ("freya_lind", "inactive", "1000", "1100", "-100", "100"),
        ("olaf_berg", "active", "1000", "742.5", "257.5", "0"),
    ]
    assert [(str(row.share), row.shared_pool and f"{row.shared_pool.amount:f}") for row in part.licenses] == [
        ("110.0", "50"),
        ("74.3", "0"),
    ]


def test_what_one_leaves_unused_does_not_make_up_for_what_another_used_beyond_its_own() -> None:
    part = shown(usage())

    figures = {name: getattr(part, name).amount for name in ("allocated", "used", "remaining", "unused", "overage")}
    assert {name: f"{amount:f}" for name, amount in figures.items()} == {
        "allocated": "2000", "used": "1842.5", "remaining": "157.5", "unused": "257.5", "overage": "100",
    }  # fmt: skip
    assert figures["allocated"] - figures["used"] == figures["remaining"] == figures["unused"] - figures["overage"]
    assert (part.over, part.unit, part.totals_reason) == (1, "compute_credits", None)
    assert part.shared_pool is not None
    assert f"{part.shared_pool.amount:f}" == "50"


def test_the_period_is_orbs_dates_with_the_last_day_inside() -> None:
    period = shown(usage()).period
    assert period is not None
    assert (str(period.start), str(period.end), str(period.last)) == ("2026-05-01", "2026-06-01", "2026-05-31")


def test_of_a_first_page_there_are_no_totals_and_the_order_is_orbs() -> None:
    part = shown(usage(has_more=True))

    assert [row.name for row in part.licenses] == ["olaf_berg", "freya_lind"]
    assert (part.allocated, part.used, part.overage, part.over, part.has_more) == (None, None, None, None, True)
    assert part.totals_reason is not None
    assert english(part.totals_reason).startswith("There are more licenses than are counted here")


def test_a_limit_shortens_the_list_and_not_the_totals() -> None:
    part = shown(usage(), limit=1)

    assert [row.name for row in part.licenses] == ["freya_lind"]
    assert part.has_more
    assert part.used is not None
    assert f"{part.used.amount:f}" == "1842.5"


def test_several_units_are_never_added() -> None:
    rows = json.loads(example("license_usage"))
    rows["data"][0]["pricing_unit"] = "tokens"
    part = shown(decode(msgspec.json.encode(rows), LicenseUsages))

    assert (part.unit, part.used) == (None, None)
    assert [row.used.unit.code for row in part.licenses] == ["tokens", "compute_credits"]


def test_where_orb_does_not_tell_the_shared_pool_it_is_not_made_up() -> None:
    part = shown(usage(shared_pool_credits=None, allocation_eligible_credits=None))

    assert part.shared_pool is None
    assert [(row.shared_pool, row.eligible) for row in part.licenses] == [(None, None)] * 2


def test_where_orb_tells_it_of_some_alone_the_pool_has_no_total() -> None:
    rows = json.loads(example("license_usage"))
    rows["data"][0]["shared_pool_credits"] = None
    assert shown(decode(msgspec.json.encode(rows), LicenseUsages)).shared_pool is None


def test_rows_of_several_periods_have_none_in_common() -> None:
    rows = json.loads(example("license_usage"))
    rows["data"][0]["end_date"] = "2026-05-10"
    assert shown(decode(msgspec.json.encode(rows), LicenseUsages)).period is None


def test_a_license_that_is_not_on_the_list_has_no_known_status_and_its_id_for_a_name() -> None:
    part = shown(usage(license_id="LcElsewhere", external_license_id=None))
    assert {(row.status, row.name) for row in part.licenses} == {(None, "LcElsewhere")}


def test_no_use_at_all_is_a_state_of_that_part() -> None:
    part = shown(LicenseUsages((), usage().pagination_metadata))
    assert (part.status, part.code) == ("empty", "no_usage")
    assert english(part.message) == "Nothing was used on these licenses this period yet."


@pytest.mark.parametrize("written", ["742.50000000000000000001", '"742.50000000000000000001"'])
def test_credits_are_exact_as_a_number_and_as_a_string(written: str) -> None:
    raw = example("license_usage").replace(b'"consumed_credits": 742.5', f'"consumed_credits": {written}'.encode())
    row = shown(decode(raw, LicenseUsages)).licenses[-1]
    assert f"{row.used.amount:f}" == "742.50000000000000000001"


@pytest.mark.parametrize(
    ("field", "value"),
    [("consumed_credits", None), ("allocated_credits", "NaN"), ("start_date", "2026-05-01T00:00:00Z")],
)
def test_a_row_that_makes_no_sense_is_malformed(field: str, value: Any) -> None:
    with pytest.raises(Malformed):
        usage(**{field: value})


def test_the_table_has_every_license_that_is_shown() -> None:
    found = table(AllAllocations((shown(usage()),), Links({})))

    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    assert [(row["license"], row["status"], row["unit"]) for row in rows] == [
        ("freya_lind", "inactive", "compute_credits"),
        ("olaf_berg", "active", "compute_credits"),
    ]
    assert [str(row["overage"]) for row in rows] == [str(row.overage) for row in shown(usage()).licenses]
