"""What an event is about: a customer, one of their subscriptions, and its bills, at an instant."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.sandbox.documents.invoices import upcoming_invoice_document
from app.sandbox.problems import invalid, unknown
from app.sandbox.rating.books import Books
from app.sandbox.rating.history import Invoice
from app.sandbox.rating.usage import Usage
from app.sandbox.wire import Document, encode
from app.sandbox.world.world import Customer, Subscription, World

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Scene:
    """Whom and what an event is about, `who`, `what` and `invoice` being None where nothing was named or found."""

    now: datetime
    world: World
    usage: Callable[[datetime], Usage]
    books: Books
    who: Customer | None = None
    what: Subscription | None = None
    invoice: Invoice | None = None

    @property
    def customer(self) -> Customer:
        """The customer; raises a 400 Problem where there is none."""
        if self.who is None:
            raise invalid("customer: is required for this type of event")
        return self.who

    @property
    def subscription(self) -> Subscription:
        """The subscription; raises a 400 Problem where there is none."""
        if self.what is None:
            raise invalid(f"customer: {self.customer.external_id} has no subscription")
        return self.what

    def lived(self) -> datetime:
        """Give the last instant at which the subscription ran: now, or when it ended or will start."""
        start, end = self.subscription.start, self.subscription.end
        return max(start, self.now if end is None else min(self.now, end - _MOMENT))

    def last_period(self) -> datetime:
        """Give the last instant of the newest billing period that is over; of the current one where none is."""
        start, end = self.subscription.period(self.lived())
        if end <= self.now:
            return end - _MOMENT
        return start - _MOMENT if start > self.subscription.start else self.lived()

    def draft(self, at: datetime) -> Document:
        """Show the bill of the billing period that holds an instant, as it stood then, with exact numbers."""
        document = upcoming_invoice_document(self.books.upcoming(self.subscription, at))
        read: Document = json.loads(encode(document), parse_float=Decimal)
        return read


def scene_of(
    world: World,
    usage: Callable[[datetime], Usage],
    books: Books,
    now: datetime,
    customer: str | None,
    subscription: str | None,
) -> Scene:
    """Find what ids name: a customer by either of theirs, and their subscription, by default the newest active one.

    Raises a 404 Problem for an id of nobody, and for the subscription of somebody else.
    """
    if customer is None:
        return Scene(now, world, usage, books)
    who = world.customer(customer, external=True) or world.customer(customer)
    if who is None:
        raise unknown("Customer", customer)
    owned = world.of(who)
    if subscription is None:
        active = [each for each in owned if each.status(now) == "active"]
        return Scene(now, world, usage, books, who, next(iter(active or owned), None))
    what = next((each for each in owned if each.id == subscription), None)
    if what is None:
        raise unknown("Subscription", subscription)
    return Scene(now, world, usage, books, who, what)
