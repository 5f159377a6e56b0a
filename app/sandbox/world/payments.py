"""How invented customers pay: most of them in a few days, some with a story."""

from dataclasses import dataclass

from app.sandbox.world.when import Month, When
from app.sandbox.world.world import Customer


@dataclass(frozen=True)
class Payments:
    """What became of some invoices, named by when their billing period ended.

    One was `declined` at first, one `voided` by staff, of one a part was `refunded`; from `stopped` on every payment
    is declined.
    """

    declined: When | None = None
    voided: When | None = None
    refunded: When | None = None
    stopped: When | None = None


_PAYMENTS = {
    "northwind": Payments(refunded=Month(-2)),
    "atelier": Payments(declined=Month(-1)),
    "yamato": Payments(voided=Month(-3)),
    "sunset": Payments(stopped=Month(-1)),
}


def payments_of(customer: Customer) -> Payments:
    """Say how a customer pays."""
    return _PAYMENTS.get(customer.external_id, Payments())
