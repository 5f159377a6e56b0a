"""The books: every customer's invoices, and what each came to."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from app.sandbox.clock import Clock
from app.sandbox.rating.bill import Bill, bill_of, partial_bill
from app.sandbox.rating.events import Events
from app.sandbox.rating.history import Invoice, one_offs, periods
from app.sandbox.rating.thresholds import Partial, partials
from app.sandbox.rating.usage import Usage
from app.sandbox.world.stage import staged_at
from app.sandbox.world.world import Customer, Subscription, World

T = TypeVar("T")


class Books:
    """The invoices. What was known at an instant that has passed cannot change, so that it is worked out once.

    At most `bound` results are kept, and none when the clock is turned back.
    """

    def __init__(self, clock: Clock, events: Events, bound: int = 2_000) -> None:
        self._clock, self._events, self._bound = clock, events, bound
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._turned = clock.turned

    def __len__(self) -> int:
        return len(self._kept)

    def invoices(self, customer: Customer, until: datetime) -> list[Invoice]:
        """List a customer's invoices whose billing period has begun at an instant, drafts included."""
        found = list(one_offs(customer, self._world.staged, until))
        for subscription in self._world.of(customer):
            if not subscription.plan.billed:
                continue
            for start, end in periods(subscription, until):
                found.append(Invoice(subscription, "subscription", start, end))
                found += [
                    Invoice(subscription, "partial", start, partial.at, partial)
                    for partial in self._partials(subscription, start, end, until)
                ]
        return found

    def bill(self, invoice: Invoice, at: datetime) -> Bill:
        """Work out what an invoice comes to, or came to when it was issued."""
        at = min(at, invoice.issue)
        return self._figures(invoice, at).settled(self._balance_before(invoice, at))

    def upcoming(self, subscription: Subscription, at: datetime) -> Bill:
        """Work out the bill of the billing period that holds an instant, of an active subscription."""
        return self.bill(Invoice(subscription, "subscription", *subscription.period(at)), at)

    def customer_at(self, customer: Customer, at: datetime) -> Customer:
        """See a customer with the account balance that the invoices issued until an instant have left."""
        balance = customer.balance
        for invoice in self._in_turn(customer, at) if balance else ():
            if invoice.issue <= at:
                balance -= self._figures(invoice, invoice.issue).settled(balance).applied
        return replace(customer, balance=balance) if balance != customer.balance else customer

    @property
    def _world(self) -> World:
        return staged_at(self._clock.origin)

    def _balance_before(self, invoice: Invoice, at: datetime) -> Decimal:
        """Say what is on the account when an invoice's turn comes; the staged balance is what was on it then."""
        customer = invoice.subscription.customer
        balance = customer.balance
        for other in self._in_turn(customer, at) if balance else ():
            if other.key == invoice.key:
                return balance
            balance -= self._figures(other, min(at, other.issue)).settled(balance).applied
        return Decimal(0)

    def _in_turn(self, customer: Customer, at: datetime) -> list[Invoice]:
        """List the invoices that the account balance pays, one after the other."""
        issued = (invoice for invoice in self.invoices(customer, at) if invoice.issue > self._world.staged)
        paid = (invoice for invoice in issued if invoice.subscription.plan.invoiced_in == customer.currency)
        return sorted(paid, key=lambda invoice: (invoice.issue, invoice.key))

    def _figures(self, invoice: Invoice, at: datetime) -> Bill:
        def work_out() -> Bill:
            if invoice.partial is not None:
                return partial_bill(invoice.subscription, invoice.start, invoice.partial)
            if invoice.issue <= at:  # who looks at one that is past looks at others: month by month takes far longer
                for user in invoice.subscription.users:
                    self._events.make(user, invoice.subscription.start, self._clock())
            return bill_of(Usage(self._events, at), self._world, invoice.subscription, invoice.start, invoice.end)

        return self._once((*invoice.key, at), at, work_out)

    def _partials(self, subscription: Subscription, start: datetime, end: datetime, until: datetime) -> list[Partial]:
        if subscription.plan.invoicing_threshold is None:
            return []
        at = min(end, until)
        found = self._once(
            ("partials", subscription.id, start, at),
            at,
            lambda: partials(Usage(self._events, at), subscription, start, end),
        )
        return list(found)

    def _once(self, key: Hashable, at: datetime, work_out: Callable[[], T]) -> T:
        """Remember a result if all that can be known at `at` is known by now."""
        if self._turned != self._clock.turned:
            self._kept.clear()
            self._turned = self._clock.turned
        if key in self._kept:
            self._kept.move_to_end(key)
            kept: T = self._kept[key]
            return kept
        result = work_out()
        if at < self._clock():
            self._kept[key] = result
            if len(self._kept) > self._bound:
                self._kept.popitem(last=False)
        return result
