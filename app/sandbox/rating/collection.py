"""From draft to paid: what has become of an invoice by an instant, and of the attempts to collect it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Literal

from app.sandbox.rating.amounts import rounded
from app.sandbox.rating.bill import Bill
from app.sandbox.rating.history import Invoice
from app.sandbox.rating.usage import ZERO
from app.sandbox.world.payments import payments_of
from app.sandbox.world.when import When

Status = Literal["draft", "issued", "paid", "void"]

#: Days after the first attempt on which payment is tried.
_TRIES = (0, 3, 7)
#: No invoice is tried any more so long after its issue.
COLLECTED = timedelta(days=5 + _TRIES[-1])
#: The part of an invoice that a refund gives back, and how long after payment.
_REFUND, _REFUNDED = Decimal("0.1"), timedelta(days=3)
_VOIDED = timedelta(hours=20)


@dataclass(frozen=True)
class Attempt:
    """An attempt to collect an invoice."""

    at: datetime
    succeeded: bool


@dataclass(frozen=True)
class Standing:
    """Where an invoice stands: each instant is None until it has come; `refund` is None or an amount."""

    status: Status
    issued: datetime | None = None
    paid: datetime | None = None
    voided: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt: datetime | None = None
    refund: Decimal | None = None


def standing(invoice: Invoice, bill: Bill, staged: datetime, now: datetime) -> Standing:
    """Say what has become of an invoice by an instant; the bill is that of its issue."""
    customer, issue = invoice.subscription.customer, invoice.issue
    if now < issue:
        return Standing("draft")
    if bill.amount_due <= 0:
        return Standing("paid", issue, paid=issue)
    story = payments_of(customer)

    def told(when: When | None) -> bool:
        return when is not None and invoice.end == when.at(staged, customer.zone)

    if told(story.voided):
        voided = issue + _VOIDED
        return Standing("void", issue, voided=voided) if voided <= now else Standing("issued", issue)
    stopped = story.stopped is not None and story.stopped.at(staged, customer.zone) <= invoice.end
    attempts = _attempts(invoice, declined=len(_TRIES) if stopped else int(told(story.declined)))
    made = tuple(attempt for attempt in attempts if attempt.at <= now)
    next_attempt = attempts[len(made)].at if len(made) < len(attempts) else None
    paid = next((attempt.at for attempt in made if attempt.succeeded), None)
    if paid is None:
        return Standing("issued", issue, attempts=made, next_attempt=next_attempt)
    refunded = told(story.refunded) and paid + _REFUNDED <= now
    refund = rounded(bill.total * _REFUND, bill.digits) if refunded else None
    return Standing("paid", issue, paid, attempts=made, refund=refund if refund != ZERO else None)


def _attempts(invoice: Invoice, declined: int) -> list[Attempt]:
    """Plan the attempts: the first two to four days after issue, and none after one that succeeds."""
    chance = int.from_bytes(blake2b("/".join(invoice.key).encode(), digest_size=4).digest())
    first = invoice.issue + timedelta(days=2 + chance % 3, minutes=chance % 600, seconds=chance % 59)
    tries = [first + timedelta(days=days) for days in _TRIES]
    return [Attempt(at, number >= declined) for number, at in enumerate(tries[: declined + 1])]
