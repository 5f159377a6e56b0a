"""Licenses as Orb tells them: who holds one, what kind it is, what was used of its allocation."""

from datetime import date

from app.orb.decode import Amount, Answer, MaybeAmount
from app.orb.wire import Paging


class LicenseType(Answer, frozen=True, gc=False):
    id: str
    name: str


class LicenseTypes(Answer, frozen=True, gc=False):
    data: tuple[LicenseType, ...]
    pagination_metadata: Paging


class License(Answer, frozen=True, gc=False):
    """A seat, a bot, a machine: whatever usage is counted by. `status` is `active` or `inactive`."""

    id: str
    license_type_id: str
    subscription_id: str
    status: str


class Licenses(Answer, frozen=True, gc=False):
    data: tuple[License, ...]
    pagination_metadata: Paging


class LicenseUsage(Answer, frozen=True, gc=False):
    """What was used of one allocation between two days, the end exclusive; by day alone it names no license.

    `remaining_credits` is below zero where more was used than is allocated. What was used while the license was
    active is `allocation_eligible_credits`, what was used while it was not `shared_pool_credits`.
    """

    subscription_id: str
    license_type_id: str
    start_date: date
    end_date: date
    pricing_unit: str
    allocated_credits: Amount
    consumed_credits: Amount
    remaining_credits: Amount
    license_id: str | None = None
    external_license_id: str | None = None
    allocation_eligible_credits: MaybeAmount = None
    shared_pool_credits: MaybeAmount = None


class LicenseUsages(Answer, frozen=True, gc=False):
    data: tuple[LicenseUsage, ...]
    pagination_metadata: Paging
