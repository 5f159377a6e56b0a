"""The licenses of one type in one subscription, what each used of its allocation, and what they come to together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from app.levels import share
from app.money import Money, total, unit
from app.orb.licenses import Licenses, LicenseUsage, LicenseUsages
from app.sentences import sentence
from app.words import Text

_MORE = Text("There are more licenses than are counted here, so there are no totals.")
_MIXED = Text("These allocations are in several units, so there are no totals.")


@dataclass(frozen=True, slots=True)
class License:
    """One row of license usage; one by day alone names no license. `overage` is what was used beyond the allocation.

    `eligible` was used while the license was active, `shared_pool` while it was not; `status` is None where it is not
    known. The period are dates, its end exclusive.
    """

    license_id: str | None
    name: str | None
    status: str | None
    start_date: date
    end_date: date
    allocated: Money
    used: Money
    remaining: Money
    overage: Money
    eligible: Money | None
    shared_pool: Money | None
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class Dates:
    """Whole days in the customer's zone, as Orb names them, the end exclusive."""

    start: date
    end: date

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Allocations:
    """The licenses of one type in one subscription, and what they come to; without that there is `totals_reason`.

    `remaining` is `allocated - used`, as Orb means it; but what one license leaves `unused`, another cannot use:
    `overage` is what `over` of them used beyond what is allocated to them.
    """

    subscription_id: str
    name: str
    status: str
    code: str | None = None
    message: Text | None = None
    license_type_id: str | None = None
    license_type: str | None = None
    period: Dates | None = None
    unit: str | None = None
    allocated: Money | None = None
    used: Money | None = None
    remaining: Money | None = None
    unused: Money | None = None
    overage: Money | None = None
    over: int | None = None
    shared_pool: Money | None = None
    totals_reason: Text | None = None
    licenses: tuple[License, ...] = ()
    has_more: bool = False


def view(part: Allocations, usage: LicenseUsages, licenses: Licenses, limit: int) -> Allocations:
    """The licenses of one type: those with most use first where all are known, else in Orb's order."""
    found = rows(usage.data, licenses)
    if not found:
        return replace(part, status="empty", code="no_usage", message=sentence("no_license_usage"))
    more = usage.pagination_metadata.has_more
    units = {row.used.unit for row in found}
    periods = {Dates(row.start_date, row.end_date) for row in found}
    part = replace(part, period=periods.pop() if len(periods) == 1 else None)
    part = replace(part, unit=found[0].used.unit.code if len(units) == 1 else None)
    if more or len(units) > 1:
        part = replace(part, totals_reason=_MORE if more else _MIXED)
    else:
        part = _with_totals(part, found)
        found.sort(key=lambda row: (-row.used.amount, row.name or ""))
    return replace(part, licenses=tuple(found[:limit]), has_more=more or len(found) > limit)


def _with_totals(part: Allocations, found: Sequence[License]) -> Allocations:
    """All licenses of one unit together."""
    counted, zero = found[0].used.unit, Decimal(0)

    def add(amounts: Iterable[Decimal]) -> Money:
        return Money(total(list(amounts)), counted)

    pools = [row.shared_pool.amount for row in found if row.shared_pool is not None]
    return replace(
        part,
        allocated=add(row.allocated.amount for row in found),
        used=add(row.used.amount for row in found),
        remaining=add(row.remaining.amount for row in found),
        unused=add(max(row.remaining.amount, zero) for row in found),
        overage=add(row.overage.amount for row in found),
        over=sum(row.overage.amount > 0 for row in found),
        shared_pool=add(pools) if len(pools) == len(found) else None,
    )


def rows(usage: Sequence[LicenseUsage], licenses: Licenses) -> list[License]:
    """Orb's rows with who is active, in Orb's order."""
    active = {each.id: each.status for each in licenses.data}
    return [_row(each, active.get(each.license_id or "")) for each in usage]


def _row(usage: LicenseUsage, status: str | None) -> License:
    counted = unit(usage.pricing_unit)
    return License(
        usage.license_id,
        usage.external_license_id or usage.license_id,
        status,
        usage.start_date,
        usage.end_date,
        Money(usage.allocated_credits, counted),
        Money(usage.consumed_credits, counted),
        Money(usage.remaining_credits, counted),
        Money(max(-usage.remaining_credits, Decimal(0)), counted),
        None if usage.allocation_eligible_credits is None else Money(usage.allocation_eligible_credits, counted),
        None if usage.shared_pool_credits is None else Money(usage.shared_pool_credits, counted),
        share(usage.consumed_credits, usage.allocated_credits),
    )
