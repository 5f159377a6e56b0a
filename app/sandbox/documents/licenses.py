"""Orb's documents of licenses and what was consumed of their allocations."""

from datetime import datetime, timedelta

from app.sandbox.catalogue.licensing import LicenseType
from app.sandbox.catalogue.plans import Price
from app.sandbox.rating.licensed import Consumed
from app.sandbox.wire import Document, instant, instant_or_null, number
from app.sandbox.world.licenses import License
from app.sandbox.world.periods import local_day
from app.sandbox.world.world import Subscription


def license_document(held: License, now: datetime) -> Document:
    """Show a license as Orb's `License`."""
    return {
        "id": held.id,
        "external_license_id": held.holder,
        "license_type_id": held.type.id,
        "subscription_id": held.subscription,
        "start_date": instant(held.start),
        "end_date": instant_or_null(held.end),
        "status": "active" if held.active(now) else "inactive",
    }


def consumed_document(
    subscription: Subscription, license_type: LicenseType, price: Price, consumed: Consumed
) -> Document:
    """Show a row of license usage: credits are numbers, dates are the customer's days, the last one exclusive."""
    zone, held = subscription.customer.zone, consumed.license
    last = local_day(consumed.end - datetime.resolution, zone)
    return {
        "subscription_id": subscription.id,
        "license_type_id": license_type.id,
        "start_date": local_day(consumed.start, zone).isoformat(),
        "end_date": (last + timedelta(days=1)).isoformat(),
        "pricing_unit": price.currency,
        "allocated_credits": number(consumed.allocated),
        "consumed_credits": number(consumed.consumed),
        "remaining_credits": number(consumed.remaining),
        "license_id": held and held.id,
        "external_license_id": held and held.holder,
        "allocation_eligible_credits": number(consumed.eligible),
        "shared_pool_credits": number(consumed.shared),
    }
