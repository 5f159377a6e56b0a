"""Single charges: what invented customers were invoiced for besides their subscriptions."""

from dataclasses import dataclass
from decimal import Decimal

from app.sandbox.catalogue.models import Unit
from app.sandbox.catalogue.plans import Plan, Price
from app.sandbox.world.when import Month, When
from app.sandbox.world.world import Customer


@dataclass(frozen=True)
class Charge:
    """A charge made on one day; its `plan` holds the fees."""

    plan: Plan
    made: When


_WORKSHOP = Price("workshop", "Migration workshop", "Services", Unit(Decimal("725.00")), fixed=2)

_CHARGES = {
    "halcyon": (Charge(Plan("workshop", "Migration workshop", "USD", (_WORKSHOP,), "one_time"), Month(-1, 9)),),
}


def charges_of(customer: Customer) -> tuple[Charge, ...]:
    """List what a customer was charged."""
    return _CHARGES.get(customer.external_id, ())
