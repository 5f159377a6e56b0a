"""What happens by itself in the invented world as time passes, and which webhook tells of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.sandbox.rating.books import Books
from app.sandbox.rating.collection import COLLECTED, standing
from app.sandbox.rating.history import Invoice
from app.sandbox.world.world import Customer, Subscription, World


@dataclass(frozen=True)
class Happening:
    """Something that happened at an instant: to a customer, to their subscription, or to an invoice of theirs."""

    at: datetime
    type: str
    customer: str
    subscription: str | None = None
    invoice: Invoice | None = None


def happenings(world: World, books: Books, since: datetime, until: datetime) -> list[Happening]:
    """List what happens after `since`, up to and with `until`, the oldest first."""
    found = [
        *(each for subscription in world.subscriptions for each in _of_subscription(subscription)),
        *(each for customer in world.customers for each in _of_customer(world, books, customer, since, until)),
    ]
    return sorted((each for each in found if since < each.at <= until), key=lambda each: each.at)


def _of_subscription(subscription: Subscription) -> Iterator[Happening]:
    told = (
        (subscription.start, "subscription.started"),
        (subscription.trial_end, "subscription.trial_ended"),
        (subscription.end, "subscription.ended"),
    )
    for at, event_type in told:
        if at is not None:
            yield Happening(at, event_type, subscription.customer.id, subscription.id)


def _of_customer(
    world: World, books: Books, customer: Customer, since: datetime, until: datetime
) -> Iterator[Happening]:
    for block in customer.blocks:
        if block.paid:
            yield Happening(block.effective, "customer.credit_ledger_incremented", customer.id)
    for invoice in books.invoices(customer, until):
        if invoice.issue > until or invoice.issue < since - COLLECTED:
            continue
        subscription = None if invoice.source == "one_off" else invoice.subscription.id
        yield Happening(invoice.issue, "invoice.issued", customer.id, subscription, invoice)
        for attempt in standing(invoice, books.bill(invoice, until), world.staged, until).attempts:
            word = "succeeded" if attempt.succeeded else "failed"
            yield Happening(attempt.at, f"invoice.payment_{word}", customer.id, subscription, invoice)
